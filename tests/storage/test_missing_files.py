"""A file that is missing in the storage costs itself: not a ZIP, not a backup."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.media import analysis
from studio.models import Asset, Preview, Task


@pytest.fixture
def stems(
    transactional_db: None, make: Callable[..., Task], settings: Settings, tmp_path: Path
) -> list[Asset]:
    """Three saved stems with their samples."""
    settings.MEDIA_ROOT = tmp_path / "media"
    task = make(title="Night", saved_at=timezone.now())
    saved = []
    for label in ("Vocals", "Drums", "Bass"):
        stem = Asset(task=task, key=label, kind="stem", label=label, content_type="audio/x-wav")
        stem.state = Asset.State.SAVED
        stem.file.save("", ContentFile(label.encode()))
        Preview(asset=stem).samples.save("", ContentFile(b"samples"))
        saved.append(stem)
    return saved


def lose(file: Any) -> str:
    """Take a file off the disk. Return its name."""
    file.storage.delete(file.name)
    return str(file.name)


def test_a_zip_is_whole_but_for_the_missing_file(client: Client, stems: list[Asset]) -> None:
    lose(stems[1].file)
    client.force_login(User.objects.create_user("ann"))
    for answer in (
        client.get(f"/tasks/{stems[0].task_id}/files.zip"),
        client.post("/tasks/files.zip", {"task": stems[0].task_id}),
    ):
        assert answer.status_code == 200
        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert len(body) == int(answer.headers["Content-Length"])
        with zipfile.ZipFile(io.BytesIO(body)) as bundle:
            names = {Path(name).name for name in bundle.namelist()}
            assert names == {"Night - vocals.wav", "Night - bass.wav", "Missing.txt"}
            assert b"Night - drums.wav" in bundle.read("Missing.txt")


def test_of_nothing_there_is_no_zip(client: Client, stems: list[Asset]) -> None:
    for stem in stems:
        lose(stem.file)
    client.force_login(User.objects.create_user("ann"))
    assert client.get(f"/tasks/{stems[0].task_id}/files.zip").status_code == 404


def backup(target: Path) -> tuple[dict[str, Any], set[str]]:
    """Return what the manifest of a backup says, and the names in it."""
    with tarfile.open(target) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest
        return json.load(manifest), set(archive.getnames())


def test_a_backup_holds_all_but_the_missing_file_and_says_so(
    stems: list[Asset], tmp_path: Path
) -> None:
    gone, target = lose(stems[1].file), tmp_path / "studio.tar"
    with pytest.raises(CommandError, match="Missing in the storage") as told:
        call_command("backup", str(target))
    assert gone in str(told.value)
    manifest, names = backup(target)
    assert manifest["missing"] == [gone]
    kept = {f"media/{stem.file.name}" for stem in stems} - {f"media/{gone}"}
    assert names == {"database", "manifest.json", *kept}


def test_what_can_be_made_again_is_in_no_backup_and_not_missed(
    stems: list[Asset], tmp_path: Path
) -> None:
    lost, there = Preview.objects.get(asset=stems[0]), Preview.objects.get(asset=stems[1])
    lose(lost.samples)
    target = tmp_path / "studio.tar"
    call_command("backup", str(target))
    assert not [name for name in backup(target)[1] if "previews" in name]
    analysis.make_missing()
    for preview in (lost, there):
        preview.refresh_from_db()
    assert lost.due_at
    assert not lost.samples
    assert not there.due_at
    assert there.samples


def test_no_backup_holds_a_session_or_what_was_typed_at_the_door(
    stems: list[Asset], tmp_path: Path
) -> None:
    session = SessionStore()
    session.create()
    Client().post("/login/", {"username": "a password in the wrong field", "password": "x"})
    target = tmp_path / "studio.tar"
    call_command("backup", str(target))
    body = target.read_bytes()
    assert str(session.session_key).encode() not in body
    assert b"in the wrong field" not in body
    # The product itself goes on as before.
    assert session.exists(str(session.session_key))
