"""Background work on Django's Tasks API: send, ask, save, and the sweep that forgets nothing.

A job is only a nudge. What is to be done stands on the rows (`due_at`); a job that is lost, late
or run twice changes nothing that the next sweep does not mend.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from studio import leases, lifecycle
from studio.lifecycle import account
from studio.media import analysis, archive
from studio.media.sharing import callback_url, wire_input
from studio.models import Asset, Preview, Task
from studio.vidgo import client
from vidgo_site.logs import about

logger = logging.getLogger(__name__)

BATCH = 200
# So many jobs in a queue are not lost, but slow: more of them would only make it slower.
FULL = 50
# Files of one task that are queued or copied at once, of all that a worker copies.
SHARE = max(settings.WORKER_SAVING // 4, 1)
# Rows of the engine that are done with, or whose worker is gone: ours hold the truth.
ENGINE_KEEPS = timedelta(hours=1)
ENGINE_KEEPS_DONE = timedelta(minutes=1)


@task(queue_name="sending")
def send(task_pk: int) -> None:
    """Send one task to the API."""
    known = Task.objects.get(pk=task_pk)
    with about(task=task_pk, request=known.request):
        lease = leases.take(Task, task_pk, settings.STUDIO_LEASE)
        # Put together before the intent is committed: what fails here has surely not been sent.
        address, given = callback_url(known), wire_input(known)
        row = lifecycle.begin_send(task_pk, lease)
        if row is None:
            return
        answer = client.submit(row.operation, address, given)
        _keep_trying(lambda: lifecycle.record_answer(task_pk, row.lease, answer))
        kick(task_pk)


@task(queue_name="asking")
def ask(task_pk: int) -> None:
    """Ask the API for one task."""
    vidgo_id, request = Task.objects.values_list("vidgo_id", "request").get(pk=task_pk)
    lease = vidgo_id and leases.take(Task, task_pk, settings.STUDIO_LEASE)
    if not vidgo_id or not lease:
        return
    with about(task=task_pk, request=request):
        lifecycle.record_query(task_pk, lease, client.query(vidgo_id))
        kick(task_pk)


@task(queue_name="saving")
def save(asset_pk: int) -> None:
    """Copy one result into our storage."""
    lease = leases.take(Asset, asset_pk, settings.STUDIO_LEASE)
    if lease:
        found = Asset.objects.values_list("task__pk", "task__request").get(pk=asset_pk)
        task_pk, request = found
        with about(asset=asset_pk, task=task_pk, request=request):
            archive.save(asset_pk, lease)
        # The next of the same task, which had its share.
        kick(task_pk)


@task(queue_name="listening")
def preview(preview_pk: int) -> None:
    """Look at one saved sound or film: what its page draws."""
    lease = leases.take(Preview, preview_pk, analysis.LEASE)
    if lease:
        analysis.make(preview_pk, lease)


@task(queue_name="asking")
def look_at_account() -> None:
    """Ask the API for the balance."""
    account.record_balance(client.balance())


def _keep_trying(record: Callable[[], None]) -> None:
    """Record what may have cost credits even if the database is away for a moment."""
    end = time.monotonic() + settings.STUDIO_LEASE_MARGIN
    while True:
        try:
            return record()
        except leases.DATABASE_AWAY:
            if time.monotonic() > end:
                raise
            logger.exception("the answer could not be recorded and is recorded again")
            close_old_connections()
            time.sleep(1)


def kick(task_pk: int) -> None:
    """Queue what is due on one task and its files, once the present transaction is committed."""
    transaction.on_commit(lambda: _kick(task_pk))


def _kick(task_pk: int) -> None:
    for row in leases.free(Task).filter(pk=task_pk):
        _queue(row)
    for file in lifecycle.next_to_save(SHARE, BATCH, task_pk):
        _queue(file)


def _queue(row: Any) -> None:
    """Hold a row and hand it to the engine. An engine that is away is the sweep's business."""
    if not leases.hold(type(row), row.pk):
        return
    try:
        _job_for(row).enqueue(row.pk)
    except Exception:
        logger.exception("the engine took no job for %s", row)


def _job_for(row: Any) -> Any:
    if isinstance(row, Asset):
        return save
    if isinstance(row, Preview):
        return preview
    return send if row.status == Task.Status.PENDING else ask


def sweep() -> None:
    """Queue all that is due, settle what a crash left, look at the account. Each on its own."""
    for step in (_settle, _queue_due, _look):
        try:
            step()
        except Exception:
            # A database away for a moment, or one bad row, must not keep the rest from going on.
            logger.exception("the sweep could not do %s", step.__name__)


def _settle() -> None:
    for task_pk in [*lifecycle.expire_sends(), *lifecycle.apply_left_behind()]:
        kick(task_pk)


def _queue_due() -> None:
    pending = Q(status=Task.Status.PENDING)
    due = {
        "sending": leases.free(Task).filter(pending).order_by("due_at")[:BATCH],
        "asking": leases.free(Task).exclude(pending).order_by("due_at")[:BATCH],
        "listening": leases.free(Preview).order_by("due_at")[:BATCH],
    }
    # A queue is counted only where something is due: most sweeps find nothing.
    for queue, rows in due.items():
        if rows and _waiting(queue) < FULL:
            for row in rows:
                _queue(row)
    if leases.free(Asset).exists() and _waiting("saving") < FULL:
        for file in lifecycle.next_to_save(SHARE, BATCH):
            _queue(file)


def _waiting(queue: str) -> int:
    """Return how many jobs lie in one of the engine's queues."""
    if settings.REDIS_URL:
        import django_rq  # needs REDIS_URL to be set

        return int(django_rq.get_queue(queue).count)
    return DBTaskResult.objects.ready().filter(queue_name=queue).count()


def _look() -> None:
    if account.take_check():
        look_at_account.enqueue()


def clean_engine() -> None:
    """Delete the engine's old rows: done, failed, or left running by a worker that is gone."""
    if settings.REDIS_URL:
        _clean_redis()
        return
    now = timezone.now()
    DBTaskResult.objects.filter(enqueued_at__lt=now - ENGINE_KEEPS).delete()
    DBTaskResult.objects.successful().filter(finished_at__lt=now - ENGINE_KEEPS_DONE).delete()


def _clean_redis() -> None:
    import django_rq  # needs REDIS_URL to be set

    for name in settings.QUEUES:
        # RQ keeps what failed for a year.
        failed = django_rq.get_queue(name).failed_job_registry
        for job_id in failed.get_job_ids():
            failed.remove(job_id, delete_job=True)
