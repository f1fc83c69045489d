"""What a person does in the pages, in the words of the tests."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.product import NAME, PASSWORD, Product, until
from vidgo_sandbox import Sandbox

Visit = Callable[..., Page]

# All of a song's operations, each with what its task page is called.
NOUNS = {
    "create-music-video": "Music video",
    "generate-music-cover": "Cover",
    "generate-persona": "Persona",
    "add-instrumental": "Instrumental",
    "upload-and-separate-vocals": "Stems",
}
AXE = Axe()
# Of a fader: 0 dB stands three quarters of the way up, +6 dB at its end.
UNITY, END = 0.75, 10 ** (6 / 20)
# Remembers every moment at which a playing sound says that it stops, jumps or is short.
LISTEN = """sound => {
  window.gaps = [];
  for (const event of ["pause", "waiting", "stalled", "emptied", "seeking", "ended"])
    sound.addEventListener(event, () => window.gaps.push(event));
}"""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def sign_in(page: Page) -> None:
    """Sign in by the form, from whatever page one has asked for."""
    page.goto("/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()


def status(page: Page, word: str) -> None:
    """Wait until the page of a task shows this status, without a reload."""
    shown = page.locator("#task-head [data-status]")
    expect(shown).to_have_attribute("data-status", word)


def fade(page: Page, name: str, decibels: float) -> None:
    """Drag a fader to a level."""
    gain = 10 ** (decibels / 20)
    place = UNITY * gain ** (-math.log(UNITY) / math.log(END))
    page.get_by_label(name, exact=True).fill(f"{place:.5g}")


def at(page: Page, name: str, said: str) -> None:
    """See that a fader is said to stand at a level."""
    expect(page.get_by_label(name, exact=True)).to_have_attribute("aria-valuetext", said)


def offered(page: Page, name: str) -> str:
    """Return the example that the help beside a field offers between its quotes."""
    text = page.locator(f"#id_{name}_helptext").inner_text()
    found = re.search("“(.+)”", text)
    assert found, text
    return found.group(1)


def fill_required(page: Page, model: str, title: str) -> None:
    """Fill what a form asks for besides the song, out of what the page itself offers."""
    if model == "generate-persona":
        page.get_by_label("Name").fill(title)
        page.get_by_label("Description").fill(page.locator("#id_description_helptext").inner_text())
    if model == "add-instrumental":
        for name in ("tags", "negative_tags"):
            page.locator(f"#id_{name}").fill(offered(page, name))


def choose_song(page: Page) -> None:
    """Choose the first song that can be used: in its tab, where the form has tabs."""
    open_tab(page, "Songs")
    page.locator("input[name=track]:enabled").first.check()


def open_tab(page: Page, name: str) -> None:
    """Open a tab of what a form can start from, if it has tabs."""
    tab = page.locator(".tabs").get_by_role("radio", name=name)
    if tab.count():
        tab.check()


def submit(page: Page) -> str:
    """Press the form's button. Returns the path of the task's page."""
    page.locator(".send button").click()
    page.wait_for_url("**/tasks/*/")
    return page.url


def plays(media: Locator, seconds: float = 0.3) -> None:
    """Wait until a sound or a video has really gone on for a while."""
    handle = media.element_handle()
    assert handle
    begin = media.evaluate("media => media.currentTime")
    media.page.wait_for_function(
        "([media, time]) => !media.error && (media.currentTime > time || media.ended)",
        arg=[handle, begin + seconds],
    )


def is_there(media: Locator) -> None:
    """Wait until so much of a sound has come that it can go on to its end."""
    media.page.wait_for_function(
        "media => media.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA",
        arg=media.element_handle(),
    )


def listened(product: Product) -> None:
    """Wait until every new sound has its waveform, which is the last that changes a page."""
    new = "SELECT id FROM studio_preview WHERE due_at IS NOT NULL AND attempts = 0"
    until(lambda: not product.rows(new), "the waveforms")


def download(page: Page, link: Locator) -> Path:
    """Follow a download link. Returns the file under the name that a person sees."""
    with page.expect_download() as started:
        link.click()
    path = Path(started.value.path())
    assert path.stat().st_size > 0
    return path.rename(path.with_name(started.value.suggested_filename))


def violations(page: Page, rules: list[str] | None = None) -> str:
    """Return what axe finds on the page, "" for nothing; only by `rules` where they are given."""
    run: Any = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
    # While it scrolls, what sticks covers others in part, which is no fault.
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    found = AXE.run(page, options={"runOnly": run})
    return found.generate_report() if found.violations_count else ""


def open_folds(page: Page) -> None:
    """Open everything that is folded, but for the menus."""
    page.evaluate(
        "document.querySelectorAll('details:not(.menu)').forEach(fold => { fold.open = true; })"
    )


def song_keys(session: requests.Session, product: Product, model: str) -> list[str]:
    """Return the songs that can be chosen in a form."""
    form = session.get(f"{product.url}/new/{model}/").text
    radios = re.findall(r'<input type="radio"\s+name="track"\s+value="(\d+)"([^>]*)>', form)
    return [key for key, rest in radios if "disabled" not in rest]


def send(session: requests.Session, product: Product, model: str, **more: str) -> str:
    """Do as a teammate's browser does: send a form, for the first song that can be chosen."""
    given = {
        "generate-persona": {"name": "The harbour voice", "description": "Warm, slow, close"},
        "add-instrumental": {"title": "Low tide", "tags": "ambient", "negative_tags": "metal"},
        "generate-lyrics": {"prompt": "The last ferry"},
    }
    data = {**given.get(model, {}), **more}
    if "track" not in data and model != "generate-lyrics":
        found = until(lambda: song_keys(session, product, model), what="a song to choose")
        data["track"] = found[0]
    answer = product.post(session, f"/new/{model}/", data)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@contextmanager
def stalled(api: Sandbox) -> Iterator[None]:
    """Let what is sent meanwhile stay under way for an hour."""
    pace, api.pace = api.pace, 3600
    try:
        yield
    finally:
        api.pace = pace


def tell_running(api: Sandbox) -> None:
    """Call back in the API's place: the task that was sent last is being made."""
    task = api.ledger()[-1]
    body = {"task_id": task["task_id"], "status": "running", "files": []}
    assert requests.post(task["callback_url"], json=body, timeout=60).ok


def is_status(session: requests.Session, product: Product, path: str, word: str) -> bool:
    """Return whether a task's page shows this status now and, if it is finished, every file."""
    text = session.get(product.url + path).text
    return f'data-status="{word}"' in text and "data-unsettled" not in text


def finish_imports(product: Product, task_ids: list[str]) -> None:
    """Bring songs in and wait for their sounds."""
    session = product.session()
    session.get(product.url + "/songs/import/")
    answer = product.post(session, "/songs/import/", {"task_id": "\n".join(task_ids)})
    assert answer.status_code == 302, answer.text
    saved = "SELECT id FROM studio_asset WHERE kind = 'audio' AND state = 'saved'"
    until(lambda: len(product.rows(saved)) == 2 * len(task_ids), what="the imported songs")


def open_mixer(visit: Visit, product: Product, path: str, **options: Any) -> Page:
    """Open the mixer of a page, as soon as it is there."""
    page = visit(product, path, **options)
    page.locator("studio-mixer:defined").wait_for()
    return page
