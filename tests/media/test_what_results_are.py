"""A result is what its streams say, whatever its name or its server claim, and is shown as that."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from studio import leases, lifecycle
from studio.lifecycle import trash
from studio.media import archive, ffmpeg
from studio.media.looking import look
from studio.models import Asset, Preview, Task
from tests.fileserver import FileServer

pytestmark = pytest.mark.once

CASES = Path(__file__).parent.parent / "cases" / "results"
# Each file: the kind that it was told to be, the kind that it is, its ending, and the type that a
# page gets.
FILES = [
    ("sound-with-brand-dash.m4a", "stem", "stem", ".m4a", "audio/mp4"),
    ("sound-with-brand-dash.m4a", "file", "audio", ".m4a", "audio/mp4"),
    ("sound-with-brand-dash.m4a", "video", "audio", ".m4a", "audio/mp4"),
    ("sound-in-film.mp4", "stem", "stem", ".m4a", "audio/mp4"),
    ("sound.webm", "stem", "stem", ".webm", "audio/x-flac"),
    ("sound.webm", "audio", "audio", ".webm", "audio/x-flac"),
    ("sound.mka", "stem", "stem", ".mka", "audio/x-flac"),
    ("opus.ogg", "stem", "stem", ".ogg", "audio/x-flac"),
    ("mpeg25-without-tag.mp3", "stem", "stem", ".mp3", "audio/mpeg"),
    ("mpeg25-without-tag.mp3", "file", "audio", ".mp3", "audio/mpeg"),
    ("rf64.wav", "stem", "stem", ".wav", "audio/x-flac"),
    ("aiff.aiff", "audio", "audio", ".aiff", "audio/x-flac"),
    ("caf.caf", "stem", "stem", ".caf", "audio/x-flac"),
    ("wma.wma", "file", "audio", ".wma", "audio/x-flac"),
    ("alac.m4a", "stem", "stem", ".m4a", "audio/x-flac"),
    ("bare.aac", "stem", "stem", ".aac", "audio/mp4"),
    ("film.mov", "video", "video", ".mov", "video/mp4"),
    ("film.mov", "file", "video", ".mov", "video/mp4"),
    # The operation's own kind wins where there is a sound to play.
    ("film.mov", "stem", "stem", ".mov", "audio/mp4"),
    ("film.mkv", "video", "video", ".mkv", "video/mp4"),
    ("film.avi", "video", "video", ".avi", "video/mp4"),
    ("film.webm", "video", "video", ".webm", "video/webm"),
    ("hevc.mp4", "video", "video", ".mp4", "video/mp4"),
    ("cover.avif", "image", "image", ".avif", "image/avif"),
    ("cover.avif", "stem", "image", ".avif", "image/avif"),
    ("cover.bmp", "image", "image", ".bmp", "image/bmp"),
    ("cover.tiff", "image", "image", ".tiff", "image/webp"),
    ("cover.jxl", "file", "image", ".jxl", "image/webp"),
    ("too-large.png", "image", "file", ".png", "image/png"),
    ("too-large.tiff", "image", "file", ".tiff", "image/tiff"),
]
Save = Callable[..., Asset]


@pytest.fixture
def save(make: Callable[..., Task], settings: Settings, tmp_path: Path) -> Iterator[Save]:
    """Return a call that copies one of the files as a result of a kind, as the worker does it."""
    settings.STUDIO_DATA_DIR = tmp_path / "data"
    settings.STUDIO_DATA_DIR.mkdir()
    settings.MEDIA_ROOT = settings.STUDIO_DATA_DIR / "media"
    settings.API_ON_LOOPBACK, settings.VIDGO_API_URL = True, "http://127.0.0.1"
    with FileServer() as storage:

        def run(name: str, kind: str, task: Task | None = None) -> Asset:
            storage.put(f"/{name}.bin", (CASES / name).read_bytes())
            asset, _ = Asset.objects.get_or_create(
                task=task or make(title="Low tide"), key="a", defaults={"label": "Drums"}
            )
            asset.kind, asset.url, asset.state = kind, f"{storage.url}/{name}.bin", "waiting"
            asset.due_at, asset.held_until = asset.task.created_at, None
            asset.save()
            archive.save(asset.pk, leases.take(Asset, asset.pk, 60))
            asset.refresh_from_db()
            assert asset.state == "saved", asset.error
            return asset

        yield run


@pytest.mark.parametrize(("name", "told", "kind", "ending", "shown"), FILES)
def test_a_result_is_what_its_streams_say(
    save: Save, signed_in: Client, name: str, told: str, kind: str, ending: str, shown: str
) -> None:
    asset = save(name, told)

    page = signed_in.get(f"/media/{asset.pk}/")
    taken = signed_in.get(f"/media/{asset.pk}/?download=1")

    assert (asset.kind, page["Content-Type"]) == (kind, shown)
    assert page["Content-Disposition"].startswith("inline")
    assert taken["Content-Disposition"].startswith("attachment")
    assert taken["Content-Disposition"].endswith(f'{ending}"')
    assert b"".join(taken.streaming_content) == (CASES / name).read_bytes()  # type: ignore[attr-defined]
    # Films have a poster, sounds their samples; nothing is decoded of what is a file to take home.
    assert Preview.objects.filter(asset=asset).exists() == (kind in ("stem", "audio", "video"))
    # A copy for the page is what it says.
    assert not asset.shown or look(Path(asset.shown.path)).content_type == shown


@pytest.mark.django_db(transaction=True)
def test_a_copy_goes_with_its_file(
    save: Save, make: Callable[..., Task], signed_in: Client
) -> None:
    asset = save("sound.webm", "stem")
    task, first = asset.task, str(asset.shown.name)
    second = str(save("opus.ogg", "stem", task).shown.name)

    assert not default_storage.exists(first)
    assert default_storage.exists(second)
    assert str(save("mpeg25-without-tag.mp3", "stem", task).shown) == ""
    assert not default_storage.exists(second)

    last = str(save("sound.webm", "stem", task).shown.name)
    lifecycle.delete(task.pk, None)
    assert default_storage.exists(last)
    trash.purge(task.pk)
    assert not default_storage.exists(last)


def test_what_another_file_turned_out_to_be_is_forgotten(
    save: Save, make: Callable[..., Task]
) -> None:
    """A picture came in a stem's place, then the stem."""
    from studio.lifecycle import results
    from studio.vidgo.payloads import Body

    task = make("running", title="Low tide")
    asset = save("cover.bmp", "stem", task)
    Asset.objects.filter(pk=asset.pk).update(key="0.vocal_removal.drums")
    files = [{"vocal_removal": {"drums": asset.url.replace("cover.bmp", "sound.webm")}}]

    results.merge(task, Body(files=files), replace=True)
    asset.refresh_from_db()

    assert asset.kind == "stem"


def test_no_picture_takes_more_memory_than_it_may(tmp_path: Path) -> None:
    """30,000 by 30,000 points in a few kB: its size is read, it is not unpacked."""
    reader = ffmpeg.source(CASES / "too-large.tiff", "-f", "tiff_pipe", readers=ffmpeg.PICTURES)
    code, _ = ffmpeg.run([*reader, "-f", "webp", f"file:{tmp_path / 'a'}"])

    assert code != 0
    assert not look(CASES / "too-large.tiff").is_picture
