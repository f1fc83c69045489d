"""Tempo, key and pan of the mixer: what is heard, what is exported, what a link gives on."""

from pathlib import Path

import numpy
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import Visit, fade
from tests.browser.recording import connect, pitch, record, record_all, samples
from tests.material import RATE, put, sound, tone
from tests.product import Product

SECONDS, HERTZ = 30, 440
MIXER = "document.querySelector('studio-mixer')"
LOCKS = """
const { request } = WakeLock.prototype;
window.locks = [];
WakeLock.prototype.request = async function (kind) {
  window.locks.push(await request.call(this, kind));
  return window.locks.at(-1);
};
"""
CLOCKS = f"() => [{MIXER}.stems.time, {MIXER}.stems.context.currentTime]"


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation: a tone, and noise that is there twice."""
    folder = tmp_path_factory.mktemp("song")
    tone(folder / "tone.wav", SECONDS, HERTZ)
    for name in ("one", "two"):
        sound(folder / f"{name}.wav", SECONDS)
    files = [
        {"name": f"{name}.wav", "kind": "stem", "type": "audio/x-wav", "label": name.capitalize()}
        for name in ("tone", "one", "two")
    ]
    key = put(product, folder, "upload-and-separate-vocals", "Slower", files=files)
    return f"/tasks/{key}/"


@pytest.fixture
def mixer(visit: Visit, product: Product, song: str) -> Page:
    """Return the song's page with a recorder."""
    page = visit(product, song, bypass_csp=True)
    page.locator("studio-mixer:defined").wait_for()
    connect(page)
    return page


def pace(page: Page, tempo: int, key: int) -> None:
    """Set both, as by their sliders; the address has them later than the sound."""
    page.get_by_label("Tempo", exact=True).fill(str(tempo))
    page.get_by_label("Key", exact=True).fill(str(key))
    page.wait_for_url(f"**pace={tempo},{key}*" if (tempo, key) != (100, 0) else "**")


@pytest.mark.parametrize(
    ("tempo", "key", "hertz"),
    [(80, 0, 440), (100, 3, 523.25), (130, -4, 349.23), (50, 0, 440), (150, 6, 622.25)],
)
def test_a_song_is_slower_or_higher_and_the_other_stays(
    mixer: Page, tempo: int, key: int, hertz: float
) -> None:
    mixer.get_by_role("button", name="Tone alone").click()
    pace(mixer, tempo, key)
    mixer.get_by_role("button", name="Play all stems").click()
    heard = record_all(mixer, 2)
    assert pitch(heard) == pytest.approx(hertz, abs=1)
    # No gap and no click: a sine's second difference is as small as its pitch.
    assert numpy.abs(numpy.diff(heard, 2)).max() < 0.01
    begin = mixer.evaluate(CLOCKS)
    mixer.wait_for_function(f"from => {MIXER}.stems.time > from + 2", arg=begin[0])
    end = mixer.evaluate(CLOCKS)
    assert (end[0] - begin[0]) / (end[1] - begin[1]) == pytest.approx(tempo / 100, rel=0.05)


def test_stems_stay_together_through_changes_of_tempo_and_key(mixer: Page) -> None:
    mixer.get_by_role("button", name="Play all stems").click()
    for tempo, key, second in ((70, 2, 15), (120, -3, 4), (90, 1, 10)):
        pace(mixer, tempo, key)
        mixer.evaluate(f"time => {MIXER}.go(time)", second)
        for _ in range(2):
            mixer.keyboard.press("2")
    _, one, two = record(mixer, 2)
    assert numpy.array_equal(one, two)
    assert numpy.abs(one).mean() > 0.01


def test_a_mix_is_exported_at_the_tempo_and_in_the_key_that_are_heard(
    mixer: Page, tmp_path: Path
) -> None:
    mixer.get_by_role("button", name="Tone alone").click()
    pace(mixer, 80, 3)
    mixer.get_by_role("button", name="Play all stems").click()
    heard = record_all(mixer, 2)
    with mixer.expect_download() as waiting:
        mixer.get_by_role("link", name="Export mix: WAV").click()
    waiting.value.save_as(tmp_path / "mix.wav")
    mixed = samples(tmp_path / "mix.wav")
    assert mixed.shape[1] == SECONDS * RATE / 0.8
    middle = mixed[0][10 * RATE : 12 * RATE]
    assert pitch(middle) == pytest.approx(pitch(heard), abs=0.5)
    levels = [float(numpy.sqrt((one**2).mean())) for one in (middle, heard)]
    assert levels[0] == pytest.approx(levels[1], rel=0.01)


