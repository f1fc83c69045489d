"""The sandbox as a whole: the API's answers, the test ledger, starting and stopping."""

import json
import secrets
import string
import threading
import time
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vidgo_sandbox.answers import created_time, detail
from vidgo_sandbox.engine import Engine
from vidgo_sandbox.faults import Faults
from vidgo_sandbox.rules import OPERATIONS, SONG_MODEL, RefusedError, read_submit
from vidgo_sandbox.server import Server
from vidgo_sandbox.store import Store, Task
from vidgo_sandbox.workshop import Workshop

_STARTING_BALANCE = 1000
_EARLY_PATIENCE = 5
RETRIES = (1.0, 2.0, 4.0)


class Sandbox:
    """A running service; leaving the ``with`` block (or ``close``) stops it where it stands.

    ``pace`` is the time between two stages in seconds (it can be set anew for the tasks that
    follow), ``light`` makes tiny media without fetching
    anything, ``faults`` is the seed of random disturbances, ``retries`` are the waits before a
    callback is sent again. ``key`` is the accepted API key, unless it was changed earlier through
    the ledger of the same data directory. ``script`` takes faults that are to happen exactly and
    in order, as (place, kind) out of ``faults.KINDS``.
    """

    def __init__(
        self,
        data_dir: str | Path,
        key: str = "sandbox",
        pace: float = 0.1,
        light: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: int | None = None,
        retries: tuple[float, ...] = RETRIES,
    ) -> None:
        data = Path(data_dir)
        data.mkdir(parents=True, exist_ok=True)
        self.faults = Faults(faults)
        self.script = self.faults.script
        self.pace = pace
        self._key = key
        self._store = Store(data / "sandbox.sqlite3")
        if self._store.setting("balance") is None:
            self._store.set("balance", str(_STARTING_BALANCE))
        self._workshop = Workshop(data, self._store, light)
        self._workshop.register_songs()
        self._server = Server((host, port), self)
        bound, number = str(self._server.server_address[0]), self._server.server_address[1]
        self.url = f"http://{'127.0.0.1' if ip_address(bound).is_unspecified else bound}:{number}"
        self._engine = Engine(self._store, self._workshop, self.faults, lambda: self.url, retries)
        self._engine.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once; tasks and deliveries go on when a sandbox starts on the same directory."""
        self._server.stop()
        self._engine.stop()
        self._store.close()

    # What the API answers.

    def authorise(self, header: str | None) -> None:
        """Raise RefusedError unless the header carries the accepted key."""
        given = (header or "").removeprefix("Bearer ")
        accepted = self._store.setting("key") or self._key
        if not header or not secrets.compare_digest(given.encode(), accepted.encode()):
            raise RefusedError(401, "The API key is missing or wrong.")

    def submit(self, body: Any, request: int, hurry: bool) -> dict[str, Any]:
        """Accept a submit and give its ``data``, or raise RefusedError.

        ``request`` is the number under which it was noted. With ``hurry`` the first callback comes
        before this returns, if it comes within a few seconds.
        """
        model, callback_url, given = read_submit(body)
        operation = OPERATIONS[model]
        once = given[operation.once[0]] if operation.once else None
        now = time.time()
        task_id = f"task-unified-{int(now)}-{_random_name()}"
        with self._store.change():
            if "task_id" in given:
                self._check_source(given)
            if operation.once and self._store.tasks(
                "model = ? AND once = ? AND status != 'failed'", model, once
            ):
                raise RefusedError(409, f"A {operation.once[1]} already exists for this source.")
            if self.balance() < operation.credits_amount:
                raise RefusedError(402, "There are not enough credits.")
            self._store.pay(operation.credits_amount)
            pace = 0 if hurry else self.pace
            self._store.insert(
                "tasks",
                task_id=task_id,
                model=model,
                callback_url=callback_url,
                input=json.dumps(given),
                status="not_started",
                stage=0,
                results="{}",
                credits_amount=operation.credits_amount,
                created=now,
                due=now + pace,
                pace=pace,
                doomed=self.faults.take("task") == "fail",
                once=once,
            )
            sql = "UPDATE requests SET accepted = 1, task_id = ? WHERE id = ?"
            self._store.rows(sql, task_id, request)
        called = self._engine.expect_callback(task_id) if hurry else None
        self._engine.wake()
        if called:
            called.wait(_EARLY_PATIENCE)
        return {"task_id": task_id, "status": "not_started", "created_time": created_time(now)}

    def detail(self, task_id: str) -> dict[str, Any]:
        """Give the ``data`` of a query, or raise RefusedError."""
        task = self._store.task(task_id)
        if task is None:
            raise RefusedError(404, "There is no task with this task_id.")
        return detail(task, task.status, task.stage, self.url)

    def balance(self) -> float:
        """Give the credits that are left."""
        return float(self._store.setting("balance") or 0)

    def file(self, url_path: str) -> tuple[Path, str] | None:
        """Give path and SHA-256 of a public file, or None; waits for a song that is being made."""
        if any(url_path.startswith(f"/files/{task.task_id}/") for task in self._songs()):
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
        """Give every accepted submit with its files; those with ``final`` false are previews."""
        return [self._ledger_entry(task) for task in self._store.tasks("model != ?", SONG_MODEL)]

    def requests(self) -> list[dict[str, Any]]:
        """Give every submit that was received, in order, accepted or not."""
        found = self._store.rows("SELECT * FROM requests ORDER BY id")
        for row in found:
            row["headers"], row["body"] = json.loads(row["headers"]), json.loads(row["body"])
            row["accepted"] = bool(row["accepted"])
        return found

    def expire(self) -> int:
        """Delete all result files, as the provider does after a while; give how many."""
        sql = "SELECT path FROM files WHERE task_id IN (SELECT task_id FROM tasks WHERE model != ?)"
        found = self._store.rows(sql, SONG_MODEL)
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
            "credits_amount": 0 if task.status == "failed" else task.credits_amount,
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

    def _songs(self) -> list[Task]:
        return self._store.tasks("model = ?", SONG_MODEL)

    def _check_source(self, given: dict[str, Any]) -> None:
        """Raise RefusedError unless the source is a finished song and the track its own."""
        source = self._store.task(given["task_id"])
        if source is None:
            raise RefusedError(404, "input.task_id is not the id of any task.")
        if source.model != SONG_MODEL:
            raise RefusedError(422, f"input.task_id must be of a song, not of {source.model}.")
        if source.status != "finished":
            raise RefusedError(422, "input.task_id must be of a task that has finished.")
        tracks = [track["audio_id"] for track in source.results["tracks"]]
        if given.get("audio_id", tracks[0]) not in tracks:
            raise RefusedError(422, "input.audio_id is not a track of this task.")


def _random_name() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
