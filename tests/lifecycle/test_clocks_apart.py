"""Two machines whose clocks are minutes apart: what one holds, the other leaves alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from studio import leases
from studio.lifecycle import sending
from studio.models import Task


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a call that sets this machine's clock so many seconds ahead; less than 0: behind."""
    right = timezone.now

    def put(seconds: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(seconds=seconds))

    return put


@pytest.mark.parametrize("other", [120, -120])
def test_a_row_is_held_once(
    make_task: Callable[..., Task], ahead: Callable[[float], None], other: float
) -> None:
    task = make_task()
    Task.objects.update(due_at=timezone.now() - timedelta(hours=1))
    ahead(-other)
    lease = leases.take(Task, task.pk, 30)
    ahead(other)
    assert lease
    assert not leases.take(Task, task.pk, 30)
    assert not leases.hold(Task, task.pk)
    assert leases.extend(Task, task.pk, lease, 30)


def test_a_sending_that_is_under_way_is_not_taken_for_cut_off(
    make_task: Callable[..., Task], ahead: Callable[[float], None]
) -> None:
    task = make_task()
    Task.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert sending.begin_send(task.pk, leases.take(Task, task.pk, 30))
    ahead(120)
    assert not sending.expire_sends()
    Task.objects.update(held_until=timezone.now() - timedelta(minutes=3))
    assert sending.expire_sends() == [task.pk]