def test_keys_change_them_a_link_gives_them_and_undo_takes_them_back(
    mixer: Page, visit: Visit, product: Product
) -> None:
    for key in ("-", "-", ".", "."):
        mixer.keyboard.press(key)
    expect(mixer.locator("#live")).to_have_text("Key up 2")
    mixer.wait_for_url("**pace=90,2")
    other = visit(product, mixer.url.removeprefix(product.url))
    expect(other.get_by_label("Tempo", exact=True)).to_have_value("90")
    expect(other.get_by_label("Key", exact=True)).to_have_attribute("aria-valuetext", "up 2")
    mixer.keyboard.press("Control+z")
    expect(mixer.get_by_label("Tempo", exact=True)).to_have_value("100")
    expect(mixer.get_by_label("Key", exact=True)).to_have_value("0")


@pytest.mark.parametrize(("side", "shares"), [(-40, (1.5878, 0.8090)), (100, (0, 2))])
def test_a_stem_stands_left_or_right_in_what_is_heard_and_exported(
    mixer: Page, tmp_path: Path, side: int, shares: tuple[float, float]
) -> None:
    """By the Web Audio API's law of equal power; both sides of the stem are alike."""
    mixer.get_by_role("button", name="Tone alone").click()
    mixer.get_by_label("Pan of Tone").fill(str(side))
    mixer.wait_for_url(f"**:100sp{side}*")
    mixer.get_by_role("button", name="Play all stems").click()
    heard = record_all(mixer, 1)
    with mixer.expect_download() as waiting:
        mixer.get_by_role("link", name="Export mix: WAV").click()
    waiting.value.save_as(tmp_path / "mix.wav")
    mixed = samples(tmp_path / "mix.wav")
    levels = numpy.sqrt((mixed**2).mean(axis=1)) / (0.3 / numpy.sqrt(2))
    assert levels == pytest.approx(shares, rel=0.01, abs=0.001)
    # The recorder hears both sides as one.
    level = float(numpy.sqrt((heard**2).mean())) / (0.3 / numpy.sqrt(2))
    assert level == pytest.approx(sum(shares) / 2, rel=0.01)

    mixer.get_by_role("button", name="Pause").click()
    mixer.get_by_label("Pan of Tone").dblclick()
    expect(mixer.get_by_label("Pan of Tone")).to_have_attribute("aria-valuetext", "centre")


def test_the_master_is_in_what_is_heard_and_exported_and_says_where_it_clips(
    mixer: Page, tmp_path: Path
) -> None:
    """A tone of 0.3 on both sides; eight times as loud is more than a device can play."""
    mixer.get_by_role("button", name="Tone alone").click()
    fade(mixer, "Master", -6)
    mixer.wait_for_url("**&master=50.12*")
    mixer.get_by_role("button", name="Play all stems").click()
    heard = record_all(mixer, 1)
    assert numpy.abs(heard).max() == pytest.approx(0.1504, rel=0.01)
    with mixer.expect_download() as waiting:
        mixer.get_by_role("link", name="Export mix: WAV").click()
    waiting.value.save_as(tmp_path / "mix.wav")
    assert numpy.abs(samples(tmp_path / "mix.wav")).max() == pytest.approx(0.1504, rel=0.01)

    clipped = mixer.get_by_role("button", name="Clipped")
    expect(clipped).to_be_hidden()
    # To one side, as the sum of both; a fader's end is twice as loud.
    mixer.get_by_label("Pan of Tone").fill("100")
    for name in ("Volume of Tone", "Master"):
        fade(mixer, name, 6)
    expect(clipped).to_be_visible()
    meter = mixer.locator(".mixer-master .level")
    assert float(meter.evaluate("one => one.style.getPropertyValue('--level')")) == 1


def test_the_screen_stays_on_while_it_plays_and_no_longer(
    whole: Browser, visit: Visit, product: Product, song: str
) -> None:
    page = visit(product, "/credits/", on=whole)
    page.add_init_script(LOCKS)
    page.goto(song)
    page.get_by_role("button", name="Play all stems").click()
    page.wait_for_function("() => window.locks.length === 1 && !window.locks[0].released")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("() => window.locks.length === 1 && window.locks[0].released")


def test_keys_are_listed_under_a_question_mark_and_one_of_them_loops(mixer: Page) -> None:
    mixer.keyboard.press("?")
    expect(mixer.get_by_text("5 seconds back, on")).to_be_visible()
    mixer.keyboard.press("?")
    expect(mixer.get_by_text("5 seconds back, on")).to_be_hidden()
    mixer.keyboard.press("l")
    expect(mixer.get_by_role("button", name="Loop", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
