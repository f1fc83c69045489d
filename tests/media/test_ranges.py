"""Our copies over HTTP: whole, in ranges, under a person's name, and to nobody outside."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client

from studio.models import Asset, Task, Upload

pytestmark = pytest.mark.once

BYTES = bytes(range(256)) * 4
SIZE = len(BYTES)
Saved = Callable[..., Asset]


@pytest.fixture
def saved(make_task: Callable[..., Task]) -> Saved:
    """Return a call that makes one saved result; `title` and `task` as wished."""

    def make(
        content_type: str = "audio/mpeg",
        kind: str = "stem",
        label: str = "Drums",
        content: bytes = BYTES,
        **more: Any,
    ) -> Asset:
        task = more.get("task") or make_task("upload-and-separate-vocals", audio_url="x")
        task.title = more.get("title", "Relaxing Piano")
        task.save()
        asset = Asset(
            task=task, key=f"{label}{task.assets.count()}", kind=kind, label=label, state="saved"
        )
        asset.content_type, asset.size, asset.sha256 = content_type, len(content), "abc123"
        asset.order = task.assets.count()
        asset.file.save("x", ContentFile(content), save=True)
        return asset

    return make


def read(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def get(client: Client, asset: Asset, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/media/{asset.pk}/", headers=named)  # type: ignore[return-value]


def test_the_whole_file_has_type_length_and_tag(signed_in: Client, saved: Saved) -> None:
    answer = get(signed_in, saved())

    assert answer.status_code == 200
    assert read(answer) == BYTES
    assert answer["Content-Type"] == "audio/mpeg"
    assert answer["Content-Length"] == str(SIZE)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == '"abc123"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]


def test_head_tells_the_same_without_the_bytes(signed_in: Client, saved: Saved) -> None:
    asset = saved()

    answer = signed_in.head(f"/media/{asset.pk}/")

    assert answer.status_code == 200
    assert answer["Content-Length"] == str(SIZE)
    assert answer["Content-Type"] == "audio/mpeg"
    assert read(answer) == b""


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-299", 100, 299),
        ("bytes=1000-", 1000, SIZE - 1),
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=-10", SIZE - 10, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes=1000-{SIZE * 9}", 1000, SIZE - 1),
        (f"bytes=0-{'9' * 30}", 0, SIZE - 1),
        ("Bytes=5-6", 5, 6),
    ],
)
def test_a_range_gives_its_bytes(
    signed_in: Client, saved: Saved, asked: str, first: int, last: int
) -> None:
    answer = get(signed_in, saved(), Range=asked)

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer["Content-Length"] == str(last - first + 1)
    assert read(answer) == BYTES[first : last + 1]


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0", f"bytes={'9' * 30}-"]
)
def test_a_range_beyond_the_file_cannot_be_met(signed_in: Client, saved: Saved, asked: str) -> None:
    answer = get(signed_in, saved(), Range=asked)

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{SIZE}"
    assert read(answer) == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=5-2",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "bytes=1",
        "items=0-5",
        "nonsense",
        "bytes=--5",
        "bytes=²-³",
        f"bytes=0-{'9' * 5000}",
    ],
)
def test_a_range_that_is_none_counts_as_no_range(
    signed_in: Client, saved: Saved, asked: str
) -> None:
    answer = get(signed_in, saved(), Range=asked)

    assert answer.status_code == 200
    assert "Content-Range" not in answer
    assert read(answer) == BYTES


@pytest.mark.parametrize(("tag", "status"), [('"abc123"', 206), ('"another"', 200), ("abc", 200)])
def test_a_range_of_another_version_gives_the_whole_file(
    signed_in: Client, saved: Saved, tag: str, status: int
) -> None:
    answer = get(signed_in, saved(), Range="bytes=10-19", If_Range=tag)

    assert answer.status_code == status
    assert read(answer) == (BYTES[10:20] if status == 206 else BYTES)


@pytest.mark.parametrize(
    "content_type",
    ["audio/mpeg", "audio/x-wav", "audio/mp4", "video/mp4", "image/png", "image/jpeg"],
)
def test_what_a_browser_can_show_is_shown_in_place(
    signed_in: Client, saved: Saved, content_type: str
) -> None:
    answer = get(signed_in, saved(content_type))

    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "application/pdf", "application/octet-stream"]
)
def test_whatever_could_be_a_page_is_only_downloaded(
    signed_in: Client, saved: Saved, content_type: str
) -> None:
    answer = get(signed_in, saved(content_type, kind="file", content=b"<script>1</script>"))

    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("title", "disposition"),
    [
        ("Relaxing Piano", 'attachment; filename="Relaxing Piano - drums.mp3"'),
        ("../../etc/passwd", 'attachment; filename="etc passwd - drums.mp3"'),
        ('say "hi"; x=1\r\nX: y', 'attachment; filename="say hi ; x=1 X y - drums.mp3"'),
        (
            "Größe",
            'attachment; filename="Grosse - drums.mp3"; '
            "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20-%20drums.mp3",
        ),
        (
            "🎹",
            "attachment; filename=\"_ - drums.mp3\"; filename*=UTF-8''%F0%9F%8E%B9%20-%20drums.mp3",
        ),
        (
            "نغم",
            'attachment; filename="_ - drums.mp3"; '
            "filename*=UTF-8''%D9%86%D8%BA%D9%85%20-%20drums.mp3",
        ),
        (
            "100%41 & 5;6",
            'attachment; filename="100_41 & 5;6 - drums.mp3"; '
            "filename*=UTF-8''100%2541%20&%205%3B6%20-%20drums.mp3",
        ),
        ("a\u202e3pm.exe", 'attachment; filename="a 3pm.exe - drums.mp3"'),
        ("", 'attachment; filename="Stems - drums.mp3"'),
    ],
)
def test_a_download_has_a_name_a_person_would_give(
    signed_in: Client, saved: Saved, title: str, disposition: str
) -> None:
    asset = saved(title=title)

    answer = signed_in.get(f"/media/{asset.pk}/?download=1")

    assert answer["Content-Disposition"] == disposition


def test_the_zip_holds_every_saved_file_once_under_its_own_name(
    signed_in: Client, saved: Saved
) -> None:
    first = saved(title="Relaxing Piano 🎹")
    for label, content in (("Bass", b"low"), ("drums", b"other drums")):
        saved(label=label, content=content, task=first.task, title="Relaxing Piano 🎹")
    first.task.assets.create(key="w", kind="stem", label="Guitar", url="https://x.example/g.mp3")

    answer = signed_in.get(f"/tasks/{first.task.pk}/files.zip")
    bundle = read(answer)

    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Length"] == str(len(bundle))
    assert answer["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == {
            "Relaxing Piano 🎹 - drums.mp3": BYTES,
            "Relaxing Piano 🎹 - bass.mp3": b"low",
            "Relaxing Piano 🎹 - drums (2).mp3": b"other drums",
        }


def test_a_task_without_files_has_no_zip(signed_in: Client, make_task: Callable[..., Task]) -> None:
    assert signed_in.get(f"/tasks/{make_task().pk}/files.zip").status_code == 404


def test_a_file_that_is_not_saved_yet_or_has_gone_is_not_found(
    signed_in: Client, saved: Saved
) -> None:
    gone = saved()
    gone.file.storage.delete(str(gone.file.name))
    waiting = gone.task.assets.create(key="w", kind="stem", label="Bass", url="https://x.example/")

    assert get(signed_in, gone).status_code == 404
    assert get(signed_in, waiting).status_code == 404
    assert signed_in.get("/media/999999/").status_code == 404


def test_nobody_outside_gets_a_file(client: Client, saved: Saved) -> None:
    asset = saved()
    upload = Upload.objects.create(
        file=ContentFile(BYTES, "x"),
        name="a",
        title="a",
        content_type="audio/mpeg",
        size=SIZE,
        sha256="c",
        duration=1,
    )
    paths = (
        f"/media/{asset.pk}/",
        f"/media/uploads/{upload.pk}/",
        f"/tasks/{asset.task.pk}/files.zip",
        "/media/999999/",
    )

    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/login/?next="), path


def test_storage_is_not_served_by_its_own_names(signed_in: Client, saved: Saved) -> None:
    name = saved().file.name

    for path in (f"/media/{name}", f"/static/../media/{name}", "/media/../studio.sqlite3"):
        assert signed_in.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/media/{}/", "/tasks/{}/files.zip"])
def test_media_are_only_read(signed_in: Client, saved: Saved, path: str) -> None:
    assert signed_in.post(path.format(saved().pk)).status_code == 405
