"""The background worker: the engine's own worker for each queue, and the sweep."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from studio import jobs
from studio.lifecycle import account
from studio.media import analysis, archive, uploads
from studio.running import alarms, health, retention

logger = logging.getLogger(__name__)

# Seconds between two looks into the queues, and between two sweeps.
LOOK = 0.1
SWEEP = 1.0
CLEAN = 300.0


class Command(BaseCommand):
    """`manage.py worker`: one process on the database engine; one child a job slot on Redis."""

    help = "Send, ask and save in the background until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT, then let the jobs under way come to their end."""
        self.stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        slots: Threads | Children = Children() if settings.REDIS_URL else Threads(self.stopping)
        next_clean = 0.0
        is_left: object = True
        alarms.begin()
        # Before the first send: what an unconfirmed one cost is told by the difference.
        self._try(account.look_soon)
        while not self.stopping.wait(SWEEP):
            slots.watch()
            self._try(health.beat)
            self._try(jobs.sweep)
            if is_left:
                is_left = self._try(analysis.renew)
            if time.monotonic() > next_clean:
                self._try(jobs.clean_engine)
                self._try(retention.remove)
                self._try(uploads.clean)
                self._try(archive.clean)
                self._try(health.forget_workers)
                is_left = True
                next_clean = time.monotonic() + CLEAN
        slots.stop()
        self._try(health.rest)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def _try(self, duty: Callable[[], object]) -> object:
        try:
            return duty()
        except Exception:
            # A database that is away for a moment must not end the worker.
            logger.exception("%s failed", duty.__name__)
            return None
        finally:
            close_old_connections()


class Threads:
    """The database engine's job slots. Each queue has its own, so none waits for another's.

    One thread looks for all of them, by a plain read: the engine's own way of looking takes the
    write lock each time, which a dozen idle slots would do all day.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.work = {name: threading.Event() for name in settings.QUEUES}
        slots = ["saving"] * (settings.WORKER_SAVING - settings.WORKER_PARALLEL)
        slots += [name for name in settings.QUEUES for _ in range(settings.WORKER_PARALLEL)]
        self.workers = [
            Worker(
                queue_names=[name],
                interval=LOOK,
                batch=True,
                backend_name="default",
                startup_delay=False,
                max_tasks=None,
                worker_id=get_random_string(32),
                excluded_queue_names=[],
            )
            for name in slots
        ]
        self.threads = [
            threading.Thread(target=self._slot, args=(worker,), daemon=True)
            for worker in self.workers
        ]
        for thread in (threading.Thread(target=self._look, daemon=True), *self.threads):
            thread.start()

    def watch(self) -> None:
        """Do nothing: a slot that fails goes on by itself."""

    def stop(self) -> None:
        """Let the jobs under way come to their end; a long download is gone on with later."""
        for worker in self.workers:
            worker.running = False
        for work in self.work.values():
            work.set()
        end = time.monotonic() + settings.STUDIO_LEASE
        for thread in self.threads:
            thread.join(timeout=max(end - time.monotonic(), 0))

    def _look(self) -> None:
        while not self.stopping.wait(LOOK):
            try:
                ready = DBTaskResult.objects.ready().order_by()
                for name in ready.values_list("queue_name", flat=True).distinct():
                    self.work[name].set()
            except Exception:
                logger.exception("looking for jobs failed and goes on")
                self.stopping.wait(SWEEP)
            finally:
                close_old_connections()

    def _slot(self, worker: Worker) -> None:
        """Wait for work in the slot's queue, do all of it, wait again."""
        work = self.work[worker.queue_names[0]]
        while worker.running:
            work.wait()
            work.clear()
            try:
                worker.run()
            except Exception:
                logger.exception("a job slot failed and goes on")
                self.stopping.wait(SWEEP)
            finally:
                close_old_connections()


class Children:
    """Redis workers of their own process: RQ's end a job by a signal, which a thread cannot get."""

    def __init__(self) -> None:
        # The first takes no file on: however many are being copied, what is to be sent is sent.
        savers = settings.WORKER_SAVING - settings.WORKER_PARALLEL
        queues = [("sending", "asking"), *[("saving",)] * savers]
        queues += [tuple(settings.QUEUES)] * settings.WORKER_PARALLEL
        self.children = [(names, self._start(names)) for names in queues]

    def watch(self) -> None:
        """Start each again that has died: killed, or without its Redis."""
        self.children = [
            (names, child if child.poll() is None else self._start(names))
            for names, child in self.children
        ]

    def stop(self) -> None:
        """Let the jobs under way come to their end."""
        for _, child in self.children:
            child.terminate()
        for _, child in self.children:
            child.wait()

    def _start(self, queues: Sequence[str]) -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            *("manage.py", "rqworker", *queues, "--job-class", "django_tasks_rq.Job"),
            *("--worker-class", "studio.management.redis.Worker", "--verbosity", "0"),
        ]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ)  # noqa: S603
