"""The whole product as a stranger starts it: real processes, a data folder and port of its own."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import requests
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
NAME, PASSWORD = "ann", "correct horse battery"
T = TypeVar("T")
# Seconds: far longer than anything takes, so that a machine that is busy fails no test.
PATIENCE = 180.0


def until(condition: Callable[[], T], what: str = "") -> T:
    """Wait until `condition` returns something true, and return it."""
    start = time.monotonic()
    while (waited := time.monotonic() - start) < PATIENCE:
        result = condition()
        if result:
            return result
        # Many conditions are pages or jobs, which would keep busy what is waited for: what has
        # taken a second is asked for ten times a second, what takes long four times.
        time.sleep(min(max(waited / 10, 0.05), 0.25))
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what or condition}")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_database(name: str, template: str = "") -> str:
    """Make a database on the tests' PostgreSQL, a copy of `template`, and return its address."""
    server = os.environ["TEST_DATABASE_URL"]
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    names = sql.Identifier(name), sql.Identifier(template or "template1")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create.format(*names))
    return re.sub(r"/[^/]*$", f"/{name}", server)


def drop_database(name: str) -> None:
    """Drop a database of the tests' PostgreSQL, whoever still uses it."""
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def lend_static(data: Path) -> None:
    """Put the static files that the tests' run has packed into the data folder `data`."""
    shutil.copytree(os.environ["TEST_STATIC"], data / "static", copy_function=_link)


def _link(source: str, target: str) -> None:
    """Have one file in two places: a fifth of the time of a copy, which another disk takes."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class Product:
    """`python -m vidgo_site.run` with its own data; `with` starts and ends it.

    A test run lends it the static files and the tables, unless it is started `from_nothing`.
    """

    def __init__(self, data: Path, from_nothing: bool = False, /, **environment: str) -> None:
        self.data = data
        self.from_nothing = from_nothing
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "product.log"
        self.database = ""
        self.others: list[subprocess.Popen[bytes]] = []
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("VIDGO_", "STUDIO_", "DJANGO_", "DATABASE_URL"))
        }
        self.environment |= {
            "STUDIO_DATA_DIR": str(data),
            "PORT": str(self.port),
            "DJANGO_SUPERUSER_USERNAME": NAME,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            # Tests are quicker than people.
            "STUDIO_BURST": "100000",
            **environment,
        }

    def __enter__(self) -> "Product":
        self._make_database()
        try:
            self.start()
        except BaseException:
            # Nobody calls `__exit__` then, and it must not go on without us.
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        self._drop_database()

    def start(self) -> None:
        """Start it and wait for its first page."""
        self.data.mkdir(parents=True, exist_ok=True)
        is_lent = "TEST_STATIC" in os.environ and not self.from_nothing
        if is_lent and not (self.data / "static").exists():
            self._borrow()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vidgo_site.run"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        until(self._is_up, f"the product's first page; its log: {self.log}")

    def also(self, *arguments: str, **environment: str) -> None:
        """Start one more process of Python beside it, as on another machine."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.others.append(process)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal to its supervisor. Returns the exit code."""
        for other in self.others:
            other.terminate()
        for other in self.others:
            other.wait(60)
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def pids(self, part: str) -> list[int]:
        """Return the processes of `part`: "gunicorn", "manage.py worker", "vidgo_sandbox"."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                own = f"STUDIO_DATA_DIR={self.data}\0".encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if own and part in command:
                found.append(int(folder.name))
        return sorted(found)

    def kill(self, part: str) -> None:
        """Kill every process of `part` with -9."""
        for pid in self.pids(part):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def session(self) -> requests.Session:
        """Return a signed-in session; its posts go through `post`."""
        session = requests.Session()
        session.trust_env = False
        session.headers["Referer"] = self.url
        page = session.get(self.url + "/login/")
        answer = session.post(
            self.url + "/login/",
            {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": _csrf(page.text)},
        )
        assert answer.url.rstrip("/") == self.url, answer.text
        return session

    def post(self, session: requests.Session, path: str, data: dict[str, Any]) -> requests.Response:
        """Post a form as the page does, without following the redirect."""
        token = session.cookies["csrftoken"]
        return session.post(
            self.url + path, {**data, "csrfmiddlewaretoken": token}, allow_redirects=False
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Read its database from outside."""
        if "DATABASE_URL" in self.environment:
            with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
                found = connection.execute(query)
                names = [column.name for column in found.description or []]
                return [dict(zip(names, row, strict=True)) for row in found]
        with sqlite3.connect(self.data / "studio.sqlite3", timeout=20) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(self.url + "/login/", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _borrow(self) -> None:
        lend_static(self.data)
        lent = Path(os.environ["TEST_STATIC"]).with_name("studio.sqlite3")
        own = self.data / "studio.sqlite3"
        if lent.exists() and not own.exists() and "DATABASE_URL" not in self.environment:
            shutil.copy(lent, own)

    def _make_database(self) -> None:
        if not os.environ.get("TEST_DATABASE_URL") or "DATABASE_URL" in self.environment:
            return
        self.database = f"studio_{os.getpid()}_{self.port}"
        template = "" if self.from_nothing else os.environ.get("TEST_TEMPLATE", "")
        url = make_database(self.database, template)
        # It takes a hundred connections, and several products run beside each other.
        self.environment.setdefault("WEB_CONCURRENCY", "1")
        self.environment.setdefault("WORKER_PARALLEL", "1")
        self.environment["DATABASE_URL"] = url

    def _drop_database(self) -> None:
        if self.database:
            drop_database(self.database)


def _csrf(page: str) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert match, page
    return match.group(1)
