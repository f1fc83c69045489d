"""Take a picture of every page: in dark and light, on a desk and on a phone, into `screenshots/`.

The product and its API run in a temporary folder with real media; `docs/images/` gets the two
pictures that the README shows.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.pages import (  # noqa: E402
    finish_imports,
    is_status,
    send,
    sign_in,
    song_keys,
    stalled,
    tell_running,
)
from tests.product import Product, until  # noqa: E402
from vidgo_sandbox import SONGS, Sandbox  # noqa: E402

FOLDER = ROOT / "screenshots"
SIZES: dict[str, Any] = {
    "desk": {"width": 1280, "height": 860},
    "phone": {"width": 360, "height": 740},
}
SCHEMES: tuple[Any, ...] = ("dark", "light")
# Of these the README shows the desk's, in dark.
SHOWN = {"library": "library", "stems": "stems"}
WIDTH = 1200
PLACES = {
    "library": "/",
    "nothing-found": "/?q=nothing",
    "recordings": "/recordings/",
    "activity": "/tasks/",
    "import": "/songs/import/",
    "personas": "/personas/",
    "new-video": "/new/create-music-video/",
    "new-cover": "/new/generate-music-cover/",
    "new-persona": "/new/generate-persona/",
    "new-instrumental": "/new/add-instrumental/",
    "new-song": "/new/generate-music/",
    "new-song-written": "/new/generate-music/?custom_mode=true",
    "new-style": "/new/upload-and-cover-audio/?custom_mode=true",
    "new-voice": "/new/add-vocals/",
    "new-separation": "/new/upload-and-separate-vocals/",
    "credits": "/credits/",
    "cockpit": "/admin/",
    "not-there": "/nothing/",
}
# A place and a stretch are chosen.
EXTEND = "/new/extend-music/?default_param_flag=true&continue_at=9.5"
REPLACE = "/new/replace-section/?infill_start_s=4&infill_end_s=8.25"


def main() -> None:
    """Start the product, make something of everything, and take the pictures."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=root)
        data = Path(folder)
        with (
            Sandbox(data / "api", pace=0.5) as api,
            Product(data / "studio", VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as product,
        ):
            _take(browser, product, {"sign-in": "/login/"}, signed_in=False)
            _take(browser, product, {"empty": "/", "activity-empty": "/tasks/"})
            finish_imports(product, [song.task_id for song in SONGS])
            _take(browser, product, {"welcome": "/"})
            _take(browser, product, _make(product, api))
        browser.close()
    _show()


def _make(product: Product, api: Sandbox) -> dict[str, str]:
    """Make one of everything. Returns the path of each picture's page."""
    session = product.session()
    failed = _with_fault(product, api, ("task", "fail"), "failed")
    songs = song_keys(session, product, "create-music-video")
    made = _finished(product, songs)
    unfinished = _unfinished(product, api, songs[0])
    song = re.findall(r'href="(/songs/\d+/)"', session.get(product.url + "/songs/").text)[-1]
    return {
        **PLACES,
        **made,
        **unfinished,
        "failed": failed,
        "song": song,
        "song-with-words": f"/songs/{songs[0]}/",
        "new-extension": f"{EXTEND}&track={songs[0]}",
        "new-part": f"{REPLACE}&track={songs[0]}",
    }


def _finished(product: Product, songs: list[str]) -> dict[str, str]:
    """Make one of each kind that has a page of its own, to its end."""
    session = product.session()
    made = {
        "video": send(session, product, "create-music-video", author="The Tides"),
        "cover": send(session, product, "generate-music-cover", track=songs[2]),
        "persona": send(session, product, "generate-persona", track=songs[4]),
        "variations": send(session, product, "add-instrumental", track=songs[2]),
        "stems": send(session, product, "upload-and-separate-vocals", track=songs[4]),
        "all-stems": send(session, product, "stem-split", track=songs[0]),
        "lyrics": send(session, product, "generate-lyrics"),
        "words": send(session, product, "get-timestamped-lyrics", track=songs[0]),
    }
    until(
        lambda: all(is_status(session, product, path, "finished") for path in made.values()),
        "the results",
    )
    return made


def _unfinished(product: Product, api: Sandbox, song: str) -> dict[str, str]:
    """Make a task of which nobody knows whether it was taken, and one that is being made."""
    session = product.session()
    with stalled(api):
        unconfirmed = _with_fault(product, api, ("submit", "drop_after"), "unconfirmed")
        path = send(session, product, "add-instrumental", title="Morning ferry", track=song)
        until(lambda: is_status(session, product, path, "not_started"), "the sending")
        tell_running(api)
    return {"under-way": path, "unconfirmed": unconfirmed}


def _with_fault(product: Product, api: Sandbox, fault: tuple[str, str], end: str) -> str:
    session = product.session()
    api.script.append(fault)
    path = send(session, product, "upload-and-separate-vocals")
    until(lambda: is_status(session, product, path, end), end)
    return path


def _take(
    browser: Browser, product: Product, places: dict[str, str], signed_in: bool = True
) -> None:
    for size, viewport in SIZES.items():
        context = browser.new_context(
            base_url=product.url, viewport=viewport, reduced_motion="reduce"
        )
        page = context.new_page()
        if signed_in:
            sign_in(page)
        for name, path in places.items():
            page.goto(path)
            _settle(page, viewport)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
        context.close()


def _settle(page: Page, viewport: Any) -> None:
    """Return the whole page room, and wait for what loads only when it is looked at."""
    page.set_viewport_size(viewport)
    height = max(page.evaluate("document.documentElement.scrollHeight"), viewport["height"])
    page.set_viewport_size({"width": viewport["width"], "height": height})
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        # Lazy ones that nobody sees never come.
        "() => [...document.images].every(image => image.complete || image.loading === 'lazy')"
        " && [...document.querySelectorAll('video')].every(video => video.readyState >= 2)"
    )


def _show() -> None:
    """Put the README's pictures, small, where it shows them."""
    target = ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    for name, shown in SHOWN.items():
        with Image.open(FOLDER / f"{name}-desk-dark.png") as picture:
            height = min(picture.height, SIZES["desk"]["height"])
            small = picture.convert("RGB").crop((0, 0, picture.width, height))
            small.thumbnail((WIDTH, WIDTH))
            small.save(target / f"{shown}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
