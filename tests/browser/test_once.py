"""One form is one task, whatever a hand does to its button."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.pages import Visit, choose_song, sign_in, submit
from tests.product import Product, until
from vidgo_sandbox import Sandbox

FORM = "/new/upload-and-separate-vocals/"


def _choose(page: Page, title: str) -> None:
    page.goto(FORM)
    choose_song(page)
    page.get_by_label("Title").fill(title)


def _sent(api: Sandbox, title: str) -> int:
    return sum(request["body"]["input"].get("title") == title for request in api.requests())


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_double_click_sends_one_task(
    scripted: Product, api: Sandbox, open_context: Callable[..., BrowserContext], scripts: bool
) -> None:
    title = f"Twice {scripts}"
    page = open_context(base_url=scripted.url, java_script_enabled=scripts).new_page()
    sign_in(page)
    _choose(page, title)
    page.locator(".send button").dblclick()
    page.wait_for_url("**/tasks/*/")
    until(lambda: _sent(api, title), "the request")
    page.goto(f"/tasks/?q={title}")
    expect(page.locator(".row")).to_have_count(1)
    assert _sent(api, title) == 1


def test_going_back_and_sending_again_leads_to_the_same_task(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    page = visit(scripted)
    _choose(page, "Back again")
    first = submit(page)
    page.go_back()
    page.wait_for_url(f"**{FORM}")
    expect(page.get_by_label("Title")).to_have_value("Back again")
    assert submit(page) == first
    until(lambda: _sent(api, "Back again"), "the request")
    page.goto("/tasks/?q=Back again")
    expect(page.locator(".row")).to_have_count(1)
    assert _sent(api, "Back again") == 1


def test_going_back_and_changing_something_makes_another_task(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted)
    _choose(page, "First thought")
    first = submit(page)
    page.go_back()
    page.wait_for_url(f"**{FORM}")
    page.get_by_label("Title").fill("Second thought")
    assert submit(page) != first
    expect(page.get_by_role("heading", level=1)).to_have_text("Second thought")


def test_a_song_that_has_its_video_is_not_offered_for_another(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/new/create-music-video/")
    choose_song(page)
    chosen = page.locator("input[name=track]:checked").get_attribute("value")
    made = submit(page)
    page.goto("/new/create-music-video/")
    option = page.locator(".option").filter(has=page.locator(f"input[value='{chosen}']"))
    expect(option.get_by_role("radio")).to_be_disabled()
    option.get_by_role("link", name=re.compile("Show it")).click()
    page.wait_for_url(made)
