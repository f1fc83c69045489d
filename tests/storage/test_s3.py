"""Results in an S3-compatible store: saved, served by ranges, zipped, shared and backed up."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from studio import leases
from studio.media import analysis, sharing
from studio.models import Asset, Preview, Task
from studio.running import backup, health, places, standing, vault
from studio.storage.names import extension
from tests.product import free_port, until
from vidgo_sandbox import SONGS, Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A server that speaks S3. Returns its address."""
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
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "studio.storage.s3.Storage"}}
    found = boto3.resource("s3", endpoint_url=service, region_name="us-east-1")
    return found.create_bucket(Bucket=settings.S3_BUCKET)


@pytest.fixture
def song(bucket: Any, sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]) -> Task:
    """A song brought in, with its files in the bucket."""
    signed_in.post("/songs/import/", {"task_id": SONGS[0].task_id})
    return finish(Task.objects.get())


@pytest.mark.once
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


@pytest.mark.once
def test_everything_of_a_task_comes_as_one_zip(song: Task, signed_in: Client) -> None:
    response = signed_in.get(f"/tasks/{song.pk}/files.zip")
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == int(response["Content-Length"])
    bundle = zipfile.ZipFile(io.BytesIO(body))
    assert bundle.testzip() is None
    assert len(bundle.namelist()) == song.assets.exclude(file="").count()


@pytest.mark.once
def test_what_was_lost_in_the_bucket_is_not_there(
    song: Task, bucket: Any, signed_in: Client
) -> None:
    asset = song.assets.exclude(file="").first()
    assert asset is not None
    bucket.Object(str(asset.file.name)).delete()
    assert signed_in.get(f"/media/{asset.pk}/").status_code == 404


@pytest.mark.once
def test_vidgo_fetches_a_sound_at_an_address_that_ends_with_its_task(
    song: Task, make_task: Any
) -> None:
    track = song.tracks.first()
    assert track is not None
    assert track.sound is not None
    task = make_task("upload-and-separate-vocals", title="Stems")
    task.source_track = track
    task.save()
    (url,) = [v for v in sharing.wire_input(task).values() if str(v).startswith("http")]
    answer = requests.get(url, timeout=60)
    assert hashlib.sha256(answer.content).hexdigest() == track.sound.sha256
    # Vidgo learns from both what it is.
    assert answer.headers["Content-Type"] == track.sound.content_type
    assert Path(urlsplit(url).path).suffix == extension(track.sound.content_type)
    part = requests.get(url, headers={"Range": "bytes=10-19"}, timeout=60)
    assert part.content == answer.content[10:20]

    task.status = Task.Status.FAILED
    task.save()

    assert requests.get(url, timeout=60).status_code == 404


@pytest.mark.once
def test_at_home_vidgo_fetches_a_sound_at_an_address_that_the_store_has_signed(
    song: Task, make_task: Any, settings: Settings
) -> None:
    track = song.tracks.first()
    assert track is not None
    assert track.sound is not None
    task = make_task("upload-and-separate-vocals", title="Stems")
    task.source_track = track
    task.save()
    settings.STUDIO_PUBLIC_URL = ""
    (url,) = [v for v in sharing.wire_input(task).values() if str(v).startswith("http")]
    assert url.startswith(settings.S3_ENDPOINT)
    answer = requests.get(url, timeout=60)
    assert hashlib.sha256(answer.content).hexdigest() == track.sound.sha256


@pytest.mark.once
def test_waveforms_are_drawn_from_there(song: Task) -> None:
    sound = song.assets.filter(kind=Asset.Kind.AUDIO).first()
    assert sound is not None
    analysis.expect(sound)
    preview = Preview.objects.get(asset=sound)
    analysis.make(preview.pk, leases.take(Preview, preview.pk, 60))
    preview.refresh_from_db()
    assert preview.peaks


@pytest.mark.once
def test_storage_is_ready_and_then_not(bucket: Any, db: None) -> None:
    from django.core.cache import cache

    cache.clear()
    # Nobody who asks is held long, so on a busy machine the first answer may be too early.
    until(health.is_storage_well, "the storage that is well")
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
        entries = {name: backup._add(archive, name, tmp_path) for name in files}
    for asset in song.assets.exclude(file=""):
        assert entries[str(asset.file.name)]["sha256"] == asset.sha256
        assert default_storage.exists(str(asset.file.name))


def test_backups_are_kept_in_a_bucket_and_come_back_whole(
    song: Task, bucket: Any, settings: Settings
) -> None:
    kept = bucket.meta.client.create_bucket  # of the same service, under another name
    kept(Bucket=f"{bucket.name}-kept")
    address = f"s3://{bucket.name}-kept/studio"
    settings.BACKUP_S3_ENDPOINT, settings.BACKUP_S3_REGION = settings.S3_ENDPOINT, "us-east-1"
    files = {str(asset.file.name): asset.sha256 for asset in song.assets.exclude(file="")}
    lost = next(iter(files))

    assert standing.keep(address).missing == []
    bucket.Object(lost).delete()
    again = standing.keep(address, timezone.now() + timedelta(days=1))

    assert again.missing == [lost]
    assert vault.check(places.at(address)) == []
    for one in bucket.objects.all():
        one.delete()
    vault.restore(places.at(address), again.name)
    for name, digest in files.items():
        assert hashlib.sha256(default_storage.open(name).read()).hexdigest() == digest
