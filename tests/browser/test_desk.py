"""What a mixing desk has: faders in dB."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, at, fade, violations
from tests.material import put_stems
from tests.product import Product

SECONDS = 20.0
MIXER = "document.querySelector('studio-mixer')"


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation."""
    return f"/tasks/{put_stems(product, tmp_path_factory.mktemp('song'), SECONDS)}/"


@pytest.fixture
def mixer(visit: Visit, product: Product, song: str) -> Page:
    """Return its page."""
    return open_mixer(visit, product, song)


def open_mixer(visit: Visit, product: Product, path: str, **options: Any) -> Page:
    """Open the mixer of a page, as soon as it is there."""
    page = visit(product, path, **options)
    page.locator("studio-mixer:defined").wait_for()
    return page


def gains(page: Page) -> list[float]:
    """Return what is heard of each stem, and of the whole."""
    stems = f"{MIXER}.stems"
    told: list[float] = page.evaluate(f"[...{stems}.stems.map((one) => one.gain), {stems}.master]")
    return told


def test_a_fader_says_its_level_in_decibels_and_is_set_finely(mixer: Page) -> None:
    fader = mixer.get_by_label("Volume of Drums")
    shown = mixer.locator(".channel").nth(1).locator("output")
    for place, said, gain in (("1", "+6.0 dB", 1.9953), ("0.75", "0.0 dB", 1), ("0", "−∞ dB", 0)):
        fader.fill(place)
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
