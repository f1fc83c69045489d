"""What a mixing desk has: faders in dB, the original beside its stems, two mixes, a swipe."""

import wave
from pathlib import Path
from typing import Any

import numpy
import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, at, fade, open_mixer, violations
from tests.browser.recording import connect, place, record, samples
from tests.material import RATE, STEMS, put, put_stems, sound
from tests.product import Product, until

SECONDS = 20.0
MIXER = "document.querySelector('studio-mixer')"
PHONE: Any = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation."""
    return f"/tasks/{put_stems(product, tmp_path_factory.mktemp('song'), SECONDS)}/"


@pytest.fixture
def mixer(visit: Visit, product: Product, song: str) -> Page:
    """Return its page."""
    return open_mixer(visit, product, song)


def gains(page: Page) -> list[float]:
    """Return what is heard of each stem, and of the whole."""
    stems = f"{MIXER}.stems"
    told: list[float] = page.evaluate(f"[...{stems}.stems.map((one) => one.gain), {stems}.master]")
    return told


def test_a_fader_says_its_level_in_decibels_and_is_set_finely(mixer: Page) -> None:
    fader = mixer.get_by_label("Volume of Drums")
    shown = mixer.locator(".channel").nth(1).locator("output")
    for far, said, gain in (("1", "+6.0 dB", 1.9953), ("0.75", "0.0 dB", 1), ("0", "−∞ dB", 0)):
        fader.fill(far)
        expect(shown).to_have_text(said)
        assert gains(mixer)[1] == pytest.approx(gain, rel=1e-3)
    at(mixer, "Volume of Drums", "silent")
    fade(mixer, "Volume of Drums", -6.1)
    at(mixer, "Volume of Drums", "minus 6.0 dB")
    fader.focus()
    for key, said in (("ArrowUp", "5.5"), ("ArrowLeft", "6.0"), ("PageDown", "9.0")):
        fader.press(key)
        at(mixer, "Volume of Drums", f"minus {said} dB")
    fader.hover()
    mixer.mouse.wheel(0, -100)
    at(mixer, "Volume of Drums", "minus 8.5 dB")
    fader.dblclick()
    at(mixer, "Volume of Drums", "0.0 dB")
    assert gains(mixer) == [1] * 7
    assert not violations(mixer)


def test_a_wheel_over_a_fader_that_is_not_held_scrolls_the_page(mixer: Page) -> None:
    mixer.set_viewport_size({"width": 1280, "height": 400})
    mixer.get_by_label("Volume of Vocals").hover()
    before = mixer.evaluate("scrollY")
    mixer.mouse.wheel(0, 100)
    mixer.wait_for_function("before => scrollY > before", arg=before)
    at(mixer, "Volume of Vocals", "0.0 dB")


def test_a_link_of_an_earlier_release_sounds_as_it_did(
    mixer: Page, visit: Visit, product: Product, song: str
) -> None:
    numbers = [one.get_attribute("data-stem") for one in mixer.locator(".channel").all()]
    query = f"mix={numbers[0]}:80,{numbers[1]}:1m,{numbers[2]}:150s&master=33"
    page = open_mixer(visit, product, f"{song}?{query}")
    expect(page.get_by_label("Volume of Bass")).to_have_attribute("aria-valuetext", "+3.5 dB")
    assert gains(page) == [0, 0, 1.5, 0, 0, 0, 0.33]
    page.get_by_role("button", name="Bass alone").click()
    assert gains(page) == [0.8, 0, 1.5, 1, 1, 1, 0.33]
    page.wait_for_url(f"**?mix={numbers[0]}:80,{numbers[1]}:1m,{numbers[2]}:150,*&master=33")


def test_a_soft_level_is_kept_as_it_is(mixer: Page) -> None:
    fade(mixer, "Volume of Drums", -59.5)
    mixer.wait_for_url("**:0.1059,**")
    mixer.reload()
    at(mixer, "Volume of Drums", "minus 59.5 dB")


@pytest.fixture(scope="module")
def taken(product: Product, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return the path of a separation of a recording that is softer than its stems, and both."""
    folder = tmp_path_factory.mktemp("taken")
    stems = [sound(folder / f"{name}.wav", SECONDS, seed=n) for n, name in enumerate(STEMS, 1)]
    whole = numpy.sum([samples(stem) for stem in stems], axis=0) / 2
    with wave.open(str(folder / "rehearsal.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((whole.T * 32768).astype("<i2").tobytes())
    kept = {"kind": "stem", "type": "audio/x-wav"}
    files = [{**kept, "name": stem.name, "label": stem.stem.capitalize()} for stem in stems]
    more = {"upload": "rehearsal.wav", "files": files}
    path = f"/tasks/{put(product, folder, 'upload-and-separate-vocals', 'Rehearsal', **more)}/"
    session = product.session()
    until(lambda: "data-original" in session.get(product.url + path).text, "the original")
    return path, folder


def test_the_original_is_heard_in_place_of_the_stems_on_their_sample_and_as_loud(
    visit: Visit, product: Product, taken: tuple[str, Path]
) -> None:
    page = open_mixer(visit, product, taken[0], bypass_csp=True)
    connect(page)
    fade(page, "Volume of Drums", -6)
    page.wait_for_url("**?mix=**")
    address = page.url
    export = page.get_by_role("link", name="Export mix: WAV")
    before = export.get_attribute("href")
    page.keyboard.press("o")
    expect(page.get_by_role("button", name="Original")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#live")).to_have_text("Original")
    # One of the stems beside it, to see where they stand.
    page.evaluate(f"{MIXER}.stems.setGain(0, 1)")
    page.get_by_role("button", name="Play all stems").click()
    *stems, original = record(page, 2)
    assert not any(numpy.any(one) for one in stems[1:])
    files = [samples(taken[1] / f"{name}.wav").mean(axis=0) for name in STEMS]
    whole = samples(taken[1] / "rehearsal.wav").mean(axis=0)
    assert place(original[:RATE], whole) == place(stems[0][:RATE], files[0])
    files[1] = files[1] * 10 ** (-6 / 20)
    level = lambda one: 10 * numpy.log10(numpy.mean(one**2))  # noqa: E731
    assert level(original) == pytest.approx(level(numpy.sum(files, axis=0)), abs=0.5)
    assert (page.url, export.get_attribute("href")) == (address, before)

    page.keyboard.press("o")
    expect(page.locator("#live")).to_have_text("Stems")
    assert gains(page)[:7] == pytest.approx([1, 0.5012, 1, 1, 1, 1, 0], rel=1e-3)
    assert not violations(page)


def test_stems_of_which_nothing_is_kept_have_no_original(mixer: Page) -> None:
    expect(mixer.get_by_role("button", name="Original")).to_have_count(0)
    mixer.keyboard.press("o")
    assert gains(mixer) == [1] * 7


def test_two_mixes_stand_side_by_side_each_with_its_own_undo(mixer: Page) -> None:
    live = mixer.locator("#live")
    one, other = (
        mixer.get_by_role("button", name="Mix A"),
        mixer.get_by_role("button", name="Mix B"),
    )
    fade(mixer, "Volume of Drums", -8)
    mixer.wait_for_url("**:39.81,**")
    mixer.get_by_label("Volume of Drums").blur()
    mixer.keyboard.press("b")
    expect(live).to_have_text("Mix B")
    expect(other).to_have_attribute("aria-pressed", "true")
    expect(one).to_have_attribute("aria-pressed", "false")
    # It begins as the other is, with nothing to undo.
    at(mixer, "Volume of Drums", "minus 8.0 dB")
    expect(mixer.get_by_role("button", name="Undo")).to_be_disabled()
    fade(mixer, "Volume of Bass", -3)
    mixer.get_by_label("Loop from").fill("0:02")
    mixer.get_by_label("Loop to").fill("0:06")
    mixer.get_by_label("Loop to").blur()
    mixer.wait_for_url("**loop=2-6")

    one.click()
    expect(live).to_have_text("Mix A")
    at(mixer, "Volume of Bass", "0.0 dB")
    expect(mixer.get_by_role("button", name="Loop", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    mixer.get_by_role("button", name="Undo").click()
    at(mixer, "Volume of Drums", "0.0 dB")
    mixer.wait_for_function("() => !location.search")

    mixer.keyboard.press("b")
    mixer.wait_for_url("**loop=2-6")
    mixer.reload()
    expect(other).to_have_attribute("aria-pressed", "true")
    at(mixer, "Volume of Bass", "minus 3.0 dB")
    mixer.get_by_role("button", name="Undo").click()
    expect(mixer.get_by_role("button", name="Loop", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    at(mixer, "Volume of Drums", "minus 8.0 dB")
    mixer.keyboard.press("b")
    at(mixer, "Volume of Drums", "0.0 dB")
    assert not violations(mixer)


def test_a_finger_along_a_lanes_name_or_buttons_sets_its_level(
    visit: Visit, product: Product, song: str
) -> None:
    page = open_mixer(visit, product, song, **PHONE)
    session = page.context.new_cdp_session(page)
    alone = page.get_by_role("button", name="Drums alone")

    def swipe(part: str, along: float, down: float = 0) -> None:
        box = page.locator(".channel").nth(1).locator(part).bounding_box()
        assert box
        x, y = box["x"] + 20, box["y"] + box["height"] / 2
        for kind, share in (("touchStart", 0.0), *(("touchMove", n / 8) for n in range(1, 9))):
            point = {"x": x + along * share, "y": y + down * share}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def level() -> float:
        return gains(page)[1]

    page.wait_for_load_state("networkidle")
    swipe(".channel-name", 60)
    # A quarter of a fader's way: its end.
    assert level() == pytest.approx(1.9953, rel=1e-3)
    expect(page.locator("#live")).to_have_text("Drums +6.0 dB")
    expect(page.locator(".channel-name").nth(1)).to_have_attribute("data-level", "+6.0 dB")
    # From a button, which is not pressed by it.
    swipe("[data-solo]", -120)
    assert level() == pytest.approx(10 ** (-8.5 / 20), rel=1e-3)
    expect(page.get_by_role("button", name="Drums alone")).to_have_attribute(
        "aria-pressed", "false"
    )
    before = page.evaluate("scrollY")
    swipe(".channel-name", 4, -150)
    page.wait_for_function("before => scrollY > before", arg=before)
    assert level() == pytest.approx(10 ** (-8.5 / 20), rel=1e-3)
    alone.tap()
    expect(alone).to_have_attribute("aria-pressed", "true")
    assert gains(page) == [0, pytest.approx(10 ** (-8.5 / 20), rel=1e-3), 0, 0, 0, 0, 1]
    assert not violations(page, ["target-size"])
