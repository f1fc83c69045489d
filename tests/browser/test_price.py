"""The price on the button, while files are chosen."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.pages import Visit, status
from tests.product import Product
from tests.sounds import tone

SEPARATE = "/new/upload-and-separate-vocals/"


def test_the_button_bears_the_price_of_all_that_is_chosen(
    scripted: Product, visit: Visit, tmp_path: Path
) -> None:
    sounds = [tone(tmp_path / f"Take {n}.wav", pitch=300 + 100 * n) for n in range(3)]
    page = visit(scripted, SEPARATE)
    button, left = page.locator(".send button"), page.locator("[data-left]")
    chosen = page.locator("#upload-options :checked")
    page.locator("#id_file").set_input_files(sounds[0])
    expect(chosen).to_have_count(1)
    button.click()
    page.wait_for_url("**/tasks/*/")
    status(page, "finished")

    page.goto(SEPARATE)
    expect(button).to_have_text("Split a song into stems · about 8 credits each")
    page.locator("#id_file").set_input_files(sounds)
    expect(button).to_have_text("Split 3 songs · about 24 credits")
    expect(chosen).to_have_count(3)
    expect(button).to_have_text("Split 3 songs · about 24 credits")
    expect(left).to_contain_text("left afterwards")
    chosen.first.uncheck()
    expect(button).to_have_text("Split 2 songs · about 16 credits")
    chosen.first.uncheck()
    expect(button).to_have_text("Split a song into stems · about 8 credits")
    page.get_by_text("Details").click()
    page.locator("#id_audio_url").fill("https://example.com/a.mp3")
    expect(button).to_have_text("Split a song into stems · about 8 credits")
