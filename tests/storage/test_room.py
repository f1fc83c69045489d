"""A disk without room is waited for or said so, and the last of it is left to the database."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from studio import leases
from studio.media import analysis
from studio.models import Asset, Preview, Task
from studio.storage.files import RESERVE
from tests.sounds import tone

Grow = Callable[[], object]


@pytest.fixture
def grow(settings: Settings, tmp_path: Path) -> Iterator[Grow]:
    """Put the data folder on a disk of 24 MB; return a call that makes the disk larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    settings.STUDIO_DATA_DIR, settings.MEDIA_ROOT = folder, tmp_path / "media"
    larger = ["mount", "-o", "remount,size=400m", str(folder)]
    yield lambda: subprocess.run(larger, check=True)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def stem(transactional_db: None, make: Callable[..., Task]) -> Asset:
    """A stem of which nothing is stored yet."""
    task = make(title="Night", saved_at=timezone.now())
    return Asset(task=task, key="a", kind="stem", label="Drums", content_type="audio/x-wav")


def test_a_preview_waits_for_room_however_long_that_takes(
    stem: Asset, grow: Grow, tmp_path: Path
) -> None:
    with tone(tmp_path / "drums.wav").open("rb") as sound:
        stem.file.save("", File(sound))
    stem.state = Asset.State.SAVED
    stem.save()
    analysis.expect(stem)
    preview = Preview.objects.get()
    for _ in range(analysis.MAX_TRIES + 2):
        Preview.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        analysis.make(preview.pk, leases.take(Preview, preview.pk, 60))
        preview.refresh_from_db()
        assert preview.due_at
        assert preview.due_at > timezone.now()
    grow()
    Preview.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    analysis.make(preview.pk, leases.take(Preview, preview.pk, 60))
    preview.refresh_from_db()
    assert preview.due_at is None
    assert preview.samples
    assert preview.frames == 2 * 44_100


def test_a_backup_leaves_room_for_the_database(stem: Asset, grow: Grow, tmp_path: Path) -> None:
    stem.file.save("", ContentFile(bytes(24 * 1024**2 - RESERVE)))
    target = tmp_path / "disk" / "studio.tar"
    target.write_bytes(b"the one before")
    with pytest.raises(CommandError, match="no room"):
        call_command("backup", str(target))
    assert target.read_bytes() == b"the one before"
    assert list(target.parent.glob("*.part")) == []
    grow()
    call_command("backup", str(target))
    assert target.stat().st_size > stem.file.size
