"""Lyrics and styles from inside a form: asked for once, found again, taken and undone."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, stalled
from tests.product import Product, until
from vidgo_sandbox import Sandbox

LYRICS = "studio-helper[data-name=generate-lyrics]"
MINE = "Words of my own"


def _open(visit: Visit, product: Product) -> Page:
    page = visit(product, "/new/generate-music/?custom_mode=true")
    page.locator("#id_prompt").fill(MINE)
    page.locator("summary", has_text="Write lyrics").click()
    page.get_by_label("What it is about").fill("The last ferry")
    return page


def _asked(api: Sandbox, model: str) -> list[dict[str, Any]]:
    return [one for one in api.ledger() if one["model"] == model]


def _await_both(page: Page, api: Sandbox) -> None:
    """Have the API go on until both variations are there."""
    found = page.locator(f"{LYRICS} [data-found] li")

    def is_written() -> bool:
        api.go_on()
        return found.count() == 2

    until(is_written, what="both variations")


def test_lyrics_come_without_disturbing_what_is_typed_and_can_be_undone(
    scripted: Product, visit: Visit
) -> None:
    page = _open(visit, scripted)
    button = page.locator(LYRICS).get_by_role("button", name="Write lyrics")
    expect(button).to_contain_text(re.compile(r"costs credits|about (1 credit|\d+ credits)\b"))
    button.press("Enter")
    page.locator("#id_title").fill("Mine")
    found = page.locator(f"{LYRICS} [data-found] li")
    expect(found).to_have_count(2)
    prompt, title = page.locator("#id_prompt"), page.locator("#id_title")
    expect(prompt).to_have_value(MINE)
    expect(title).to_be_focused()

    for place in (0, 1):
        found.nth(place).get_by_role("button", name="Use this").click()
        expect(prompt).to_have_value(found.nth(place).get_by_role("region").inner_text())
    expect(title).to_have_value("Mine")
    first = found.first.get_by_role("region").inner_text()
    page.get_by_role("button", name="Undo").click()
    expect(prompt).to_have_value(first)
    prompt.fill(MINE)
    found.nth(1).get_by_role("button", name="Use this").click()
    page.get_by_role("button", name="Undo").click()
    expect(prompt).to_have_value(MINE)
    page.get_by_role("button", name="Redo").click()
    expect(prompt).not_to_have_value(MINE)


def test_they_are_paid_once_through_presses_and_a_reload(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    before = len(_asked(api, "generate-lyrics"))
    with stalled(api):
        page = _open(visit, scripted)
        button = page.locator(LYRICS).locator("[data-ask]")
        button.dblclick()
        until(lambda: len(_asked(api, "generate-lyrics")) > before, what="the wish at the API")
        page.reload()
        page.get_by_role("radio", name="Write it").check()
        expect(page.locator(LYRICS)).to_contain_text("Being written")
    _await_both(page, api)
    assert len(_asked(api, "generate-lyrics")) == before + 1


def test_whoever_was_signed_out_goes_on_with_the_same_wish(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    before = len(_asked(api, "generate-lyrics"))
    with stalled(api):
        page = _open(visit, scripted)
        helper = page.locator(LYRICS)
        helper.locator("[data-ask]").click()
        until(lambda: len(_asked(api, "generate-lyrics")) > before, what="the wish at the API")
        expect(helper).to_contain_text("Being written")
        session = page.context.cookies()
        page.context.clear_cookies(name="sessionid")
        expect(helper).to_contain_text("You have been signed out.")
        page.context.add_cookies(session)  # type: ignore[arg-type]
        helper.locator("[data-ask]").click()
        expect(helper).to_contain_text("Being written")
    _await_both(page, api)
    assert len(_asked(api, "generate-lyrics")) == before + 1


def test_styles_are_made_better_from_what_stands_there(scripted: Product, visit: Visit) -> None:
    page = _open(visit, scripted)
    style, helper = page.locator("#id_style"), page.locator("[data-name=boost-music-style]")
    better = helper.get_by_role("button", name="Better styles")
    better.click()
    expect(helper).to_contain_text("Say which styles.")
    expect(style).to_be_focused()
    style.fill("folk")

    better.click()
    helper.get_by_role("button", name="Use this").click()

    expect(style).to_have_value(
        "folk, warm analogue texture, wide stereo, a slow build to a bright chorus"
    )
    expect(page.get_by_role("button", name="Remove wide stereo")).to_be_visible()


def test_what_is_refused_is_said_beside_it(scripted: Product, visit: Visit) -> None:
    page = _open(visit, scripted)
    page.get_by_label("What it is about").fill("word " * 201)

    page.locator(LYRICS).locator("[data-ask]").click()

    expect(page.locator(LYRICS)).to_contain_text("At most 200 words")


def test_without_scripts_a_link_leads_there_and_back(scripted: Product, visit: Visit) -> None:
    page = visit(scripted, "/new/generate-music/?custom_mode=true")
    state = page.context.storage_state()
    assert page.context.browser
    plain = page.context.browser.new_context(
        base_url=scripted.url, storage_state=state, java_script_enabled=False
    )
    page = plain.new_page()
    page.goto("/new/generate-music/?custom_mode=true")
    page.get_by_role("link", name="Write lyrics").click()
    page.get_by_label("What it is about").fill("Lanterns on the quay")
    page.get_by_role("button", name="Write lyrics").click()
    page.wait_for_url("**/tasks/*/")
    use = page.get_by_role("link", name="Use in a new song")

    def is_written() -> bool:
        page.reload()
        return use.count() > 0

    until(is_written, what="the lyrics")
    use.first.click()
    expect(page.locator("#id_prompt")).to_have_value(re.compile("Lanterns on the quay"))
    plain.close()
