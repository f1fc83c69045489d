"""Two ways of asking on one page: nothing typed is lost, limits follow, keys are enough."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, send, song_keys, submit
from tests.product import Product, until
from vidgo_sandbox import Sandbox

IDEA = "A slow song about the last ferry"


def _choose(page: Page, name: str, words: str) -> None:
    """Choose one of a field's pills by its arrow keys, as a keyboard does."""
    pill = page.locator(f"[name={name}]:checked")
    pill.focus()
    wanted = page.get_by_role("radio", name=words, exact=True)
    for _ in range(6):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{words} cannot be reached by keys")


def _sent(api: Sandbox, model: str) -> dict[str, Any]:
    """Return what the API was last sent for `model`."""

    def last() -> dict[str, Any]:
        inputs = [one["input"] for one in api.ledger() if one["model"] == model]
        return inputs[-1] if inputs else {}

    return until(last, what=f"{model} at the API")


def test_changing_the_way_loses_nothing_and_sends_only_what_the_way_has(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    page = visit(scripted, "/new/generate-music/")
    prompt, title = page.locator("#id_prompt"), page.locator("#id_title")
    expect(page.get_by_label("Describe the song")).to_be_visible()
    expect(title).to_be_hidden()
    prompt.fill(IDEA)

    _choose(page, "custom_mode", "Write it")

    expect(page.get_by_label("Lyrics")).to_have_value(IDEA)
    title.fill("Last Ferry")
    page.locator("#id_style").fill("folk, warm")
    page.get_by_label("Instrumental").check()
    expect(prompt).to_be_hidden()
    _choose(page, "custom_mode", "Describe it")
    expect(prompt).to_be_visible()
    expect(prompt).to_have_value(IDEA)
    expect(title).to_be_hidden()
    submit(page)
    sent = _sent(api, "generate-music")
    assert sent["prompt"] == IDEA
    assert "title" not in sent


def test_limits_follow_the_way_and_the_version(scripted: Product, visit: Visit) -> None:
    page = visit(scripted, "/new/generate-music/")
    count, style = page.locator("#id_prompt_count"), page.locator("#id_style_count")
    page.locator("#id_prompt").fill("x" * 501)
    expect(count).to_have_text("501 / 500")
    expect(count).to_have_class("count near over")
    page.locator(".send button").click()
    expect(page.locator("#id_prompt_error")).to_contain_text("At most 500 characters")

    _choose(page, "custom_mode", "Write it")

    expect(count).to_have_text("501 / 5000")
    page.locator("summary", has_text="More").click()
    _choose(page, "mv", "V4")
    expect(count).to_have_text("501 / 3000")
    expect(style).to_have_text("0 / 200")


def test_a_persona_is_chosen_by_its_voice_where_the_way_allows_one(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    session = scripted.session()
    song = song_keys(session, scripted, "generate-persona")[0]
    path = send(session, scripted, "generate-persona", track=song, name="Nadia")
    done = 'data-status="finished"'
    until(lambda: done in session.get(scripted.url + path).text, what="the persona")
    page = visit(scripted, "/new/generate-music/")
    nadia = page.get_by_role("radio", name="Nadia")
    expect(nadia).to_be_hidden()

    _choose(page, "custom_mode", "Write it")

    nadia.check()
    page.get_by_label("Title").fill("Tide Two")
    page.locator("#id_style").fill("folk")
    page.get_by_label("Lyrics").fill("The tide comes in")
    voice = page.locator(".personas .option", has=nadia).locator("studio-player")
    voice.get_by_role("button", name="Play").click()
    expect(voice).to_have_class("player mini ready playing begun")
    submit(page)
    until(lambda: _sent(api, "generate-music").get("title") == "Tide Two", what="the song")
    assert _sent(api, "generate-music")["persona_id"]
