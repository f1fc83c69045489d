"""The product's own processes for a measurement: a data folder and a database of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
KEY = "sandbox"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """One database, filled, and the processes that are started on it; `with` ends them all."""

    def __init__(self, data: Path, engine: str, *, root: Path = ROOT, **environment: str) -> None:
        self.data = data
        # The checkout whose code it runs.
        self.root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = f"http://127.0.0.1:{free_port()}"
        self.database = f"studio_bench_{os.getpid()}_{self.port}" if engine != "SQLite" else ""
        self.processes: list[subprocess.Popen[bytes]] = []
        self.sessions: list[str] = []
        own = ("VIDGO_", "STUDIO_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY")
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith(own)}
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DJANGO_SUPERUSER_USERNAME": "ann",
            "DJANGO_SUPERUSER_PASSWORD": "correct horse battery",
            "STUDIO_DATA_DIR": str(data),
            "PORT": str(self.port),
            "VIDGO_API_URL": self.sandbox,
            "VIDGO_API_KEY": KEY,
            "STUDIO_BURST": "1000000",
            **environment,
        }

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        if self.database:
            self._on_server("CREATE DATABASE {}")
            self.environment["DATABASE_URL"] = re.sub(r"/[^/]*$", f"/{self.database}", POSTGRES)
        self.run("manage.py", "prepare")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
        if self.database:
            self._on_server("DROP DATABASE {} WITH (FORCE)")

    def run(self, *command: str) -> str:
        """Run a Python program of the repository to its end. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=self.environment,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a Python program of the repository, to be ended with the site."""
        log = (self.data / "bench.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=self.root,
            env=self.environment,
            stdout=log,
            stderr=log,
        )
        self.processes.append(process)
        return process

    def fill(self, tasks: int, under_way: int = 0, members: int = 20) -> None:
        """Write that many tasks (`bench.fill`), with people who are signed in."""
        told = self.run("-m", "bench.fill", str(tasks), str(under_way), str(members))
        self.sessions = json.loads(told)

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the web server and wait for it."""
        web = self.start("-m", "gunicorn", "--config", "vidgo_site/gunicorn.py")
        self.web = web.pid
        wait_for(self.url + "/healthz")
        return web

    def work(self, pace: float) -> None:
        """Start the worker and the sandbox, which waits `pace` seconds between two stages."""
        port = self.sandbox.rsplit(":", 1)[1]
        folder = str(self.data / "sandbox")
        self.start(
            *("-m", "vidgo_sandbox", "--port", port, "--data", folder),
            *("--key", KEY, "--pace", str(pace), "--light"),
        )
        wait_for(self.sandbox + "/api/user/balance")
        self.start("manage.py", "worker")

    def cookie(self, person: int = 0) -> str:
        """Return the Cookie header of somebody who is signed in, fit for posting forms."""
        return f"sessionid={self.sessions[person]}; csrftoken={CSRF}"

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.database)))


CSRF = "b" * 32


def wait_for(url: str, seconds: float = 60) -> float:
    """Ask `url` until something answers. Returns the seconds that it took."""
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        with suppress(OSError):
            try:
                urllib.request.urlopen(url, timeout=5).close()
            except urllib.error.HTTPError as error:
                error.close()
            return time.monotonic() - begin
        time.sleep(0.01)
    raise TimeoutError(url)


def memory(pids: Sequence[int]) -> float:
    """Return the MB that processes and their children hold, each shared page counted once."""
    return sum(_pss(pid) for pid in _with_children(pids)) / 1024


def processor(pids: Sequence[int]) -> float:
    """Return the seconds of processor that processes and their children have used so far."""
    ticks = 0
    for pid in _with_children(pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _with_children(pids: Sequence[int]) -> set[int]:
    found = set(pids)
    for pid in pids:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found |= _with_children([int(child) for child in children.read_text().split()])
    return found


def _pss(pid: int) -> int:
    with suppress(OSError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[0])
    return 0
