"""A page that is open while the person is signed out, or while a teammate deletes what it shows."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.pages import Visit, choose_song, open_tab, sign_in
from tests.product import Product

FORM = "/new/upload-and-separate-vocals/"


@pytest.fixture
def form(
    open_context: Callable[..., BrowserContext], product: Product, bring_in: Callable[[str], int]
) -> Page:
    """Return the page of a form that is being filled, signed in by itself."""
    for number in range(6):
        bring_in(f"Searched {number}")
    page = open_context(base_url=product.url).new_page()
    sign_in(page)
    page.goto(FORM)
    page.get_by_label("Title").fill("Typed before")
    return page


def _sign_out_and_in(page: Page) -> None:
    other = page.context.new_page()
    other.goto("/")
    other.locator("form[action='/logout/'] button").evaluate("button => button.click()")
    other.wait_for_url("**/login/")
    sign_in(other)
    other.close()


def test_a_form_is_sent_with_the_sign_in_of_now(form: Page) -> None:
    choose_song(form)
    _sign_out_and_in(form)
    form.locator(".send button").click()
    form.wait_for_url("**/tasks/*/")
    expect(form.get_by_role("heading", level=1)).to_have_text("Typed before")


def test_a_search_without_a_sign_in_leaves_the_list_and_says_so(form: Page) -> None:
    options = form.locator("#track-options .option")
    open_tab(form, "Songs")
    options.filter(has_text="Searched 0").first.get_by_role("radio").check()
    form.get_by_role("button", name="Change").click()
    before = options.count()
    kept: Any = form.context.cookies()
    form.context.clear_cookies(name="sessionid")
    form.get_by_label("Search: Songs in the studio").press_sequentially("Searched 1")
    expect(form.locator("#signed-out")).to_be_visible()
    assert options.count() == before
    expect(form.get_by_label("Title")).to_have_value("Typed before")

    form.context.add_cookies(kept)
    form.get_by_label("Search: Songs in the studio").fill("Searched 2")
    expect(options.filter(has_text="Searched 1")).to_have_count(0)
    expect(options.filter(has_text="Searched 2")).not_to_have_count(0)
    expect(form.locator("#signed-out")).to_be_hidden()


def test_a_page_whose_task_a_teammate_deletes_says_so_and_asks_no_more(
    visit: Visit, product: Product, bring_in: Callable[[str], int]
) -> None:
    told: list[str] = []
    task = bring_in("Not for long")
    page = visit(product, f"/tasks/{task}/", complaints=told)
    _delete(product, task)
    page.evaluate("htmx.trigger('#task', 'refresh')")
    expect(page.get_by_text("In the trash since")).to_be_visible()
    _empty_trash(product)
    page.evaluate("htmx.trigger('#task', 'refresh')")
    expect(page.get_by_text("This was deleted.")).to_be_visible()
    expect(page.locator("#task")).not_to_have_attribute("data-refresh", "2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not for long")


def _delete(product: Product, task: int) -> None:
    session = product.session()
    answer = product.post(session, "/tasks/delete/", {"task": str(task), "sure": "yes"})
    assert answer.status_code == 302


def _empty_trash(product: Product) -> None:
    session = product.session()
    assert product.post(session, "/trash/empty/", {"sure": "yes"}).status_code == 302
