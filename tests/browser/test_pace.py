"""Tempo and key of the mixer: what is heard, what is exported, what a link gives on."""

from pathlib import Path

import numpy
import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit
from tests.browser.recording import connect, pitch, record, record_all, samples
from tests.material import RATE, put, sound, tone
from tests.product import Product

SECONDS, HERTZ = 60, 440
MIXER = "document.querySelector('studio-mixer')"
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
    for tempo, key, second in ((70, 2, 30), (120, -3, 8), (90, 1, 20)):
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
