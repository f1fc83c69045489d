"""Takes tasks from stage to stage and delivers callbacks, in threads of its own."""

import json
import logging
import queue
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from vidgo_sandbox.answers import FIRST_TRACK_STAGE, LAST_STAGE, TEXT_STAGE, detail
from vidgo_sandbox.faults import Faults
from vidgo_sandbox.media import MediaError
from vidgo_sandbox.operations import OPERATIONS
from vidgo_sandbox.store import SUBMITTED, Delivery, Store, Task
from vidgo_sandbox.workshop import Workshop

ANSWER_WITHIN = 10
_MAKERS, _SENDERS = 2, 32
_log = logging.getLogger(__name__)


class Engine:
    """Everything that happens by itself; ``base`` gives the server's own address."""

    def __init__(
        self,
        store: Store,
        workshop: Workshop,
        faults: Faults,
        base: Callable[[], str],
        retries: tuple[float, ...],
        charge_at_submit: bool,
    ) -> None:
        self._charge_at_submit = charge_at_submit
        self._store, self._workshop, self._faults = store, workshop, faults
        self._base, self._retries = base, retries
        self._stopping = False
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._busy: set[str] = set()
        # One delivery of a task at a time, so that the order in which they fall due is kept.
        self._sending: set[str] = set()
        self._expected: dict[str, threading.Event] = {}
        self._senders = threading.Semaphore(_SENDERS)

    def start(self) -> None:
        """Begin, or go on with whatever was left unfinished."""
        loops = [self._schedule, self._songs, *[self._make] * _MAKERS, *[self._send] * _SENDERS]
        for loop in loops:
            threading.Thread(target=self._guard, args=(loop,), daemon=True).start()

    def stop(self) -> None:
        """Stop where it stands; a new engine on the same store goes on from there.

        Callbacks under way are waited for: nobody is called once this has returned.
        """
        self._stopping = True
        self._workshop.studio.stop()
        self._wake.set()
        end = time.monotonic() + ANSWER_WITHIN
        for _ in range(_SENDERS):
            self._senders.acquire(timeout=max(end - time.monotonic(), 0))

    def wake(self) -> None:
        """Look for something to do now."""
        self._wake.set()

    def expect_callback(self, task_id: str) -> threading.Event:
        """Return an event that is set once the first callback of a task has been tried."""
        with self._lock:
            return self._expected.setdefault(task_id, threading.Event())

    def _guard(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except (sqlite3.ProgrammingError, MediaError, OSError):
            # The store was closed or ffmpeg was ended under our feet: that is how stopping looks.
            if not self._stopping:
                raise

    def _songs(self) -> None:
        self._workshop.make_songs()

    def _schedule(self) -> None:
        while not self._stopping:
            now = time.time()
            self._hand_out(now)
            # What was due and still busy wakes us when it is done.
            due = self._store.next_due(now)
            self._wake.wait(0.5 if due is None else min(0.5, max(0.0, due - time.time())))
            self._wake.clear()

    def _hand_out(self, now: float) -> None:
        active = "status IN ('not_started', 'running') AND due <= ?"
        with self._lock:
            for task in self._store.tasks(active, now):
                if task.task_id not in self._busy:
                    self._busy.add(task.task_id)
                    self._tasks.put(task.task_id)
            for delivery in self._store.deliveries("state = 'pending' AND due <= ?", now):
                if delivery.task_id not in self._sending:
                    self._sending.add(delivery.task_id)
                    self._outbox.put(delivery.id)

    def _make(self) -> None:
        while not self._stopping:
            task_id = self._tasks.get()
            task = self._store.task(task_id)
            if task and task.status in ("not_started", "running"):
                self._advance(task)
            with self._lock:
                self._busy.discard(task_id)
            self._wake.set()

    def _advance(self, task: Task) -> None:
        operation = OPERATIONS[task.model]
        try:
            if task.stage == 0:
                outline = operation.outline(self._workshop, task) if operation.outline else {}
                self._move(task, "running", TEXT_STAGE, outline)
            elif task.stage == TEXT_STAGE:
                results, keep = self._workshop.make(task, operation.make)
                with self._store.change():
                    keep()
                    if operation.outline:
                        self._move(task, "running", FIRST_TRACK_STAGE, results)
                    else:
                        self._move(task, "finished", LAST_STAGE, results)
            else:
                self._move(task, "finished", LAST_STAGE, task.results)
        except MediaError as error:
            self._fail(task, str(error))
        except Exception:
            if not self._stopping:
                _log.exception("task %s", task.task_id)
                self._fail(task, "Internal error.")

    def _fail(self, task: Task, message: str) -> None:
        if self._stopping:
            return
        with self._store.change():
            if self._charge_at_submit:
                self._store.pay(-task.credits_amount)
            self._move(task, "failed", task.stage, task.results, message)

    def _move(
        self, task: Task, status: str, stage: int, results: dict[str, Any], error: str | None = None
    ) -> None:
        in_stages = OPERATIONS[task.model].outline is not None
        with self._store.change():
            if status == "finished" and not self._charge_at_submit:
                self._store.pay(task.credits_amount)
            self._store.rows(
                "UPDATE tasks SET status = ?, stage = ?, results = ?, error_message = ?, due = ?"
                " WHERE task_id = ?",
                *(status, stage, json.dumps(results), error, time.time() + task.pace),
                task.task_id,
            )
            if task.callback_url and (in_stages or status != "running"):
                self._call_back(task, status, stage)

    def _call_back(self, task: Task, status: str, stage: int) -> None:
        """Queue the callback for a stage, with whatever goes wrong with it."""
        final = status != "running"
        held = self._store.deliveries("task_id = ? AND state = 'held'", task.task_id)
        fault = None
        if final or not held:
            fault = self._faults.take("callback", without=("reversed",) if final else ("stale",))
        now = time.time()
        due = now + (self._faults.between(2, 6) if fault == "late" else 0)
        state = "pending"
        if fault == "lost":
            state = "lost"
        elif fault == "reversed" or (held and not final):
            state = "held"

        def queue_one(**changes: Any) -> None:
            usual = {"task_id": task.task_id, "status": status, "stage": stage}
            self._store.insert("deliveries", **usual | {"due": due, "state": state} | changes)

        queue_one()
        if fault == "doubled":
            queue_one()
        elif fault == "foreign":
            queue_one(as_task_id=self._other_task_id(task))
        elif fault == "stale":
            queue_one(status="running", stage=TEXT_STAGE, due=now + 0.2)
        for place, earlier in enumerate(reversed(held) if final else ()):
            sql = "UPDATE deliveries SET state = 'pending', due = ? WHERE id = ?"
            self._store.rows(sql, due + 0.01 * (place + 1), earlier.id)

    def _other_task_id(self, task: Task) -> str:
        others = self._store.tasks(f"task_id != ? AND {SUBMITTED}", task.task_id)
        return others[-1].task_id if others else f"task-unified-0-{uuid.uuid4().hex[:8]}"

    def _send(self) -> None:
        while not self._stopping:
            number = self._outbox.get()
            with self._senders:
                if self._stopping:
                    return
                delivery = self._store.deliveries("id = ?", number)[0]
                task = self._store.task(delivery.task_id)
                if task:
                    self._deliver(delivery, task)
            with self._lock:
                self._sending.discard(delivery.task_id)
                event = self._expected.pop(delivery.task_id, None)
            if event:
                event.set()
            self._wake.set()

    def _deliver(self, delivery: Delivery, task: Task) -> None:
        data = detail(task, delivery.status, delivery.stage, self._base())
        if delivery.as_task_id:
            data["task_id"] = delivery.as_task_id
        # Both forms are documented, with the envelope and without.
        body = data if delivery.id % 2 else {"code": 200, "data": data}
        try:
            answer = requests.post(
                task.callback_url or "", json=body, timeout=ANSWER_WITHIN, allow_redirects=False
            )
            taken = 200 <= answer.status_code < 300
        except requests.RequestException:
            taken = False
        if self._stopping:
            return
        attempt, due, state = delivery.attempt + 1, delivery.due, "done"
        if not taken:
            state = "pending" if delivery.attempt < len(self._retries) else "given_up"
        if state == "pending":
            due = time.time() + self._retries[delivery.attempt]
        sql = "UPDATE deliveries SET attempt = ?, due = ?, state = ? WHERE id = ?"
        self._store.rows(sql, attempt, due, state, delivery.id)
