"""What is played in each engine: the sounds of the pages, and the mixer."""

import pytest

from tests.engines.held import Front
from tests.engines.window import Window

BUTTON = "#variations .player-button"
STATE = """
() => [...document.querySelectorAll("#variations studio-player")].map((player) => ({
  paused: player.paused,
  time: player.currentTime,
  broken: player.classList.contains("broken"),
}))
"""
PLAYS = """
(number) => {
  const { paused, currentTime } = document.querySelectorAll("#variations studio-player")[number];
  return !paused && currentTime > 0.3;
}
"""
# Two presses within one moment, as of a finger that slips.
TWICE = """
(number) => {
  const button = document.querySelectorAll("#variations studio-player button")[number];
  button.click();
  button.click();
}
"""
HEARD = "(seconds) => document.querySelector('studio-mixer').stems.time > seconds"
SUSPEND = "() => document.querySelector('studio-mixer').stems.context.suspend()"
# What is heard: the loudest of the spectrum, between its places by a parabola, is so many hertz.
PITCH = """
async (hertz) => {
  const { stems } = document.querySelector("studio-mixer");
  const tap = new AnalyserNode(stems.context, { fftSize: 32768, smoothingTimeConstant: 0 });
  stems.device.output.connect(tap);
  await new Promise((done) => setTimeout(done, 1500));
  const levels = new Float32Array(tap.frequencyBinCount);
  tap.getFloatFrequencyData(levels);
  stems.device.output.disconnect(tap);
  const at = levels.indexOf(Math.max(...levels));
  const [before, most, after] = levels.subarray(at - 1, at + 2);
  const part = (before - after) / (before - 2 * most + after) / 2;
  const heard = ((at + part) * stems.context.sampleRate) / tap.fftSize;
  if (stems.paused) stems.play();
  return Math.abs(heard - hertz) < 2;
}
"""
# Over two seconds the song goes on by so many times as much; a busy machine may wait meanwhile.
TEMPO = """
async (times) => {
  const { stems } = document.querySelector("studio-mixer");
  if (stems.paused) stems.play();
  const begin = [stems.time, stems.context.currentTime];
  await new Promise((done) => setTimeout(done, 2000));
  const went = (stems.time - begin[0]) / (stems.context.currentTime - begin[1]);
  return Math.abs(went / times - 1) < 0.05;
}
"""
SAID = "() => document.querySelector('[data-state]').textContent"


class Player:
    """The players of two variations."""

    def test_a_press_too_many_is_no_fault_of_the_sound(
        self, window: Window, front: Front, instrumental: str
    ) -> None:
        """`play()` is rejected when a pause comes before the sound does."""
        with front.hold(r"/media/\d+/$"):
            window.open(front.url + instrumental)
            window.see("#variations studio-player.ready")
            window.run(TWICE, 0)
            window.click(BUTTON, 0)
            window.click(BUTTON, 1)
            # The first was pressed, and is stopped while its file still comes.
            window.wait(f"() => ({STATE})()[0].paused")
        window.wait(PLAYS, 1)
        assert not any(state["broken"] for state in window.run(STATE))
        window.click(BUTTON, 0)
        window.wait(PLAYS, 0)
        first, second = window.run(STATE)
        assert second["paused"]
        assert not first["broken"]


class Mixer:
    """The mixer of six stems."""

    @pytest.fixture
    def mixer(self, window: Window, front: Front, stems: str) -> Window:
        """Return the page with the mixer."""
        window.open(front.url + stems)
        window.see("studio-mixer:defined [data-play]")
        return window

    def test_what_the_system_stops_goes_on_at_one_press(self, mixer: Window) -> None:
        """A call, a lock, another program: the mixer says that it was stopped, and where it is."""
        mixer.click("[data-play]")
        mixer.wait(HEARD, 0.5)
        mixer.run(SUSPEND)
        mixer.wait(f"() => ({SAID})().includes('Press play')")
        mixer.see("[data-play][aria-label='Play all stems']")
        stopped = mixer.run("() => document.querySelector('studio-mixer').stems.time")
        mixer.click("[data-play]")
        mixer.wait(HEARD, stopped + 0.5)
        # A busy machine may wait once more before it has nothing to say.
        mixer.wait(f"() => ({SAID})() === ''")

    def test_slow_stems_are_waited_for_in_words(
        self, window: Window, front: Front, stems: str
    ) -> None:
        window.open(front.url + stems)
        with front.hold(r"/samples\?"):
            window.click("[data-play]")
            window.wait(f"() => ({SAID})().includes('Loading')")
        window.wait(HEARD, 0.3)
        window.wait(f"() => ({SAID})() === ''")

    def test_what_is_deleted_is_told_and_not_asked_for_again(
        self, mixer: Window, front: Front
    ) -> None:
        with front.lose(r"/samples\?"):
            mixer.click("[data-play]")
            mixer.wait(f"() => ({SAID})().includes('no longer here')")
            mixer.see("[data-play][aria-label='Play all stems']")

    def test_a_song_is_slower_and_then_higher(
        self, window: Window, front: Front, tuned: str
    ) -> None:
        window.open(front.url + tuned)
        window.click("[data-play]")
        for _ in range(4):
            window.press("-")
        window.wait(TEMPO, 0.8)
        window.wait(PITCH, 440)
        for _ in range(3):
            window.press(".")
        window.wait(PITCH, 523.25)
        window.wait(TEMPO, 0.8)
