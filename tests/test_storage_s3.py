"""Results in an S3-compatible store: saved, served by ranges, zipped, shared and backed up."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from django.core.files.storage import default_storage
from django.test import Client
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from studio import backup, health, previews, sharing, work
from studio.models import Asset, Preview, Task
from studio.names import extension
from tests.product import free_port
from vidgo_sandbox import SONGS, Sandbox


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A server that speaks S3. Gives its address."""
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(service: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The product's storage in an empty bucket of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "trial")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "trial-secret")
    settings.S3_BUCKET = f"studio-{free_port()}"
    settings.S3_ENDPOINT, settings.S3_REGION = service, "us-east-1"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "studio.s3.Storage"}}
    found = boto3.resource("s3", endpoint_url=service, region_name="us-east-1")
    return found.create_bucket(Bucket=settings.S3_BUCKET)


@pytest.fixture
def song(bucket: Any, sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]) -> Task:
    """A song brought in, with its files in the bucket."""
    signed_in.post("/songs/import/", {"task_id": SONGS[0].task_id})
    return finish(Task.objects.get())


def test_results_are_saved_there_and_served_by_ranges(
    song: Task, bucket: Any, signed_in: Client
) -> None:
    assets = list(song.assets.exclude(file=""))
    assert {one.key for one in bucket.objects.all()} >= {str(a.file.name) for a in assets}
    for asset in assets:
        whole = signed_in.get(f"/media/{asset.pk}/")
        body = b"".join(whole.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(body).hexdigest() == asset.sha256
        assert int(whole["Content-Length"]) == len(body)
        part = signed_in.get(f"/media/{asset.pk}/", headers={"range": "bytes=10-19"})
        assert part.status_code == 206
        assert b"".join(part.streaming_content) == body[10:20]  # type: ignore[attr-defined]
        beyond = signed_in.get(f"/media/{asset.pk}/", headers={"range": "bytes=999999999-"})
        assert beyond.status_code == 416


def test_everything_of_a_task_comes_as_one_zip(song: Task, signed_in: Client) -> None:
    response = signed_in.get(f"/tasks/{song.pk}/files.zip")
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == int(response["Content-Length"])
    bundle = zipfile.ZipFile(io.BytesIO(body))
    assert bundle.testzip() is None
    assert len(bundle.namelist()) == song.assets.exclude(file="").count()


def test_what_was_lost_in_the_bucket_is_not_there(
    song: Task, bucket: Any, signed_in: Client
) -> None:
    asset = song.assets.exclude(file="").first()
    assert asset is not None
    bucket.Object(str(asset.file.name)).delete()
    assert signed_in.get(f"/media/{asset.pk}/").status_code == 404


def test_vidgo_fetches_a_sound_by_a_signed_address(song: Task, make_task: Any) -> None:
    track = song.tracks.first()
    assert track is not None
    assert track.sound is not None
    task = make_task("upload-and-separate-vocals", title="Stems")
    task.source_track = track
    task.save()
    (url,) = [v for v in sharing.wire_input(task).values() if str(v).startswith("http")]
    answer = requests.get(url, timeout=10)
    assert hashlib.sha256(answer.content).hexdigest() == track.sound.sha256
    # As at our own public address: Vidgo learns from both what it is.
    assert answer.headers["Content-Type"] == track.sound.content_type
    assert Path(urlsplit(url).path).suffix == extension(track.sound.content_type)


def test_waveforms_are_drawn_from_there(song: Task) -> None:
    sound = song.assets.filter(kind=Asset.Kind.AUDIO).first()
    assert sound is not None
    previews.expect(sound)
    preview = Preview.objects.get(asset=sound)
    previews.make(preview.pk, work.take(Preview, preview.pk, 60))
    preview.refresh_from_db()
    assert preview.peaks


def test_storage_is_ready_and_then_not(bucket: Any, db: None) -> None:
    from django.core.cache import cache

    cache.clear()
    assert health.is_storage_well()
    cache.clear()
    for one in bucket.objects.all():
        one.delete()
    bucket.delete()
    assert not health.is_storage_well()
    cache.clear()


def test_a_backup_holds_what_is_there(song: Task, tmp_path: Path) -> None:
    files = [str(asset.file.name) for asset in song.assets.exclude(file="")]
    folder = tmp_path / "studio.tar"
    with tarfile.open(folder, "w") as archive:
        entries = {name: backup._add(archive, name) for name in files}
    for asset in song.assets.exclude(file=""):
        assert entries[str(asset.file.name)]["sha256"] == asset.sha256
        assert default_storage.exists(str(asset.file.name))
