"""Waveforms of the mixer seen closer: what stands where, a loop held by its ends, two fingers."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Visit, open_mixer, violations
from tests.material import put_stems
from tests.product import Product

SECONDS = 60.0
MIXER = "document.querySelector('studio-mixer')"
PHONE: Any = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation of a minute."""
    return f"/tasks/{put_stems(product, tmp_path_factory.mktemp('song'), SECONDS)}/"


@pytest.fixture
def mixer(visit: Visit, product: Product, song: str) -> Page:
    """Return the page of the song."""
    return open_drawn(visit, product, song)


def open_drawn(visit: Visit, product: Product, song: str, **options: Any) -> Page:
    """Open the mixer of a page, as soon as its waveforms are drawn."""
    page = open_mixer(visit, product, song, **options)
    expect(page.locator(".channel studio-waveform.drawn")).to_have_count(6)
    return page


def lane(page: Page) -> tuple[Locator, Any]:
    """Return a lane's waveform and where it stands."""
    wave = page.locator("[data-wave]").nth(1)
    wave.scroll_into_view_if_needed()
    return wave, wave.bounding_box()


def times(page: Page) -> float:
    """Return how many lanes the song is wide."""
    return float(page.evaluate(f"{MIXER}.zoom.times"))


def goes_to(page: Page, seconds: float) -> None:
    """See that the mixer stands at this second, to within a pixel or two."""
    page.wait_for_function(
        f"wanted => Math.abs({MIXER}.stems.time - wanted) < 0.3",
        arg=seconds,
    )


def test_what_is_pressed_is_what_is_seen_there(mixer: Page) -> None:
    wave, box = lane(mixer)
    page_turned = mixer.locator("[data-wave]").first
    wave.click(position={"x": box["width"] / 2, "y": 10})
    goes_to(mixer, 30)
    for _ in range(2):
        mixer.keyboard.press("z")
    assert times(mixer) == pytest.approx(2.25)
    # The middle stays where it is: a lane shows 60 / 2.25 seconds of the song.
    wave.click(position={"x": box["width"] / 4, "y": 10})
    goes_to(mixer, 30 - 60 / 2.25 / 4)
    # What is out of view comes into it.
    mixer.evaluate(f"{MIXER}.go(55)")
    at = page_turned.evaluate("one => getComputedStyle(one, '::after').left")
    assert 0 <= float(at.removesuffix("px")) <= box["width"]
    mixer.get_by_role("button", name="Zoom in").click()
    for _ in range(9):
        mixer.keyboard.press("z")
    expect(mixer.get_by_role("button", name="Zoom in")).to_have_attribute("aria-disabled", "true")
    assert times(mixer) == 16
    assert not violations(mixer)
    for _ in range(9):
        mixer.keyboard.press("Shift+Z")
    assert (times(mixer), mixer.evaluate(f"{MIXER}.zoom.from")) == (1, 0)


def test_a_wheel_zooms_where_the_pointer_is_and_the_page_does_not(mixer: Page) -> None:
    _, box = lane(mixer)
    mixer.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 10)
    mixer.keyboard.down("Control")
    mixer.mouse.wheel(0, -70)
    mixer.keyboard.up("Control")
    mixer.wait_for_function(f"() => {MIXER}.zoom.times > 1.9")
    assert mixer.evaluate(f"{MIXER}.zoom.share(0.75)") == pytest.approx(0.75, abs=0.01)
    assert mixer.evaluate("devicePixelRatio") == 1
    begin = mixer.evaluate(f"{MIXER}.zoom.from")
    mixer.mouse.wheel(-60, 0)
    mixer.wait_for_function(f"from => {MIXER}.zoom.from < from", arg=begin)


def test_an_end_of_the_loop_is_dragged(mixer: Page) -> None:
    mixer.get_by_label("Loop from").fill("0:15")
    mixer.get_by_label("Loop to").fill("0:30")
    mixer.get_by_label("Loop to").blur()
    _, box = lane(mixer)
    across = lambda share: (box["x"] + box["width"] * share, box["y"] + 10)  # noqa: E731
    mixer.mouse.move(*across(0.5))
    expect(mixer.locator("[data-wave].held")).to_have_count(1)
    mixer.mouse.down()
    mixer.mouse.move(*across(0.75), steps=3)
    mixer.mouse.up()
    expect(mixer.get_by_label("Loop from")).to_have_value("0:15")
    expect(mixer.get_by_label("Loop to")).to_have_value("0:45")


def test_two_fingers_zoom_and_mark_nothing(visit: Visit, product: Product, song: str) -> None:
    page = open_drawn(visit, product, song, **PHONE)
    _, box = lane(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *shares: float) -> None:
        y = box["y"] + 10
        points = [
            {"x": box["x"] + box["width"] * share, "y": y, "id": n}
            for n, share in enumerate(shares)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.4)
    touch("touchStart", 0.4, 0.6)
    for step in (0.35, 0.3, 0.25, 0.2):
        touch("touchMove", step, 1 - step)
    touch("touchEnd")
    page.wait_for_function(f"() => Math.abs({MIXER}.zoom.times - 3) < 0.1")
    expect(page.get_by_label("Loop from")).to_have_value("")
    assert page.evaluate(f"{MIXER}.stems.time") == 0
    assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
