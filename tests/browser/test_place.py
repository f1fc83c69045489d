"""A place in a song and a stretch of it: by pointer, finger, keys, or typed; heard before sent."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Page, expect

from tests.browser.pages import Visit, choose_song, listened, open_tab, submit, violations
from tests.material import put, sound
from tests.product import Product, until
from vidgo_sandbox import Sandbox

PHONE: Any = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
HEARD = "() => document.querySelector('studio-place audio').currentTime > 0.6"


def _open(visit: Visit, product: Product, model: str, **options: Any) -> Page:
    """Open the form of `model` with the first song chosen whose sound is here already."""
    page = visit(product, f"/new/{model}/", **options)
    open_tab(page, "Songs")
    page.locator("input[name=track][data-sound]:not([data-sound='']):enabled").first.check()
    if model == "extend-music":
        page.get_by_role("radio", name="With other words and styles").check()
    expect(page.locator("studio-place studio-waveform")).to_have_class("drawn")
    return page


def _seconds(page: Page, name: str) -> float:
    return float(page.locator(f"#id_{name}").input_value())


def _length(page: Page) -> float:
    """Return how long the chosen song is."""
    return float(page.locator("input[name=track]:checked").get_attribute("data-duration") or 0)


def _box(page: Page) -> FloatRect:
    """Return where the waveform is seen."""
    wave = page.locator("[data-wave]")
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    assert box
    return box


def _sent(api: Sandbox, model: str) -> dict[str, Any]:
    sent = [one["input"] for one in api.ledger() if one["model"] == model]
    return sent[-1] if sent else {}


def test_where_it_goes_on_is_clicked_moved_by_keys_heard_and_sent(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    page = _open(visit, scripted, "extend-music")
    length, box = _length(page), _box(page)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 30)
    clicked = _seconds(page, "continue_at")
    assert abs(clicked - length / 2) < 0.02

    # The pointer has left the focus on the mark.
    page.keyboard.press("ArrowRight")
    assert _seconds(page, "continue_at") == round(clicked + 0.1, 2)
    page.keyboard.press("Shift+ArrowLeft")
    assert _seconds(page, "continue_at") == round(clicked + 0.09, 2)
    page.keyboard.press("PageDown")
    assert _seconds(page, "continue_at") == 0

    page.locator("#id_continue_at").fill("0:00,6")
    mark = page.get_by_role("slider", name="Go on from, on the waveform")
    expect(mark).to_have_attribute("aria-valuetext", "0:00.6")
    hear = page.get_by_role("button", name="Hear it from there")
    hear.press("Enter")
    page.wait_for_function(HEARD)

    page.locator("#id_title").fill("Longer")
    page.locator("#id_style").fill("folk")
    page.get_by_label("Lyrics").fill("And on")
    # With which version a song was made that was brought in, nobody here knows.
    page.get_by_role("radio", name="V5", exact=True).check()
    submit(page)
    until(lambda: _sent(api, "extend-music"), what="the extension at the API")
    assert _sent(api, "extend-music")["continue_at"] == 0.6


def test_a_stretch_is_drawn_heard_as_a_loop_and_changed_by_keys(
    scripted: Product, visit: Visit
) -> None:
    page = _open(visit, scripted, "replace-section")
    length, box = _length(page), _box(page)
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40, steps=4)
    page.mouse.up()
    begin, end = (_seconds(page, name) for name in ("infill_start_s", "infill_end_s"))
    assert abs(begin - length / 4) < 0.02
    assert abs(end - length * 3 / 4) < 0.02

    # Round and round: back at the beginning, it never got beyond the end.
    page.evaluate(
        """() => {
          const audio = document.querySelector("studio-place audio");
          window.jumps = [];
          audio.addEventListener("seeked", () => window.jumps.push(audio.currentTime));
        }"""
    )
    page.get_by_role("button", name="Hear it as a loop").click()
    page.wait_for_function("() => window.jumps.length > 2")
    # A busy page hears of a jump later, when the sound has gone on: how far, nobody can say.
    assert min(page.evaluate("window.jumps")) > begin - 0.05

    last = page.get_by_role("slider", name="To, on the waveform")
    last.focus()
    page.keyboard.press("ArrowDown")
    assert _seconds(page, "infill_end_s") == round(end - 0.1, 2)
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    # It stays behind the beginning.
    assert _seconds(page, "infill_end_s") == round(begin + 0.1, 2)


def test_a_finger_is_enough_on_a_phone(scripted: Product, visit: Visit) -> None:
    page = _open(visit, scripted, "replace-section", **PHONE)
    length, box = _length(page), _box(page)
    for share in (0.2, 0.6):
        page.touchscreen.tap(box["x"] + box["width"] * share, box["y"] + 30)
    assert abs(_seconds(page, "infill_start_s") - length * 0.2) < 0.02
    assert abs(_seconds(page, "infill_end_s") - length * 0.6) < 0.02
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not violations(page)


def test_without_a_song_it_says_what_to_do_and_what_is_typed_stays(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/new/replace-section/")
    expect(page.get_by_text("The waveform of the song that you choose comes here.")).to_be_visible()
    expect(page.get_by_role("button", name="Hear it as a loop")).to_be_disabled()
    page.locator("#id_infill_start_s").fill("1:xx")
    page.locator("#id_infill_end_s").fill("99")

    page.locator(".send button").click()

    expect(page.locator("#id_infill_start_s")).to_have_value("1:xx")
    expect(page.locator("#id_infill_start_s_error")).to_be_visible()
    choose_song(page)
    expect(page.locator("[data-words]")).to_have_text(re.compile("This sound is 0:0.* long"))


def test_a_song_whose_sound_is_not_here_yet_says_so_and_leaves_the_seconds_to_be_typed(
    scripted: Product, visit: Visit, tmp_path: Path
) -> None:
    song = {"name": "away.mp3", "kind": "audio", "type": "audio/mpeg", "label": "Sea fog"}
    put(scripted, tmp_path, "generate-music", "Sea fog", files=[{**song, "song": 1, "away": 1}])
    page = visit(scripted, "/new/extend-music/", **PHONE)
    open_tab(page, "Songs")
    page.get_by_role("radio", name="Sea fog").check()
    page.get_by_role("radio", name="With other words and styles").check()
    words = page.locator("[data-words]")
    expect(words).to_contain_text("There is no copy of this sound here yet")
    expect(page.get_by_role("button", name="Hear it from there")).to_be_disabled()

    page.locator("#id_continue_at").fill("0:09.5")

    expect(words).to_contain_text("There is no copy of this sound here yet")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not violations(page)


def test_the_end_is_never_beyond_the_sound(product: Product, visit: Visit, tmp_path: Path) -> None:
    sound(tmp_path / "song.wav", 3.456)
    file = {"name": "song.wav", "kind": "audio", "type": "audio/x-wav", "label": "Three"}
    task = put(product, tmp_path, "import-song", "Three", files=[{**file, "song": True}])
    (track,) = product.rows(f"SELECT id FROM studio_track WHERE task_id = {task}")
    listened(product)
    page = visit(product, f"/new/replace-section/?track={track['id']}")
    expect(page.locator("studio-place studio-waveform")).to_have_class("drawn")
    page.locator("#id_infill_start_s").fill("1")
    page.locator("#id_infill_end_s").fill("2")
    page.get_by_role("slider", name="To, on the waveform").press("End")
    expect(page.locator("#id_infill_end_s")).to_have_value("3.45")
