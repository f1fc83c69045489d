"""What the API answers, and what only tests ask for."""

import json
import secrets
import string
import time
from pathlib import Path
from typing import Any

from vidgo_sandbox.answers import created_time, detail
from vidgo_sandbox.checks import RefusedError
from vidgo_sandbox.engine import Engine
from vidgo_sandbox.faults import Faults
from vidgo_sandbox.operations import OPERATIONS, read_submit, songs_for
from vidgo_sandbox.songs import SONGS
from vidgo_sandbox.store import SUBMITTED, Store, Task
from vidgo_sandbox.workshop import Workshop

_STARTING_BALANCE = 1000
_EARLY_PATIENCE = 5


class Api:
    """The service without its listening socket (`sandbox`) and its HTTP (`server`)."""

    # The server's own address, once it listens.
    url = ""

    def __init__(
        self,
        data: Path,
        *,
        key: str,
        pace: float,
        light: bool,
        faults: int | None,
        retries: tuple[float, ...],
        charge_at_submit: bool,
    ) -> None:
        self.faults = Faults(faults)
        self.script = self.faults.script
        self.pace = pace
        self._charge_at_submit = charge_at_submit
        self._key = key
        data.mkdir(parents=True, exist_ok=True)
        self._store = Store(data / "sandbox.sqlite3")
        if self._store.setting("balance") is None:
            self._store.set("balance", str(_STARTING_BALANCE))
        self._workshop = Workshop(data, self._store, light)
        self._workshop.register_songs()
        self._engine = Engine(
            self._store, self._workshop, self.faults, lambda: self.url, retries, charge_at_submit
        )

    # What the API answers.

    def authorise(self, header: str | None) -> None:
        """Raise RefusedError unless the header carries the accepted key."""
        accepted = f"Bearer {self._store.setting('key') or self._key}"
        if not secrets.compare_digest((header or "").encode(), accepted.encode()):
            raise RefusedError(401, "The API key is missing or wrong.")

    def submit(self, body: Any, request: int, hurry: bool) -> dict[str, Any]:
        """Accept a submit and give its ``data``, or raise RefusedError.

        ``request`` is the number under which it was noted. With ``hurry`` the first callback comes
        before this returns, if it comes within a few seconds.
        """
        model, callback_url, given = read_submit(body)
        now = time.time()
        pace = 0 if hurry else self.pace
        task_id = f"task-unified-{int(now)}-{_random_name()}"
        with self._store.change():
            self._store.insert(
                "tasks",
                **self._taken_on(model, given),
                task_id=task_id,
                callback_url=callback_url,
                created=now,
                due=now + pace,
                pace=pace,
                doomed=self.faults.take("task") == "fail",
            )
            sql = "UPDATE requests SET accepted = 1, task_id = ? WHERE id = ?"
            self._store.rows(sql, task_id, request)
        called = self._engine.expect_callback(task_id) if hurry else None
        self._engine.wake()
        if called:
            called.wait(_EARLY_PATIENCE)
        return {"task_id": task_id, "status": "not_started", "created_time": created_time(now)}

    def _taken_on(self, model: str, given: dict[str, Any]) -> dict[str, Any]:
        """Return what is known of a task as it begins, or raise RefusedError."""
        operation = OPERATIONS[model]
        once = given[operation.once[0]] if operation.once else None
        if "task_id" in given or "audio_id" in given:
            self._check_source(model, given)
        if operation.once and self._store.tasks(
            "model = ? AND once = ? AND status != 'failed'", model, once
        ):
            raise RefusedError(409, f"A {operation.once[1]} already exists for this source.")
        # Against the balance alone: that is the one figure which the API documents, and what
        # is on its way is not taken off it. So it can fall below nothing in the end.
        if self.balance() < operation.credits_amount:
            raise RefusedError(402, "There are not enough credits.")
        if self._charge_at_submit:
            self._store.pay(operation.credits_amount)
        begun = {"status": "not_started", "stage": 0, "results": "{}", "once": once}
        cost = {"credits_amount": operation.credits_amount}
        return {"model": model, "input": json.dumps(given), **begun, **cost}

    def detail(self, task_id: str) -> dict[str, Any]:
        """Return the ``data`` of a query, or raise RefusedError."""
        task = self._store.task(task_id)
        if task is None:
            raise RefusedError(404, "There is no task with this task_id.")
        told = detail(task, task.status, task.stage, self.url)
        # Callbacks tell of parts, queries of what is finished alone.
        return told if task.status == "finished" else {**told, "files": []}

    def balance(self) -> float:
        """Return the credits that are left, below 0 where more was taken on than there was."""
        return float(self._store.setting("balance") or 0)

    def file(self, url_path: str) -> tuple[Path, str] | None:
        """Return path and SHA-256 of a public file, or None; wait for a song that is being made."""
        if any(url_path.startswith(f"/files/{song.task_id}/") for song in SONGS):
            self._workshop.songs_ready.wait(30)
        found = self._store.rows("SELECT sha256 FROM files WHERE path = ?", url_path)
        path = self._workshop.path(url_path)
        return (path, found[0]["sha256"]) if found and path.is_file() else None

    # What only tests ask for.

    def note_request(self, headers: dict[str, str], body: Any) -> int:
        """Write down a submit that came in, and give its number."""
        return self._store.note_request(headers, body)

    def note_answer(self, request: int, code: int | None, fault: str | None) -> None:
        """Write down what was answered to a submit, None if nothing was."""
        sql = "UPDATE requests SET code = ?, fault = ? WHERE id = ?"
        self._store.rows(sql, code, fault, request)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every accepted submit with its files; those with ``final`` false are previews."""
        return [self._ledger_entry(task) for task in self._store.tasks(SUBMITTED)]

    def requests(self) -> list[dict[str, Any]]:
        """Return every submit that was received, in order, accepted or not."""
        found = self._store.rows("SELECT * FROM requests ORDER BY id")
        for row in found:
            row["headers"], row["body"] = json.loads(row["headers"]), json.loads(row["body"])
            row["accepted"] = bool(row["accepted"])
        return found

    def expire(self) -> int:
        """Delete all result files, as the provider does after a while; give how many."""
        found = self._store.rows(f"SELECT path FROM files WHERE {SUBMITTED}")  # noqa: S608
        for row in found:
            self._workshop.path(row["path"]).unlink(missing_ok=True)
        return len(found)

    def set_balance(self, credits_amount: float) -> None:
        """Set the credits that are left."""
        self._store.set("balance", str(float(credits_amount)))

    def set_key(self, key: str) -> None:
        """Accept this key from now on, and no other."""
        self._store.set("key", key)

    def _ledger_entry(self, task: Task) -> dict[str, Any]:
        files = self._store.rows("SELECT * FROM files WHERE task_id = ?", task.task_id)
        return {
            "task_id": task.task_id,
            "model": task.model,
            "callback_url": task.callback_url,
            "input": task.input,
            "status": task.status,
            "error_message": task.error_message,
            "credits_amount": task.credits_amount if task.status == "finished" else 0,
            "files": [
                {
                    "url": self.url + file["path"],
                    "sha256": file["sha256"],
                    "size": file["size"],
                    "final": bool(file["final"]),
                }
                for file in files
            ],
        }

    def _check_source(self, model: str, given: dict[str, Any]) -> None:
        """Raise RefusedError unless the source is a finished song and the track its own."""
        source = self._source(given)
        name = "task_id" if "task_id" in given else "audio_id"
        if source is None:
            raise RefusedError(404, f"input.{name} is not the id of any task.")
        if model not in songs_for(source.model):
            raise RefusedError(422, f"input.{name} must be of a song, not of {source.model}.")
        if source.status != "finished":
            raise RefusedError(422, f"input.{name} must be of a task that has finished.")
        tracks = {track["audio_id"]: track for track in source.results["tracks"]}
        track = tracks.get(given.get("audio_id", next(iter(tracks))))
        if track is None:
            raise RefusedError(422, "input.audio_id is not a track of this task.")
        problem = OPERATIONS[model].fits(given, track)
        if problem:
            raise RefusedError(422, f"input.{problem}.")

    def _source(self, given: dict[str, Any]) -> Task | None:
        if "task_id" in given:
            return self._store.task(given["task_id"])
        try:
            return self._store.track(given["audio_id"])[0]
        except KeyError:
            return None


def _random_name() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
