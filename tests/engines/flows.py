"""What is made and chosen in each engine: the five operations, a weight with a comma, Back."""

import requests

from tests.browser.pages import NOUNS, send, stalled
from tests.engines.held import Front
from tests.engines.window import Window
from tests.product import Product, until
from vidgo_sandbox import Sandbox

# One whose sound is here already: those that other tests have made may be under way.
SONG = "input[name=track][data-sound]:not(:disabled)"
# A form that takes a file too begins with that.
SONGS = "() => document.querySelector('[name=from][value=track]')?.click()"
FINISHED = "#task-head [data-status=finished]"
OFFERED = """
(name) => /“(.+)”/.exec(document.getElementById(`id_${name}_helptext`).textContent)[1]
"""
ON = "(css, number) => document.querySelectorAll(css)[number].currentTime > 0.2"
# It is begun again where a refresh of the page has put another film in its place.
FILM = """
() => {
  const film = document.querySelector("#task-results video");
  film.muted = true;
  if (film.paused) film.play().catch(() => {});
  return film.currentTime > 0.2;
}
"""
DOWNLOAD = """
async () => {
  const answer = await fetch(document.querySelector(".channel a[download]").href);
  return [answer.headers.get("Content-Disposition"), (await answer.blob()).size];
}
"""
SHOWN = """
() => [...document.images]
  .filter((image) => image.checkVisibility())
  .every((image) => image.complete && image.naturalWidth)
"""
# The song is so short that a busy machine looks when it is over.
NOTE_END = """
() => document.querySelector("studio-mixer").stems
  .addEventListener("ended", () => { window.isOver = true; })
"""
WAS_HEARD = "() => window.isOver || document.querySelector('studio-mixer').stems.time > 0.2"
# Left while it is still read, a page confuses Firefox's driver.
ARRIVED = """
() => /[/]tasks[/][0-9]+[/]$/.test(location.pathname) && document.readyState === "complete"
"""
CHOSEN = "() => [...document.querySelectorAll('.pick:checked')].map((box) => box.value)"


def start(window: Window, front: Front, model: str) -> None:
    """Open a form and fill what it asks for."""
    window.open(f"{front.url}/new/{model}/")
    window.run(SONGS)
    window.click(SONG)
    if model == "generate-persona":
        window.fill("#id_name", "The harbour voice")
        window.fill("#id_description", "Warm, slow, close")
    if model == "add-instrumental":
        for name in ("tags", "negative_tags"):
            window.fill(f"#id_{name}", window.run(OFFERED, name))


def submit(window: Window) -> str:
    """Press the form's button; return the address of the task."""
    window.click(".send button")
    window.wait(ARRIVED)
    return window.url


def _video(window: Window) -> None:
    window.see("#task-results video")
    # Without a sound it may begin by itself.
    window.wait(FILM)
    assert window.run("() => document.querySelector('#task-results video').videoWidth") > 0


def _covers(window: Window) -> None:
    window.see(".pictures img")
    window.click(".pictures a")
    window.see("dialog[open] img")
    window.wait(SHOWN)
    window.press("Escape")
    window.wait("() => !document.querySelector('dialog[open]')")


def _persona(window: Window) -> None:
    window.see(".persona h2, .persona h3")


def _variations(window: Window) -> None:
    for number in (0, 1):
        window.click("#variations .player-button", number)
        window.wait(ON, "#variations studio-player", number)


def _stems(window: Window) -> None:
    window.see("studio-mixer:defined")
    window.run(NOTE_END)
    window.click("studio-mixer:defined [data-play]")
    window.wait(WAS_HEARD)
    name, size = window.run(DOWNLOAD)
    assert name.startswith("attachment")
    assert size > 0


LOOKS = {
    "create-music-video": _video,
    "generate-music-cover": _covers,
    "generate-persona": _persona,
    "add-instrumental": _variations,
    "upload-and-separate-vocals": _stems,
}


class Operations:
    """From the form to what it gives."""

    def test_all_five_are_made_and_each_plays_or_shows(self, window: Window, front: Front) -> None:
        made = {}
        for model in NOUNS:
            start(window, front, model)
            made[model] = submit(window)
        for model, look in LOOKS.items():
            window.open(made[model])
            window.see(FINISHED)
            window.wait("() => !document.querySelector('[data-unsettled]')")
            look(window)


class Flows:
    """Forms and lists."""

    def test_a_weight_is_typed_with_a_comma(
        self, window: Window, front: Front, api: Sandbox
    ) -> None:
        """Half of the world writes 0,5; it is not dropped, and what is no number is asked about."""
        start(window, front, "add-instrumental")
        window.click("details.fold:has(#id_style_weight) summary")
        window.fill("#id_style_weight", "0,x")
        window.click(".send button")
        window.see("#id_style_weight[aria-invalid=true]")
        assert window.run("() => document.getElementById('id_style_weight').value") == "0,x"
        window.fill("#id_style_weight", "0,5")
        submit(window)
        window.see(FINISHED)
        assert api.ledger()[-1]["input"]["style_weight"] == 0.5

    def test_back_ticks_no_other_row(
        self, window: Window, front: Front, product: Product, api: Sandbox
    ) -> None:
        """A teammate's task has come in between: a tick is kept by the task, or not at all."""
        session = product.session()
        chosen = _number(send(session, product, "add-instrumental"))
        window.open(f"{front.url}/tasks/")
        window.click(f"#pick-{chosen}")
        window.wait(f"() => ({CHOSEN})().length")
        window.click(f"#task-{chosen} .row-title a")
        window.see("#task-head")
        with stalled(api):
            came = _number(_teammate(session, product, api))
        window.back()
        window.see(f"#pick-{came}")
        assert window.run(CHOSEN) in ([chosen], [])


def _teammate(session: requests.Session, product: Product, api: Sandbox) -> str:
    known = len(api.ledger())
    path = send(session, product, "add-instrumental")
    until(lambda: len(api.ledger()) > known, what="the teammate's task at the API")
    return path


def _number(path: str) -> str:
    return path.split("/")[2]
