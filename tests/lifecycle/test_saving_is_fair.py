"""Who is saved next: one task's many files keep no other task's result waiting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from studio import jobs
from studio.models import Asset, Task
from tests.fileserver import FileServer

Give = Callable[[int], Task]


@pytest.fixture
def storage() -> Iterator[FileServer]:
    with FileServer() as running:
        running.put("/file.bin", b"a file")
        yield running


@pytest.fixture
def give(
    make: Callable[..., Task], storage: FileServer, settings: Settings, tmp_path: Path
) -> Give:
    """Return a call that makes a finished task with so many files to be saved."""
    settings.STUDIO_DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = tmp_path / "data" / "media"
    settings.STUDIO_DATA_DIR.mkdir()
    settings.VIDGO_API_URL = storage.url

    def run(count: int) -> Task:
        task = make("finished", vidgo_id=f"t-{Task.objects.count()}")
        url, now = storage.url + "/file.bin", timezone.now()
        assets = [
            Asset(task=task, key=str(number), kind="file", label="F", url=url, due_at=now)
            for number in range(count)
        ]
        Asset.objects.bulk_create(assets)
        return task

    return run


def queued(task: Task) -> int:
    """Return how many of a task's files lie in the engine's queue."""
    return task.assets.filter(held_until__gt=timezone.now()).count()


@pytest.mark.usefixtures("transactional_db")
def test_a_task_with_a_thousand_files_takes_no_more_than_its_share(give: Give) -> None:
    many, one = give(1000), give(1)
    jobs.kick(many.pk)
    for _ in range(5):
        jobs.sweep()

    assert queued(one) == 1
    assert 1 <= queued(many) <= jobs.SHARE


@pytest.mark.usefixtures("transactional_db")
def test_what_a_task_has_beyond_its_share_follows(give: Give, work: Callable[[], None]) -> None:
    many = give(jobs.SHARE * 5)

    work()

    assert not many.assets.exclude(state=Asset.State.SAVED).exists()


@pytest.mark.usefixtures("transactional_db")
def test_a_file_that_has_failed_waits_behind_those_that_have_not(give: Give) -> None:
    task = give(jobs.SHARE + 5)
    failed = task.assets.order_by("pk")[: jobs.SHARE].values_list("pk", flat=True)
    Asset.objects.filter(pk__in=list(failed)).update(attempts=1)

    jobs.sweep()

    assert queued(task) == jobs.SHARE
    assert not task.assets.filter(attempts=1, held_until__isnull=False).exists()
