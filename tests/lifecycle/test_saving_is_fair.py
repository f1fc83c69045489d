"""Who is saved next: one task's many files keep no other task's result waiting."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio import jobs, lifecycle
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


def due(asset: Asset, seconds: int, attempts: int = 0) -> Asset:
    """Have a file be due for so long."""
    asset.due_at = timezone.now() - timedelta(seconds=seconds)
    asset.attempts = attempts
    asset.save()
    return asset


def test_of_several_tasks_the_file_that_is_longest_due_goes_first(give: Give) -> None:
    late, latest, soon = (give(1).assets.get() for _ in range(3))
    for asset, seconds in ((late, 20), (latest, 30), (soon, 10)):
        due(asset, seconds)

    assert lifecycle.next_to_save(1, 9) == [latest, late, soon]
    assert lifecycle.next_to_save(1, 2) == [latest, late]
    assert lifecycle.next_to_save(1, 2, soon.task_id) == [soon]


def test_of_one_task_what_has_failed_least_goes_first_and_then_what_is_longest_due(
    give: Give,
) -> None:
    task = give(4)
    first, second, third, fourth = task.assets.order_by("pk")
    due(first, 90, attempts=1)
    due(second, 10)
    due(third, 50)
    due(fourth, 50)
    Asset.objects.filter(pk=fourth.pk).update(due_at=third.due_at)

    assert lifecycle.next_to_save(1, 9) == [third]
    assert lifecycle.next_to_save(3, 9) == [third, fourth, second]
    Asset.objects.filter(pk=third.pk).update(held_until=timezone.now() + timedelta(minutes=1))
    assert lifecycle.next_to_save(2, 9) == [fourth], "one of its two is under way"


@pytest.mark.parametrize("asked_in", [None, 300])
def test_a_copy_that_is_begun_again_has_vidgo_asked_only_where_nobody_is_about_to(
    give: Give, signed_in: Client, asked_in: int | None
) -> None:
    task = give(1)
    planned = asked_in and timezone.now() + timedelta(seconds=asked_in)
    Task.objects.update(due_at=planned, attempts=5)
    Asset.objects.update(state="failed", due_at=None)

    signed_in.post(f"/tasks/{task.pk}/save-again/")

    task.refresh_from_db()
    if planned:
        assert (task.due_at, task.attempts) == (planned, 5)
    else:
        assert task.due_at
        assert task.attempts == 0
