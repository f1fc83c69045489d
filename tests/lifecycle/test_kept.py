"""Kept: "saved" is said only when every file is in our own storage, whole and as it was sent."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from studio.media import archive
from studio.models import Asset, Task
from tests.fileserver import FileServer
from tests.product import until
from tests.recorder import Recorder
from tests.timing import pass_time
from vidgo_sandbox import Sandbox

Work = Callable[[], None]
Tell = Callable[..., None]
DETAIL = "/api/generate/detail/music"
# An MP3 as far as its first bytes show, and 1 MB of what no other has.
SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 4096
OTHER = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(reversed(range(256))) * 3000


@pytest.fixture
def storage(settings: Settings) -> Iterator[FileServer]:
    """The provider's storage."""
    with FileServer() as running:
        # Loopback may be fetched from because the API itself is there.
        settings.API_ON_LOOPBACK = True
        yield running


@pytest.fixture
def stems(api: Recorder, signed_in: Client, work: Work) -> Task:
    """A task that the API has taken."""
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a.mp3"})
    work()
    task = Task.objects.get()
    assert task.vidgo_id
    return task


@pytest.fixture
def tell(client: Client, api: Recorder) -> Tell:
    """Return a call that calls back: the stems are ready at these URLs; so says the query."""

    def run(task: Task, status: str = "finished", **urls: str) -> None:
        data = {"task_id": task.vidgo_id, "status": status, "files": [{"vocal_removal": urls}]}
        api.told[str(task.vidgo_id)] = data
        path = f"/callback/{task.callback_token}/"
        assert client.post(path, data, "application/json").status_code == 200

    return run


def content(asset: Asset) -> bytes:
    with asset.file.open("rb") as file:
        return bytes(file.read())


def stored_files() -> list[Path]:
    root = Path(django_settings.MEDIA_ROOT) / "results"
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.STUDIO_DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = tmp_path / "data" / "media"
    settings.STUDIO_DATA_DIR.mkdir()


def test_saved_is_said_only_when_every_file_is_in_our_storage(
    storage: FileServer, stems: Task, tell: Tell, work: Work, signed_in: Client
) -> None:
    storage.put("/drums.mp3", SOUND)
    storage.put("/bass.mp3", OTHER).status = 500
    tell(stems, drums=storage.url + "/drums.mp3", bass=storage.url + "/bass.mp3")
    work()

    stems.refresh_from_db()
    assert (stems.status, stems.saved_at) == ("finished", None)
    page = signed_in.get(stems.get_absolute_url()).content.decode()
    assert "Vidgo may delete its copy" in page
    assert "24 hours" in page

    storage.put("/bass.mp3", OTHER)
    pass_time(60)
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    for asset, sent in ((a, SOUND if "drums" in a.key else OTHER) for a in stems.assets.all()):
        assert content(asset) == sent
        assert asset.size == len(sent)
        assert asset.sha256 == hashlib.sha256(sent).hexdigest()
    assert stems.events.filter(text="Every file is saved").count() == 1
    page = signed_in.get(stems.get_absolute_url()).content.decode()
    assert "Vidgo may delete its copy" not in page


