"""Forms that fit: one row for what is chosen, the send bar in sight, errors on top with links."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Visit, choose_song, open_tab, send, violations
from tests.browser.test_sources import tab_to
from tests.product import Product
from tests.sounds import tone
from vidgo_sandbox import SONGS, Sandbox

SEPARATE, ACCOMPANY, VIDEO = (
    f"/new/{name}/"
    for name in ("upload-and-separate-vocals", "add-instrumental", "create-music-video")
)
DESK: Any = {"width": 1280, "height": 800}
PHONE: Any = {"width": 360, "height": 740}


def _options(page: Page) -> Locator:
    return page.locator("#sources .option:visible")


def test_a_click_leaves_the_chosen_row_and_the_way_to_the_others(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, ACCOMPANY)
    expect(page.locator("#track-options")).to_be_hidden()
    choose_song(page)
    title = page.locator("#id_title").input_value()

    expect(_options(page)).to_have_count(1)
    expect(_options(page)).to_contain_text(title)
    expect(page.locator("#sources .tabs")).to_be_hidden()
    expect(page.locator("#track-options input[name=track]:checked")).to_be_focused()
    assert not violations(page)

    page.get_by_role("button", name="Change").click()
    expect(_options(page)).not_to_have_count(1)
    expect(page.locator("#track-options input[name=track]:checked")).to_be_focused()
    open_tab(page, "Upload")
    expect(page.locator("#id_file")).to_be_visible()
    expect(page.locator("#track-options")).to_be_hidden()


def test_by_arrows_one_goes_through_the_songs_and_by_tab_on(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, VIDEO)
    radios = page.locator("#track-options input[name=track]:enabled")
    tab_to(radios.first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(radios.nth(2)).to_be_checked()
    expect(_options(page)).not_to_have_count(1)

    tab_to(page.get_by_label("Artist"))

    expect(_options(page)).to_have_count(1)
    expect(page.get_by_label("Artist")).to_be_focused()
    expect(page.get_by_label("Artist")).to_be_in_viewport(ratio=1)


def test_further_files_join_those_that_are_ticked(
    scripted: Product, visit: Visit, tmp_path: Path
) -> None:
    page = visit(scripted, SEPARATE)
    ticked = page.locator("#upload-options :checked")
    for number in range(2):
        file = tone(tmp_path / f"Further {number}.wav", pitch=810 + 40 * number)
        page.locator("#id_file").set_input_files(file)
        expect(ticked).to_have_count(number + 1)
        expect(_options(page)).to_have_count(number + 1)
        page.get_by_role("button", name="Change").click()
        open_tab(page, "Upload")

    open_tab(page, "Recordings")
    page.get_by_role("button", name="Use what is ticked").click()
    expect(_options(page)).to_have_count(2)


def test_a_song_chosen_by_hand_says_its_title_and_styles_to_every_form(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/new/extend-music/?default_param_flag=true")
    label = page.locator("#track-options label", has_text=SONGS[1].title).first
    label.click()
    expect(page.locator("#id_title")).to_have_value(SONGS[1].title)
    expect(page.locator("#id_style")).to_have_value(SONGS[1].tags)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_send_bar_is_in_sight_and_never_over_what_is_typed(
    scripted: Product, visit: Visit, viewport: Any
) -> None:
    page = visit(scripted, "/new/generate-music/?custom_mode=true", viewport=viewport)
    button = page.locator(".send button")
    expect(button).to_be_in_viewport(ratio=1)
    for name in ("title", "style", "prompt", "negative_tags"):
        field = page.locator(f"#id_{name}")
        tab_to(field)
        assert _is_over(page, field) is False


def _is_over(page: Page, field: Locator) -> bool:
    """Return whether the send bar covers a part of the field that is in the window."""
    bar, box = page.locator(".send").bounding_box(), field.bounding_box()
    assert bar
    assert box
    return box["y"] < bar["y"] + bar["height"] and bar["y"] < box["y"] + box["height"]


def test_what_is_wrong_has_the_focus_and_leads_to_its_field(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, ACCOMPANY, viewport=PHONE)
    page.locator(".send button").click()
    wrong = page.locator("[data-problems]")
    expect(wrong).to_be_focused()
    expect(wrong).to_contain_text("4 things are missing or wrong")

    wrong.get_by_role("link", name="Title: Give it a title.").click()
    expect(page.locator("#id_title")).to_be_focused()
    wrong.get_by_role("link", name="Choose a file or a song.").click()
    expect(page.locator("#sources")).to_be_focused()


def test_without_javascript_tabs_and_links_work_and_nothing_is_hidden(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, ACCOMPANY, java_script_enabled=False)
    choose_song(page)
    expect(_options(page)).not_to_have_count(1)
    page.locator(".send button").click()
    expect(page.locator("[data-problems]")).to_contain_text("3 things are missing or wrong")
    expect(page.locator("#track-options input[name=track]:checked")).to_be_visible()


@pytest.fixture
def careful(api: Sandbox, tmp_path: Path) -> Any:
    """Return a studio that asks at the second task within a minute."""
    with Product(
        tmp_path, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox", STUDIO_BURST="1"
    ) as running:
        yield running


def test_a_helper_asks_and_hears_a_yes(careful: Product, visit: Visit) -> None:
    send(careful.session(), careful, "generate-lyrics")
    page = visit(careful, "/new/generate-music/?custom_mode=true")
    page.locator("#id_style").fill("folk")
    helper = page.locator("[data-name=boost-music-style]")
    helper.get_by_role("button", name="Better styles").click()
    expect(helper).to_contain_text("Each costs credits.")

    helper.get_by_role("button", name="Yes, send it").click()

    helper.get_by_role("button", name="Use this").click()
    expect(page.locator("#id_style")).to_have_value(
        "folk, warm analogue texture, wide stereo, a slow build to a bright chorus"
    )
