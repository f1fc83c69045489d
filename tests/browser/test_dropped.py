"""What is dropped on a page, and files that are no longer what was chosen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.pages import Visit, violations
from tests.product import Product
from tests.sounds import tone

SEPARATE, VIDEO = "/new/upload-and-separate-vocals/", "/new/create-music-video/"


@pytest.fixture
def drop() -> Callable[[Page, Path], None]:
    """Return a call that drops a file or folder of this machine on a page, as a hand does."""

    def run(page: Page, path: Path) -> None:
        hand = page.context.new_cdp_session(page)
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            at = {"type": kind, "x": 200, "y": 200, "data": data}
            hand.send("Input.dispatchDragEvent", at)

    return run


def test_a_dropped_folder_gets_its_own_sentence(
    product: Product, visit: Visit, drop: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    page = visit(product, SEPARATE)
    folder = tmp_path / "Album"
    folder.mkdir()
    tone(folder / "One.mp3")

    drop(page, folder)

    line = page.locator("[data-under-way] li")
    expect(line).to_contain_text("Album")
    expect(line).to_contain_text("This is a folder. Choose the files in it.")


def test_a_file_that_changes_after_it_was_chosen_gets_its_own_sentence(
    product: Product, visit: Visit, tmp_path: Path
) -> None:
    page = visit(product, SEPARATE)
    first, second = tone(tmp_path / "First.mp3"), tone(tmp_path / "Second.mp3", pitch=300)

    def change(route: Route) -> None:
        # The second waits while the first is sent.
        tone(second, pitch=500, seconds=3)
        route.continue_()

    page.route("**" + SEPARATE + "upload/", change)
    page.locator("[data-upload]").set_input_files([first, second])

    line = page.locator('[data-under-way] [data-state="failed"]')
    expect(line).to_contain_text("Second.mp3")
    expect(line).to_contain_text("This file has changed since it was chosen")


def test_a_file_that_is_cut_off_is_asked_about_and_goes_with_a_tick(
    product: Product, visit: Visit, tmp_path: Path
) -> None:
    page = visit(product, SEPARATE)
    sound = tone(tmp_path / "Half a take.wav", seconds=6)
    sound.write_bytes(sound.read_bytes()[:-250_000])

    page.locator("[data-upload]").set_input_files(sound)

    option = page.locator(".option", has_text="Half a take")
    expect(option).to_contain_text("It ends after 0:03 of 0:06. Use it anyway?")
    expect(page.locator("#live")).to_contain_text("Use it anyway?")
    tick = option.get_by_role("checkbox")
    expect(tick).not_to_be_checked()
    tick.check()
    page.locator(".send button").click()
    expect(page.get_by_role("heading", name="Half a take").first).to_be_visible()


def test_a_sound_dropped_on_any_page_is_asked_about_and_sent_once(
    product: Product, visit: Visit, drop: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    page = visit(product, "/")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)

    drop(page, tone(tmp_path / "Dropped anywhere.mp3", pitch=615))

    dialog = page.get_by_role("dialog", name="What shall be done with it?")
    expect(dialog).to_contain_text("It is there.")
    assert not violations(page)
    dialog.get_by_role("link", name="Add an instrumental").click()
    page.wait_for_url("**/new/add-instrumental/?upload=*")
    expect(page.locator("#sources .option:visible")).to_contain_text("Dropped anywhere")
    expect(page.locator("#upload-options :checked")).to_have_count(1)
    expect(page.locator("#id_title")).to_have_value("Dropped anywhere")
    assert len(sent) == 1


def test_what_is_dropped_on_a_page_that_is_being_filled_leaves_it_as_it_is(
    product: Product, visit: Visit, drop: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    page = visit(product, VIDEO)
    author = page.locator("#id_author")
    author.fill("The Band")

    drop(page, tone(tmp_path / "First.mp3"))

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It is there.")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Split a song into stems").click()
    expect(opened.value.locator("#upload-options :checked")).to_have_count(1)
    expect(dialog).to_be_hidden()
    expect(author).to_have_value("The Band")
    expect(author).to_be_focused()
    assert page.url == product.url + VIDEO


def test_a_dropped_file_that_is_no_sound_is_told_so_and_any_other_is_left_alone(
    product: Product, visit: Visit, drop: Callable[[Page, Path], None], tmp_path: Path
) -> None:
    # The browser itself complains of the refusal.
    page = visit(product, "/personas/", complaints=[])
    for name in ("Notes.txt", "Not a sound.mp3"):
        (tmp_path / name).write_text("no sound at all")
    drop(page, tmp_path / "Notes.txt")
    expect(page.get_by_role("dialog")).to_be_hidden()

    drop(page, tmp_path / "Not a sound.mp3")

    expect(page.get_by_role("dialog")).to_contain_text("Nothing can be made of this.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url == product.url + "/personas/"
