"""What makes songs, in each engine: a place on a waveform, two ways, lyrics, words in time."""

from tests.engines.flows import FINISHED, start, submit
from tests.engines.held import Front
from tests.engines.window import Window

DRAWN = "() => document.querySelector('studio-place .drawn')"
PLACE = """
() => {
  const length = Number(document.querySelector("input[name=track]:checked").dataset.duration);
  const marked = Number(document.getElementById("id_infill_start_s").value);
  return marked > 0 && marked / length;
}
"""
CHOSEN = "() => document.querySelector('input[name=track]:checked').value"
HEARD = "() => document.querySelector('studio-place audio').currentTime > 0.3"
VALUE = "(id) => document.getElementById(id).value"
HELPER = "studio-helper[data-name=generate-lyrics]"
WRITTEN = f"() => document.querySelectorAll('{HELPER} [data-found] li').length === 2"
# The song is short, and must not end while it is listened to, nor have ended before.
SLOW = """
() => {
  for (const sound of document.querySelectorAll("#bar audio")) {
    const { ended, paused } = sound;
    sound.playbackRate = 0.0625;
    if (ended || !paused) sound.currentTime = 0;
    if (ended) sound.play();
  }
}
"""
BEGUN = "() => document.querySelector('studio-words li:has([data-start])').matches('.sung')"
SUNG = "() => document.querySelector('studio-words li.sung')?.textContent.trim()"
LAST = """
() => {
  const words = document.querySelectorAll("studio-words [data-start]");
  words[words.length - 1].focus();
  return words.length;
}
"""


class Making:
    """Songs begin and go on."""

    def test_a_place_is_chosen_on_the_waveform_heard_and_moved_by_keys(
        self, window: Window, front: Front
    ) -> None:
        start(window, front, "replace-section")
        window.wait(DRAWN)
        window.click("[data-wave]")
        share = window.wait(PLACE)
        assert abs(share - 0.5) < 0.02
        before = float(window.run(VALUE, "id_infill_start_s"))

        window.press("ArrowRight")
        after = float(window.run(VALUE, "id_infill_start_s"))
        assert abs(after - before - 0.1) < 0.001
        window.click("studio-place [data-play]")
        window.wait(HEARD)

    def test_the_way_changes_what_is_asked_and_its_limits(
        self, window: Window, front: Front
    ) -> None:
        window.open(f"{front.url}/new/generate-music/")
        window.fill("#id_prompt", "The last ferry")
        window.wait("() => document.getElementById('id_prompt_count').textContent === '14 / 500'")
        window.click("label:has([name=custom_mode][value=true])")
        window.see("#id_title")
        window.wait("() => document.getElementById('id_prompt_count').textContent === '14 / 5000'")
        assert window.run(VALUE, "id_prompt") == "The last ferry"

    def test_lyrics_come_into_the_field_and_go_again(self, window: Window, front: Front) -> None:
        window.open(f"{front.url}/new/generate-music/?custom_mode=true")
        window.fill("#id_prompt", "Mine")
        window.click(f"{HELPER} summary")
        window.fill(f"{HELPER} [data-source-text]", "The last ferry")
        window.click(f"{HELPER} [data-ask]")
        window.wait(WRITTEN)
        window.click(f"{HELPER} [data-found] li button")
        assert "ferry" in window.run(VALUE, "id_prompt")
        window.click(f"{HELPER} button.quiet")
        assert window.run(VALUE, "id_prompt") == "Mine"

    def test_the_line_that_is_sung_is_lit(self, window: Window, front: Front) -> None:
        start(window, front, "get-timestamped-lyrics")
        song = window.run(CHOSEN)
        submit(window)
        window.see(FINISHED)
        window.open(f"{front.url}/songs/{song}/")
        window.see("studio-words.ready")
        window.click("#song-player .player-button")
        window.run(SLOW)
        window.wait(BEGUN)
        first = window.run(SUNG)
        assert window.run(LAST)
        window.press("Enter")
        last = window.wait(f"(first) => ({SUNG})() !== first && ({SUNG})()", first)
        assert last != first
