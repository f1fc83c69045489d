"""Backups that are kept: only what is new is copied, old ones go by a rule, each comes back."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from studio.lifecycle import account
from studio.models import Account, Asset, Backup, Task
from studio.running import places, retention, standing, vault
from studio.running.dumps import BackupError

FIRST = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
FILE = 3000


@pytest.fixture
def studio(transactional_db: None, settings: Settings, tmp_path: Path) -> Callable[[str], Asset]:
    """An empty studio. Returns a call that makes a task with one saved file."""
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()

    def make(title: str) -> Asset:
        task = Task.objects.create(
            operation="import-song", status="finished", title=title, form_key=os.urandom(16).hex()
        )
        asset = Asset(task=task, key="0", kind="audio", label=title, state="saved", size=FILE)
        asset.file.save("sound.mp3", ContentFile(os.urandom(FILE)))
        return asset

    return make


def rows() -> str:
    """Return every task and what it gave."""
    return serializers.serialize("json", [*Task.objects.all(), *Asset.objects.all()])


def files() -> dict[str, bytes]:
    """Return the bytes of every file that the rows speak of and that is there."""
    names = [str(asset.file.name) for asset in Asset.objects.all()]
    return {
        name: default_storage.open(name).read() for name in names if default_storage.exists(name)
    }


def objects(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in (folder / "files").rglob("*") if path.is_file()}


def stamp(number: int) -> str:
    return f"{FIRST + timedelta(days=number - 1):%Y%m%d-%H%M%S}"


def test_thirty_nights_with_a_file_lost_and_a_night_left_out(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    states: dict[int, tuple[str, dict[str, bytes]]] = {}
    lost, content = "", b""
    for number in range(1, 31):
        studio(f"Song {number}")
        if number == 11:
            lost, content = next(iter(files().items()))
            default_storage.delete(lost)
        states[number] = rows(), files() | ({lost: content} if lost else {})
        if number == 18:
            continue
        kept = standing.keep(str(folder), FIRST + timedelta(days=number - 1))
        # Told each night; and still there from the nights before.
        assert kept.missing == ([lost] if lost else [])
        assert kept.files == number
        dump = vault.manifest(places.at(str(folder)), kept.name)["database"]
        new = 2 if number == 19 else 1
        assert kept.copied == new * FILE + objects(folder)[dump].stat().st_size

    remaining = vault.names(places.at(str(folder)))
    # The last of four weeks (Sundays, and Monday the 30th), of seven days, of the month.
    assert remaining == [stamp(number) for number in (15, 22, *range(24, 31))]
    # Each song once, and the nine dumps.
    sizes = [path.stat().st_size for path in objects(folder).values()]
    assert len(sizes) == 30 + 9
    assert sizes.count(FILE) == 30
    assert vault.check(places.at(str(folder))) == []

    for number in (15, 30):
        for name in files():
            default_storage.delete(name)
        Task.objects.all().delete()
        call_command("restore", stamp(number), "--from", str(folder), "--force")
        assert (rows(), files()) == states[number]


def test_what_is_missing_is_listed_and_ends_the_command_with_an_error(
    studio: Callable[[str], Asset], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studio("There")
    gone = studio("Gone")
    default_storage.delete(str(gone.file.name))
    with pytest.raises(CommandError, match=str(gone.file.name)):
        call_command("backup", "--to", str(tmp_path / "kept"))
    assert "the database and 1 files" in capsys.readouterr().out
    assert standing.read().trouble == "The storage has lost 1 file."
    call_command("restore", "newest", "--from", str(tmp_path / "kept"), "--force")
    assert Task.objects.count() == 2


def test_a_file_whose_disk_gives_no_bytes_costs_itself_alone(
    studio: Callable[[str], Asset], settings: Settings, tmp_path: Path
) -> None:
    studio("There")
    unreadable = studio("Unreadable")
    path = Path(default_storage.path(str(unreadable.file.name)))
    path.unlink()
    # Reading a folder fails as a bad sector does: it is there, and gives no bytes.
    path.symlink_to("/proc/self/mem")
    kept = standing.keep(str(tmp_path / "kept"))
    assert kept.missing == [str(unreadable.file.name)]
    assert kept.files == 1


def test_damage_at_the_place_is_noticed_and_mended_where_the_studio_has_the_file(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    mended, beyond = studio("Mended"), studio("Beyond")
    begin = timezone.now() - timedelta(days=40)
    first = standing.keep(str(folder), begin)
    found = vault.manifest(places.at(str(folder)), first.name)["files"]
    for asset in (mended, beyond):
        path = objects(folder)[found[str(asset.file.name)]["sha256"]]
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    before = rows()
    with pytest.raises(CommandError, match=str(beyond.file.name)):
        call_command("restore", first.name, "--from", str(folder), "--force")
    assert rows() == before
    default_storage.delete(str(beyond.file.name))
    with pytest.raises(CommandError, match="Damaged"):
        call_command("backup", "--check", "--to", str(folder))

    # Each byte is read once within so many nights; those without the two are left out here.
    turns = {int(path.name[-4:], 16) % vault.RECHECK for path in objects(folder).values()}
    nights = [begin + timedelta(days=number) for number in range(1, vault.RECHECK + 1)]
    nights = [night for night in nights if night.toordinal() % vault.RECHECK in turns]
    last = [standing.keep(str(folder), night) for night in nights][-1]

    lost = found[str(beyond.file.name)]["sha256"]
    assert last.damaged == [f"files/{lost[:2]}/{lost}"]
    assert "damaged" in standing.read().trouble
    assert (folder / "damaged" / lost).exists()
    with pytest.raises(CommandError, match="--anyway"):
        call_command("restore", first.name, "--from", str(folder), "--force")
    call_command("restore", first.name, "--from", str(folder), "--force", "--anyway")
    assert list(files()) == [str(mended.file.name)]


def test_a_backup_that_fails_is_told_and_leaves_those_before(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    studio("Song")
    first = standing.keep(str(folder))
    assert standing.read().trouble == ""
    (folder / "backups").rename(tmp_path / "unmounted")

    with pytest.raises(CommandError, match="is it mounted"):
        call_command("backup", "--to", str(folder))

    assert "is it mounted" in standing.read().trouble
    assert standing.read().last_good == Backup.objects.get(name=first.name).began_at
    (tmp_path / "unmounted").rename(folder / "backups")
    call_command("backup", "--to", str(folder))
    assert standing.read().trouble == ""


def test_what_a_killed_backup_left_is_cleared_away(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    studio("Song")
    (folder / ".new-killed").mkdir(parents=True)
    (folder / ".new-killed" / "part").write_bytes(b"half")
    (folder / "files/ab").mkdir(parents=True)
    (folder / "files/ab" / ("ab" * 32)).write_bytes(b"of no manifest")

    standing.keep(str(folder))

    assert not list(folder.glob(".new-*"))
    assert len(objects(folder)) == 2


def test_an_old_backup_is_told_where_backups_are_set_up(
    studio: Callable[[str], Asset], settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_TO = str(tmp_path / "kept")
    standing.keep(settings.BACKUP_TO, timezone.now() - timedelta(hours=37))
    assert standing.read().trouble == "The last good backup is older than 36 hours."
    call_command("backup")
    assert standing.read().trouble == ""


@pytest.mark.parametrize("kind", ["tar", "place"])
def test_an_older_release_refuses_a_newer_backup(
    studio: Callable[[str], Asset], tmp_path: Path, kind: str
) -> None:
    studio("Song")
    later = MigrationRecorder(connection)
    later.record_applied("studio", "9999_of_a_later_release")
    try:
        call_command("backup", *given(kind, tmp_path))
    finally:
        later.record_unapplied("studio", "9999_of_a_later_release")
    before = rows()
    source = ("newest", "--from", str(tmp_path)) if kind == "place" else given(kind, tmp_path)
    with pytest.raises(CommandError, match=r"newer than this one .* studio\.9999_of_a_later"):
        call_command("restore", *source, "--force")
    assert rows() == before


def given(kind: str, folder: Path) -> tuple[str, ...]:
    return ("--to", str(folder)) if kind == "place" else (str(folder / "studio.tar"),)


def test_an_empty_studio_drives_out_no_backup(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    address = str(tmp_path / "kept")
    studio("Low tide")
    standing.keep(address, FIRST)
    Task.objects.all().delete()
    Backup.objects.all().delete()

    with pytest.raises(BackupError, match="holds backups of which this studio knows nothing"):
        standing.keep(address, FIRST + timedelta(hours=7))

    assert standing.read().failed
    assert vault.names(places.at(address)) == [stamp(1)]
    call_command("restore", stamp(1), "--from", address, "--force")
    assert standing.keep(address, FIRST + timedelta(hours=8)).files == 1


def test_another_place_is_taken_over_by_a_word(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    studio("Low tide")
    vault.save(places.at(str(tmp_path / "kept")), FIRST)

    assert standing.keep(str(tmp_path / "kept"), FIRST + timedelta(days=1), anew=True).files == 1


def test_what_waited_to_be_sent_may_have_been_since(
    studio: Callable[[str], Asset], tmp_path: Path, make_task: Callable[..., Task]
) -> None:
    place = places.at(str(tmp_path / "kept"))
    task = make_task()
    Task.objects.update(evidence={"before": "100"})
    vault.save(place, FIRST)

    vault.restore(place, stamp(1))

    task.refresh_from_db()
    assert (task.status, task.due_at, task.evidence) == ("unconfirmed", None, {})
    assert task.sent_at, "so that a callback of the first send counts"
    assert "comes from a backup" in task.events.latest("pk").text


def test_what_a_restore_brings_back_stays_its_whole_time(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    place = places.at(str(tmp_path / "kept"))
    in_trash, ruled = studio("In the trash"), studio("By the rules")
    long_ago = timezone.now() - timedelta(days=100)
    account.get()
    Account.objects.update(keep_results=30, removes_from=long_ago)
    Task.objects.update(finished_at=long_ago)
    Task.objects.filter(pk=in_trash.task_id).update(deleted_at=long_ago)
    vault.save(place, FIRST)
    retention.remove()
    assert files() == {}

    vault.restore(place, stamp(1))
    retention.remove()

    assert {*files()} == {str(asset.file.name) for asset in (in_trash, ruled)}
    assert [each.count for each in retention.going(timedelta(days=14))] == [1, 2]


def test_a_file_that_was_cut_short_is_told_and_comes_back_whole(
    studio: Callable[[str], Asset], tmp_path: Path
) -> None:
    address = str(tmp_path / "kept")
    asset = studio("Low tide")
    standing.keep(address, FIRST)
    whole = files()
    os.truncate(asset.file.path, 100)

    kept = standing.keep(address, FIRST + timedelta(days=1))

    assert kept.missing == [str(asset.file.name)]
    assert "The storage has lost 1 file." in standing.read().trouble
    vault.restore(places.at(address), kept.name)
    assert files() == whole