@pytest.mark.once
def test_a_download_that_breaks_off_goes_on_where_it_was(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    storage.put("/drums.mp3", SOUND).cuts = [300_000, 200_000]
    tell(stems, drums=storage.url + "/drums.mp3")
    for _ in range(3):
        work()
        pass_time(60)

    asset = stems.assets.get()
    assert content(asset) == SOUND
    assert asset.sha256 == hashlib.sha256(SOUND).hexdigest()
    assert [range for _, range in storage.asked] == ["", "bytes=300000-", "bytes=500000-"]


@pytest.mark.once
def test_a_piece_that_is_not_all_of_the_rest_is_not_taken_for_it(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    stored = storage.put("/drums.mp3", SOUND)
    stored.cuts = [300_000]
    tell(stems, drums=storage.url + "/drums.mp3")
    work()
    stored.longest = 200_000
    pass_time(60)
    work()
    assert content(stems.assets.get()) == SOUND
    assert len(storage.asked) > 3


@pytest.mark.once
def test_a_download_that_gets_on_each_time_never_fails_for_good(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    storage.put("/drums.mp3", SOUND).cuts = [10_000] * 62
    tell(stems, drums=storage.url + "/drums.mp3")
    for _ in range(64):
        work()
        pass_time(1800)

    assert content(stems.assets.get()) == SOUND


@pytest.mark.once
def test_a_file_that_has_changed_begins_anew(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    storage.put("/drums.mp3", SOUND).cuts = [300_000]
    tell(stems, drums=storage.url + "/drums.mp3")
    work()
    storage.put("/drums.mp3", OTHER)
    pass_time(60)
    work()

    assert content(stems.assets.get()) == OTHER


@pytest.mark.once
def test_without_a_name_for_its_content_a_file_begins_anew(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    stored = storage.put("/drums.mp3", SOUND)
    stored.cuts, stored.has_etag = [300_000], False
    tell(stems, drums=storage.url + "/drums.mp3")
    work()
    pass_time(60)
    work()

    assert content(stems.assets.get()) == SOUND
    assert [range for _, range in storage.asked] == ["", ""]


@pytest.mark.once
def test_a_file_shorter_than_it_was_declared_is_not_taken(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    stored = storage.put("/drums.mp3", SOUND)
    stored.cuts = [len(SOUND) - 1]
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    asset = stems.assets.get()
    assert asset.state == "waiting"
    assert not asset.file
    assert stored_files() == []


@pytest.mark.once
@pytest.mark.parametrize("sent", [b"", b"<html>Not here</html>", b'{"error": "expired"}'])
def test_a_message_in_a_files_place_is_not_taken(
    storage: FileServer, stems: Task, tell: Tell, work: Work, sent: bytes
) -> None:
    storage.put("/drums.mp3", sent)
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    assert stems.assets.get().state == "waiting"
    assert stored_files() == []


@pytest.mark.once
def test_a_url_that_changes_while_it_is_fetched_is_fetched_anew(
    storage: FileServer, stems: Task, tell: Tell, work: Work, settings: Settings
) -> None:
    first = storage.put("/first.mp3", SOUND)
    first.hold_at = 200_000
    storage.put("/last.mp3", OTHER)
    tell(stems, "running", drums=storage.url + "/first.mp3")

    fetching = threading.Thread(target=_in_thread, args=(work,))
    fetching.start()
    assert first.reached.wait(60)
    tell(stems, drums=storage.url + "/last.mp3")
    first.go.set()
    fetching.join(60)
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert content(stems.assets.get()) == OTHER
    assert len(stored_files()) == 1, "what was fetched from the old address is gone"


def test_a_file_stays_until_the_one_from_its_new_url_is_there(
    storage: FileServer, stems: Task, tell: Tell, work: Work
) -> None:
    storage.put("/first.mp3", SOUND)
    tell(stems, "running", drums=storage.url + "/first.mp3")
    work()
    storage.put("/last.mp3", OTHER).status = 500
    tell(stems, drums=storage.url + "/last.mp3")
    work()
    assert content(stems.assets.get()) == SOUND

    storage.put("/last.mp3", OTHER)
    pass_time(60)
    work()

    assert content(stems.assets.get()) == OTHER
    assert len(stored_files()) == 1


def test_the_file_that_is_there_is_shown_even_if_its_newer_one_fails_for_good(
    storage: FileServer, stems: Task, tell: Tell, work: Work, signed_in: Client
) -> None:
    storage.put("/first.mp3", SOUND)
    tell(stems, "running", drums=storage.url + "/first.mp3")
    work()
    tell(stems, drums=storage.url + "/gone.mp3")
    for _ in range(archive.MAX_GONE + 1):
        work()
        pass_time(3600)

    asset = stems.assets.get()
    assert asset.state == "failed"
    page = signed_in.get(stems.get_absolute_url()).content.decode()
    assert asset.get_absolute_url() in page
    assert "could not be saved" in page
    assert content(asset) == SOUND


class ShortStorage(FileSystemStorage):
    """A store that loses the end of what it is given."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        kept = super().save(name, content, max_length)
        os.truncate(self.path(kept), 1000)
        return str(kept)


def test_a_file_of_which_storage_kept_less_is_not_saved(
    storage: FileServer, stems: Task, tell: Tell, work: Work, settings: Settings
) -> None:
    backend = {"BACKEND": f"{__name__}.ShortStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    storage.put("/drums.mp3", SOUND)
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    asset = stems.assets.get()
    assert (asset.state, bool(asset.file)) == ("waiting", False)
    assert stored_files() == []


class SlowStorage(FileSystemStorage):
    """A store that takes its time: until the row that it keeps a file for is held for longer."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        held = Asset.objects.get().held_until
        until(lambda: Asset.objects.get().held_until != held, "the row to be held for longer")
        return str(super().save(name, content, max_length))


def test_a_file_that_is_stored_slowly_is_not_begun_again_by_another_worker(
    storage: FileServer,
    stems: Task,
    tell: Tell,
    work: Work,
    settings: Settings,
) -> None:
    settings.STUDIO_LEASE = 2
    backend = {"BACKEND": f"{__name__}.SlowStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    storage.put("/drums.mp3", SOUND)
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert content(stems.assets.get()) == SOUND


def test_a_url_that_has_run_out_is_asked_for_anew(
    storage: FileServer, stems: Task, tell: Tell, work: Work, api: Recorder
) -> None:
    storage.put("/new.mp3", SOUND)
    tell(stems, drums=storage.url + "/gone.mp3")
    fresh = {"vocal_removal": {"drums": storage.url + "/new.mp3"}}
    data = {"task_id": stems.vidgo_id, "status": "finished", "files": [fresh]}
    api.answer(DETAIL, {"code": 200, "data": data})
    work()
    for _ in range(2):
        pass_time(5)
        work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert content(stems.assets.get()) == SOUND


def test_an_address_that_runs_out_while_the_storage_is_away_is_asked_for_anew(
    storage: FileServer, stems: Task, tell: Tell, work: Work, api: Recorder
) -> None:
    storage.put("/drums.mp3", SOUND).status = 500
    tell(stems, drums=storage.url + "/drums.mp3")
    for _ in range(12):
        work()
        pass_time(3600)
    storage.put("/drums.mp3", SOUND).status = 403
    storage.put("/new.mp3", SOUND)
    fresh = {"vocal_removal": {"drums": storage.url + "/new.mp3"}}
    data = {"task_id": stems.vidgo_id, "status": "finished", "files": [fresh]}
    api.answer(DETAIL, {"code": 200, "data": data})
    for _ in range(3):
        work()
        pass_time(3600)

    assert content(stems.assets.get()) == SOUND


def test_what_fails_for_good_is_seen_and_can_be_started_again(
    storage: FileServer, stems: Task, tell: Tell, work: Work, signed_in: Client
) -> None:
    tell(stems, drums=storage.url + "/gone.mp3")
    for _ in range(archive.MAX_GONE + 1):
        work()
        pass_time(3600)
    asset = stems.assets.get()
    assert asset.state == "failed"
    page = signed_in.get(stems.get_absolute_url()).content.decode()
    assert "could not be saved" in page
    assert f"/tasks/{stems.pk}/save-again/" in page

    storage.put("/gone.mp3", SOUND)
    signed_in.post(f"/tasks/{stems.pk}/save-again/")
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert content(stems.assets.get()) == SOUND


@pytest.mark.once
def test_a_file_that_is_too_large_is_not_taken(
    storage: FileServer, stems: Task, tell: Tell, work: Work, settings: Settings
) -> None:
    settings.STUDIO_MAX_RESULT = 500_000
    storage.put("/drums.mp3", SOUND)
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    asset = stems.assets.get()
    assert asset.state == "waiting"
    assert "larger than" in asset.error
    assert stored_files() == []
    begun = (settings.STUDIO_DATA_DIR / "incoming").glob("asset-*")
    assert [path for path in begun if path.suffix != ".etag"] == [], "its length is told at once"


@pytest.fixture
def small_disk(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB under the data folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    settings.STUDIO_DATA_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("free", [0, 500_000, 17 * 1024**2 - 200_000])
def test_a_full_disk_is_waited_for(
    storage: FileServer, stems: Task, tell: Tell, work: Work, small_disk: Path, free: int
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(24 * 1024**2 - free - 64 * 1024))
    storage.put("/drums.mp3", SOUND)
    tell(stems, drums=storage.url + "/drums.mp3")
    for _ in range(70):
        work()
        pass_time(60)
    asset = stems.assets.get()
    assert (asset.state, asset.error) == ("waiting", "Our own storage is full.")
    assert stored_files() == [], "no half of a file fills the disk further"

    ballast.unlink()
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert content(stems.assets.get()) == SOUND


def test_a_task_that_is_ready_without_any_file_is_asked_for_and_then_said_so(
    stems: Task, work: Work, client: Client, signed_in: Client, api: Recorder
) -> None:
    data: Any = {"task_id": stems.vidgo_id, "status": "finished", "files": []}
    for _ in range(20):
        api.answer(DETAIL, {"code": 200, "data": data})
    client.post(f"/callback/{stems.callback_token}/", data, "application/json")
    for _ in range(12):
        work()
        pass_time(700)

    stems.refresh_from_db()
    assert stems.saved_at is None
    assert 5 <= len(api.queries) <= 10
    assert "it gives no result" in signed_in.get(stems.get_absolute_url()).content.decode()


def test_files_that_come_after_a_ready_without_any_are_kept(
    storage: FileServer, stems: Task, work: Work, client: Client, tell: Tell
) -> None:
    data: Any = {"task_id": stems.vidgo_id, "status": "finished", "files": []}
    client.post(f"/callback/{stems.callback_token}/", data, "application/json")
    storage.put("/drums.mp3", SOUND)
    tell(stems, drums=storage.url + "/drums.mp3")
    work()

    stems.refresh_from_db()
    assert stems.saved_at
    assert stems.error == ""


@pytest.mark.once
def test_the_files_of_all_operations_are_the_sources_own(
    sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]
) -> None:
    sandbox.script += [("file", "cut"), ("file", "500"), ("file", "slow"), ("file", "cut")]
    form = {"title": "T", "tags": "a", "negative_tags": "b"}
    form["upload_url"] = "https://example.com/voice.mp3"
    signed_in.post("/new/add-instrumental/", form)
    task = Task.objects.get()
    for _ in range(4):
        pass_time(60)
        finish(task) if not task.is_final else pass_time(60)
    finish(task)

    sent = {file["sha256"] for file in sandbox.ledger()[0]["files"] if file["final"]}
    assert {hashlib.sha256(content(asset)).hexdigest() for asset in task.assets.all()} == sent


def _in_thread(work: Work) -> None:
    work()
    connection.close()
