"""The click on a song's beats, the bars that are counted in, loops on beats, a tempo put right."""

import wave
from pathlib import Path
from typing import Any

import numpy
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, at, fade, violations
from tests.browser.recording import connect, record_all, samples
from tests.engines.window import promised
from tests.material import RATE, put, tone
from tests.product import Product

# Beats a minute, the second of the first, and how long it lasts.
TEMPO, FIRST, SECONDS = 100, 0.15, 20
# Seconds by which a click may miss a beat.
NEAR = 0.02
MIXER = "document.querySelector('studio-mixer')"
# Where the song began, by the clock that its first sound was scheduled by.
BEGUN = f"""
async () => {{
  const {{ stems }} = {MIXER};
  let at = 0;
  stems.addEventListener("playing", () => (at = stems.context.currentTime));
  await stems.play();
  while (stems.time < 0.5) await new Promise((done) => setTimeout(done, 20));
  return stems.device.heard / {RATE} - stems.time - at;
}}
"""


def drums(target: Path) -> Path:
    """Write a low tone on each beat."""
    sound = numpy.zeros(SECONDS * RATE)
    time = numpy.arange(RATE // 5) / RATE
    stroke = 0.5 * numpy.sin(2 * numpy.pi * 250 * time) * numpy.exp(-25 * time)
    for beat in numpy.arange(FIRST, SECONDS - 0.3, 60 / TEMPO):
        at = round(beat * RATE)
        sound[at : at + len(stroke)] += stroke
    with wave.open(str(target), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((numpy.repeat(sound, 2) * 32767).astype("<i2").tobytes())
    return target


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation into drums and a soft bass."""
    folder = tmp_path_factory.mktemp("song")
    drums(folder / "drums.wav")
    tone(folder / "bass.wav", SECONDS, 55)
    files = [
        {"name": f"{name}.wav", "kind": "stem", "type": "audio/x-wav", "label": name.capitalize()}
        for name in ("drums", "bass")
    ]
    return f"/tasks/{put(product, folder, 'upload-and-separate-vocals', 'Counted', files=files)}/"


@pytest.fixture
def mixer(visit: Visit, product: Product, song: str) -> Page:
    """Return the song's page, on which only the drums are heard."""
    page = visit(product, song, bypass_csp=True)
    page.locator("studio-mixer:defined").wait_for()
    page.get_by_role("button", name="Mute Bass").click()
    return page


def _onsets(heard: NDArray[Any], high: bool) -> NDArray[Any]:
    """Return the seconds at which a stroke begins: of the click, which is high, or of the drums."""
    spectrum = numpy.fft.rfft(heard)
    pitches = numpy.fft.rfftfreq(len(heard), 1 / RATE)
    spectrum[(pitches > 700) != high] = 0
    loud = numpy.abs(numpy.fft.irfft(spectrum, len(heard)))
    places = numpy.flatnonzero(loud > loud.max() / 3)
    return places[numpy.diff(places, prepend=-RATE) > RATE // 5] / RATE


def _together(heard: NDArray[Any]) -> None:
    """See that each click falls on a beat of the drums; ends are left out, where one is cut."""
    clicks, strokes = _onsets(heard, high=True), _onsets(heard, high=False)
    assert len(strokes) > 4
    for stroke in strokes[1:-1]:
        assert numpy.abs(clicks - stroke).min() < NEAR


@pytest.mark.parametrize("tempo", [100, 60, 75, 130])
def test_it_clicks_on_the_beats_of_the_song_at_any_tempo_and_in_an_export(
    mixer: Page, tmp_path: Path, tempo: int
) -> None:
    expect(mixer.locator("studio-rhythm summary")).to_contain_text(f"{TEMPO} BPM")
    connect(mixer)
    mixer.get_by_label("Tempo", exact=True).fill(str(tempo))
    mixer.keyboard.press("c")
    at(mixer, "Click", "minus 1.9 dB")
    mixer.get_by_role("button", name="Play all stems").click()
    heard = record_all(mixer, 5)
    _together(heard)
    with mixer.expect_download() as waiting:
        mixer.get_by_role("link", name="Export mix: WAV").click()
    waiting.value.save_as(tmp_path / "mix.wav")
    mixed = samples(tmp_path / "mix.wav")[0]
    assert len(mixed) == round(SECONDS * RATE * 100 / tempo)
    _together(mixed)
    # A file is held back below what a device can play.
    assert numpy.abs(mixed).max() == pytest.approx(min(numpy.abs(heard).max(), 1), rel=0.1)


@pytest.mark.parametrize(("bars", "beats"), [("no", 0), ("1 bar", 4), ("2 bars", 8)])
def test_bars_are_counted_in(mixer: Page, bars: str, beats: int) -> None:
    mixer.get_by_label("Count in").select_option(bars)
    lead = promised(mixer, BEGUN)
    # The song begins a little before its first beat, and within the lead of what is scheduled.
    assert lead == pytest.approx(max(beats * 60 / TEMPO - FIRST, 0), abs=0.3)


def test_loops_begin_and_end_on_beats_where_that_is_wished(mixer: Page) -> None:
    expect(mixer.locator("studio-mixer.ruled")).to_be_visible()
    mixer.get_by_label("Loops on beats").check()
    mixer.get_by_label("Loop from").fill("0:04")
    mixer.get_by_label("Loop to").fill("0:08.2")
    mixer.get_by_label("Loop to").blur()
    loop = mixer.evaluate(f"() => {MIXER}.stems.loop")
    for end in (loop["begin"], loop["end"]):
        beat = (end / RATE - FIRST) / 60 * TEMPO
        assert beat == pytest.approx(round(beat), abs=NEAR / 60 * TEMPO)


def test_what_is_counted_goes_by_a_link(mixer: Page, visit: Visit, product: Product) -> None:
    fade(mixer, "Click", -4)
    mixer.get_by_label("Count in").select_option("2 bars")
    mixer.wait_for_url("**click=63.1,8,0*")
    other = visit(product, mixer.url.removeprefix(product.url))
    at(other, "Click", "minus 4.0 dB")
    expect(other.get_by_label("Count in")).to_have_value("8")


def test_a_tempo_is_put_right_for_everybody(mixer: Page, visit: Visit, product: Product) -> None:
    counted = mixer.locator("studio-rhythm")
    counted.locator("summary").click()
    counted.get_by_role("button", name="Double").click()
    expect(counted.get_by_label("Tempo of the song")).to_have_value("200")
    assert not violations(mixer)
    counted.get_by_label("Tempo of the song").fill("50")
    counted.get_by_label("Key of the song").select_option("E♭ minor")
    mixer.get_by_role("button", name="Zoom in").click()
    mixer.evaluate(f"{MIXER}.go(9)")
    mixer.evaluate(f"window.before = {MIXER}")
    counted.get_by_role("button", name="Keep for everybody").click()
    expect(counted.locator("summary")).to_be_focused()
    # Another mixer, which goes on where the one before it stood.
    where = f"[{MIXER} !== window.before, {MIXER}.currentTime, {MIXER}.zoom.times > 1]"
    mixer.wait_for_function(f"() => String({where}) === 'true,9,true'")

    other = visit(product, mixer.url.removeprefix(product.url))
    expect(other.locator("studio-rhythm summary")).to_have_text("50 BPM E♭ minor")
    expect(other.locator(".history")).to_contain_text("Tempo and key: 50 BPM E♭ minor")
    counted.locator("summary").click()
    counted.get_by_label("Tempo of the song").fill(str(TEMPO))
    counted.get_by_role("button", name="Keep for everybody").click()
    expect(counted.locator("summary")).to_be_focused()


def test_what_is_typed_as_a_tempo_is_never_thrown_away(
    visit: Visit, product: Product, song: str
) -> None:
    complaints: list[str] = []
    page = visit(product, song, complaints=complaints)
    page.locator("studio-rhythm summary").click()
    field = page.get_by_label("Tempo of the song")
    for typed, stays, told in (
        ("fast", "fast", "Give the tempo in beats a minute, such as 120."),
        ("12,5", "12.5", "A tempo is from 20 to 400 beats a minute."),
    ):
        field.fill(typed)
        field.press("Enter")
        expect(page.locator("studio-rhythm [data-wrong]")).to_have_text(told)
        expect(field).to_have_value(stays)
    assert all("422" in complaint for complaint in complaints)


def test_what_is_typed_and_open_outlives_what_a_teammate_keeps(
    mixer: Page, visit: Visit, product: Product, song: str
) -> None:
    mixer.locator("studio-rhythm summary").click()
    mixer.get_by_label("Tempo of the song").fill("50")
    mixer.get_by_label("Key of the song").select_option("A minor")
    mixer.get_by_role("button", name="Half a beat on").click()
    beat = mixer.locator("[name=beat]").input_value()
    name = mixer.get_by_label("Name of this mix")
    name.fill("Chorus")
    other = visit(product, song)
    for key in ("F minor", "C major"):
        counted = other.locator("studio-rhythm")
        counted.locator("summary").click()
        counted.get_by_label("Key of the song").select_option(key)
        counted.get_by_role("button", name="Keep for everybody").click()
        expect(mixer.locator("studio-rhythm summary")).to_contain_text(key)
        expect(mixer.get_by_label("Tempo of the song")).to_have_value("50")
        expect(mixer.get_by_label("Tempo of the song")).to_be_visible()
        expect(mixer.get_by_label("Key of the song")).to_have_value("A minor")
        expect(mixer.locator("[name=beat]")).to_have_value(beat)
        expect(name).to_have_value("Chorus")
        expect(name).to_be_focused()


def test_a_tempo_is_tapped(mixer: Page) -> None:
    mixer.clock.install(time=0)
    mixer.clock.pause_at(1000)
    mixer.reload()
    mixer.locator("studio-rhythm summary").click()
    for _ in range(5):
        mixer.get_by_role("button", name="Tap along").click()
        mixer.clock.run_for(480)
    expect(mixer.get_by_label("Tempo of the song")).to_have_value("125")


def test_a_mix_is_kept_with_its_loop_and_played_by_somebody_else(
    mixer: Page, visit: Visit, product: Product
) -> None:
    fade(mixer, "Volume of Drums", -8)
    mixer.get_by_label("Loop from").fill("0:04")
    mixer.get_by_label("Loop to").fill("0:08")
    mixer.get_by_label("Loop to").blur()
    mixer.get_by_label("Name of this mix").fill("Chorus, soft")
    mixer.get_by_role("button", name="Keep this mix").click()
    expect(mixer.get_by_role("link", name="Chorus, soft")).to_be_visible()
    expect(mixer.get_by_role("button", name="Keep this mix")).to_be_focused()
    assert not violations(mixer)

    other = visit(product, mixer.url.removeprefix(product.url).partition("?")[0])
    other.evaluate("window.same = true")
    other.get_by_role("link", name="Chorus, soft").click()
    at(other, "Volume of Drums", "minus 8.0 dB")
    expect(other.get_by_label("Loop from")).to_have_value("0:04")
    assert other.evaluate("window.same")
    other.get_by_label("Name of this mix").fill("Verse")
    other.get_by_role("button", name="Delete the mix Chorus, soft").click()
    expect(other.get_by_role("link", name="Chorus, soft")).to_have_count(0)
    expect(other.get_by_label("Name of this mix")).to_have_value("Verse")
    expect(other.locator("#mixes")).to_be_focused()


def test_a_key_that_what_has_the_focus_knows_is_none_of_the_mixer_s(mixer: Page) -> None:
    add = "mixer.append(word); word.onkeydown = (event) => event.preventDefault(); word.focus()"
    mixer.evaluate(
        f"() => {{ const mixer = {MIXER}, word = document.createElement('button'); {add} }}"
    )
    mixer.keyboard.press("ArrowRight")
    assert mixer.evaluate(f"{MIXER}.currentTime") == 0
    mixer.locator("[data-play]").focus()
    mixer.keyboard.press("ArrowRight")
    assert mixer.evaluate(f"{MIXER}.currentTime") == 5


def test_what_a_person_left_it_with_is_offered_the_next_time(
    mixer: Page, visit: Visit, product: Product, song: str
) -> None:
    # What is set at once is how the mixer was opened.
    is_open = "() => history.state?.settings"
    mixer.wait_for_function(is_open)
    with mixer.expect_response("**/mixes/last/"):
        fade(mixer, "Volume of Drums", -9)
    other = visit(product, song)
    other.wait_for_function(is_open)
    other.get_by_role("link", name="As you left it").click()
    at(other, "Volume of Drums", "minus 9.0 dB")
    with other.expect_response("**/mixes/last/"):
        fade(other, "Volume of Drums", -10)
    with other.expect_response("**/mixes/last/"):
        other.get_by_role("button", name="Reset").click()
