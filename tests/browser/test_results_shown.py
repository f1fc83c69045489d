"""Results of every odd type, in Chromium: pictures are seen, films and stems play."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, is_status, listened, plays
from tests.fileserver import FileServer
from tests.material import put
from tests.product import Product, until
from tests.recorder import Recorder
from tests.sounds import ffmpeg

CASES = Path(__file__).parent.parent / "cases" / "results"
STEMS = {
    "vocals": "sound.webm",
    "drums": "sound-with-brand-dash.m4a",
    "bass": "mpeg25-without-tag.mp3",
    "guitar": "rf64.wav",
    "piano": "bare.aac",
    "other": "opus.ogg",
    "strings": "alac.m4a",
}
FILMS = {"video_url": "film.mov", "teaser_video_url": "film.mkv", "old_video_url": "hevc.mp4"}
PICTURES = {
    "cover_url": "cover.avif",
    "bmp_image_url": "cover.bmp",
    "tiff_image_url": "cover.tiff",
    "jxl_image_url": "cover.jxl",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, str]]:
    """Return a product with a finished separation of them all, and the path of its page."""
    with Recorder() as api, FileServer() as storage:
        for path in CASES.iterdir():
            storage.put(f"/{path.name}", path.read_bytes())

        def at(names: dict[str, str]) -> dict[str, str]:
            return {field: f"{storage.url}/{name}" for field, name in names.items()}

        data = tmp_path_factory.mktemp("product")
        with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as product:
            session = product.session()
            form = {"audio_url": "https://example.com/a.mp3", "title": "Low tide"}
            session.get(f"{product.url}/new/upload-and-separate-vocals/")
            answer = product.post(session, "/new/upload-and-separate-vocals/", form)
            page = answer.headers["Location"]
            until(lambda: is_status(session, product, page, "not_started"), "the sending")
            files = [{"vocal_removal": at(STEMS), **at(FILMS), **at(PICTURES)}]
            (sent,) = api.submits
            body = {"task_id": "", "status": "finished", "files": files}
            body["task_id"] = product.rows("SELECT task_id FROM studio_task")[0]["task_id"]
            api.told[str(body["task_id"])] = body
            assert requests.post(sent.body["callback_url"], json=body, timeout=30).ok
            until(lambda: is_status(session, product, page, "finished"), "the results")
            listened(product)
            yield product, page


@pytest.fixture
def page(told: tuple[Product, str], visit: Visit) -> Page:
    """Return the page of the results."""
    return visit(*told)


def test_pictures_are_seen(page: Page) -> None:
    pictures = page.locator(".pictures img")
    expect(pictures).to_have_count(len(PICTURES))
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "image => image.complete && image.naturalWidth >= 32", arg=picture.element_handle()
        )


def test_films_play(page: Page) -> None:
    films = page.locator("video")
    expect(films).to_have_count(len(FILMS))
    for film in films.all():
        film.evaluate("film => { film.muted = true; return film.play(); }")
        plays(film)
        assert film.evaluate("film => film.videoWidth") >= 32


def test_every_sound_is_a_stem_of_the_mixer_and_plays_alone(page: Page) -> None:
    expect(page.locator("studio-mixer [data-stem]")).to_have_count(len(STEMS))
    players = page.locator(".stem studio-player")
    expect(players).to_have_count(len(STEMS))
    for player in players.all():
        # With the mixer there, the players of single stems are folded away.
        player.evaluate("player => player.toggle()")
        plays(page.locator("#bar audio"))
    page.get_by_role("button", name="Play all stems").click()
    expect(page.locator("studio-mixer.playing")).to_have_count(1)
    expect(page.locator("studio-mixer [data-now]")).to_have_text("0:01")


def test_the_length_of_a_bare_stream_is_what_was_measured(
    visit: Visit, product: Product, tmp_path: Path
) -> None:
    """Half silence, half noise: whoever guesses by the first frames is far off."""
    sources = ("-f", "lavfi", "-i", "anoisesrc=d=10:a=0.5", "-f", "lavfi", "-i", "anullsrc=d=50")
    graph = ("-filter_complex", "[1:a]atrim=0:50[s];[0:a][s]concat=n=2:v=0:a=1")
    ffmpeg(*sources, *graph, "-c:a", "aac", "-b:a", "128k", str(tmp_path / "bare.aac"))
    file = {"name": "bare.aac", "kind": "audio", "type": "audio/aac", "label": "Song"}
    task = put(product, tmp_path, "import-song", "Low tide", files=[file])
    listened(product)
    page = visit(product, f"/tasks/{task}/")
    player = page.locator("studio-player").last

    player.get_by_role("button").click()
    sound = page.locator("#bar audio")
    plays(sound)

    assert abs(sound.evaluate("audio => audio.duration") - 60) > 2
    expect(player.locator("[data-total]")).to_have_text("1:00")
    assert float(player.get_by_role("slider").get_attribute("max") or 0) == pytest.approx(60, abs=1)
