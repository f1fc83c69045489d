"""What the sandbox remembers, in one SQLite file that outlives the program."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    seq INTEGER PRIMARY KEY, task_id TEXT UNIQUE, model TEXT, callback_url TEXT, input TEXT,
    status TEXT, stage INTEGER, results TEXT, error_message TEXT, credits_amount REAL,
    created REAL, due REAL, pace REAL, doomed INTEGER, once TEXT);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (status, due);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, task_id TEXT, status TEXT, stage INTEGER, as_task_id TEXT,
    attempt INTEGER DEFAULT 0, due REAL, state TEXT);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, task_id TEXT, sha256 TEXT, size INTEGER, final INTEGER);
CREATE INDEX IF NOT EXISTS files_task ON files (task_id);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, received REAL, headers TEXT, body TEXT, accepted INTEGER,
    code INTEGER, task_id TEXT, fault TEXT);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""

# What was submitted, and is not a song that was here from the beginning.
SUBMITTED = "task_id IN (SELECT task_id FROM requests WHERE accepted)"


@dataclass(frozen=True)
class Task:
    """One accepted submit, or one of the sandbox's own songs."""

    seq: int
    task_id: str
    model: str
    callback_url: str | None
    input: dict[str, Any]
    status: str
    stage: int
    results: dict[str, Any]
    error_message: str | None
    credits_amount: float
    created: float
    due: float
    pace: float
    doomed: bool
    once: str | None


@dataclass(frozen=True)
class Delivery:
    """One callback to be made: what the task was at ``stage``, perhaps under a wrong name."""

    id: int
    task_id: str
    status: str
    stage: int
    as_task_id: str | None
    attempt: int
    due: float
    state: str


class Store:
    """Thread-safe access to the SQLite file; ``with store.change():`` makes changes one whole.

    Table names and conditions are this package's own texts; values always go in by parameter.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; nothing can be read or written after it."""
        with self._lock:
            self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Do everything inside or nothing of it, with nobody else in between."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Run one statement and give its rows."""
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def insert(self, table: str, **values: Any) -> None:
        """Add one row."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        self.rows(sql, *values.values())

    def tasks(self, condition: str = "1", *values: Any) -> list[Task]:
        """Return the tasks that meet an SQL condition, oldest first."""
        sql = f"SELECT * FROM tasks WHERE {condition} ORDER BY seq"  # noqa: S608
        found = self.rows(sql, *values)
        for row in found:
            row["input"], row["results"] = json.loads(row["input"]), json.loads(row["results"])
            row["doomed"] = bool(row["doomed"])
        return [Task(**row) for row in found]

    def task(self, task_id: str) -> Task | None:
        """Return the task of that id, if there is one."""
        found = self.tasks("task_id = ?", task_id)
        return found[0] if found else None

    def track(self, audio_id: str) -> tuple[Task, dict[str, Any]]:
        """Return a song's track and its task by the track's id. Raises KeyError without one."""
        for task in self.tasks("instr(results, ?)", json.dumps(audio_id)):
            for track in task.results.get("tracks", ()):
                if track["audio_id"] == audio_id:
                    return task, track
        raise KeyError(audio_id)

    def deliveries(self, condition: str, *values: Any) -> list[Delivery]:
        """Return the deliveries that meet an SQL condition, the first due first."""
        sql = f"SELECT * FROM deliveries WHERE {condition} ORDER BY due, id"  # noqa: S608
        return [Delivery(**row) for row in self.rows(sql, *values)]

    def next_due(self, now: float) -> float | None:
        """Return the time after ``now`` at which the next task or delivery wants attention."""
        sql = """SELECT MIN(due) AS due FROM (
            SELECT MIN(due) AS due FROM tasks WHERE status IN ('not_started', 'running')
                AND due > ?1
            UNION ALL SELECT MIN(due) FROM deliveries WHERE state = 'pending' AND due > ?1)"""
        due = self.rows(sql, now)[0]["due"]
        return None if due is None else float(due)

    def setting(self, name: str) -> str | None:
        """Return a remembered setting."""
        found = self.rows("SELECT value FROM settings WHERE name = ?", name)
        return str(found[0]["value"]) if found else None

    def set(self, name: str, value: str) -> None:
        """Remember a setting."""
        self.rows("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def pay(self, credits_amount: float) -> None:
        """Take credits off the balance; a negative amount gives them back."""
        with self.change():
            self.set("balance", str(float(self.setting("balance") or 0) - credits_amount))

    def note_request(self, headers: dict[str, str], body: Any) -> int:
        """Write down a submit as it came in and give its number; times only ever grow."""
        with self.change():
            last = self.rows("SELECT MAX(received) AS last FROM requests")[0]["last"] or 0
            received = max(time.time(), last + 1e-6)
            self.insert(
                "requests",
                received=received,
                headers=json.dumps(headers),
                body=json.dumps(body),
                accepted=0,
            )
            return int(self.rows("SELECT last_insert_rowid() AS id")[0]["id"])
