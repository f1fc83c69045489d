"""Everything that `make run` starts, watched over: web server, worker and, without a key, sandbox.

A part that dies is started again; Ctrl-C or SIGTERM ends all of it. This is the only place that
knows the sandbox: the product is told an address and a key, as of any other API.
"""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from vidgo_site import secretfiles
from vidgo_site.addresses import http_address, is_loopback

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_API = "https://api.vidgo.ai"
SANDBOX_KEY = "sandbox"
SANDBOX_NOTICE = (
    "Sandbox: results are samples and nothing is charged. Put in a VIDGO_API_KEY to go live."
)
# Seconds: a part that lived shorter than this waits a little before it is started again.
STEADY = 5.0
# Seconds that a part may take to end by itself.
PATIENCE = 30.0


class Part:
    """One process of the product, started again whenever it dies."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = command
        self.started = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own: Ctrl-C reaches us alone, and we end it in order."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            cwd=ROOT,
            process_group=0,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def watch(self) -> None:
        """Start it again if it has died."""
        if self.process is None or self.process.poll() is None:
            return
        if time.monotonic() - self.started < STEADY:
            time.sleep(1)
        print(
            f"The {self.name} ended ({self.process.returncode}) and is started again.", flush=True
        )
        # What it has left behind (a worker of the web server, a job's child) must not go on.
        _signal_group(self.process.pid, signal.SIGKILL)
        self.start()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended, by force after `deadline` (monotonic seconds)."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        _signal_group(self.process.pid, signal.SIGKILL)


def main() -> int:
    """Start everything and watch over it until told to end. Returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidgo_site.settings")
    # The sandbox, too, keeps what it makes in the data folder, and for its owner alone.
    os.umask(0o077)
    try:
        secretfiles.load()
    except ImproperlyConfigured as error:
        print(f"Vidgo Studio cannot start: {error}", file=sys.stderr)
        return 2
    sandbox = _sandbox()
    if not _prepare(bool(sandbox)):
        return 2
    host, port = os.environ.get("BIND") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if trouble := _trouble_at(host, int(port)):
        print(f"Vidgo Studio cannot start: {trouble}.", file=sys.stderr)
        return 2
    python = sys.executable
    parts = [
        *sandbox,
        Part("web server", [python, "-m", "gunicorn", "--config", "vidgo_site/gunicorn.py"]),
        Part("worker", [python, "manage.py", "worker"]),
    ]
    _watch_over(parts, f"Vidgo Studio is at http://127.0.0.1:{port} (Ctrl-C ends it).")
    return 0


def _prepare(with_sandbox: bool) -> bool:
    """Check the settings and make the data folder ready. Returns False if that was told to fail."""
    command = [sys.executable, "manage.py", "prepare"]
    if with_sandbox:
        # The sandbox's own songs come in as any song made elsewhere does, so that a newcomer can
        # begin at once.
        command += ["--import-songs", *_sandbox_songs()]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0  # noqa: S603


def _watch_over(parts: Sequence[Part], greeting: str) -> None:
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    for part in parts:
        part.start()
    print(greeting, flush=True)
    while not stopping:
        for part in parts:
            part.watch()
        time.sleep(0.2)
    # The web server and the worker first, so that what they have begun still finds its API.
    deadline = time.monotonic() + PATIENCE
    for part in reversed(parts):
        part.stop()
    for part in reversed(parts):
        part.end(deadline)


def _sandbox() -> list[Part]:
    """Return the sandbox to start, and point the product at it, if no key is set.

    A loopback address that something answers at already is somebody's own test server: it is used
    as it is.
    """
    environment = os.environ
    if environment.get("VIDGO_API_KEY"):
        return []
    try:
        port = int(environment.get("PORT") or "8000")
        url = http_address(environment.get("VIDGO_API_URL") or DEFAULT_API)
    except ValueError:
        # `prepare` says what is wrong with it.
        return []
    if url == DEFAULT_API:
        url = f"http://127.0.0.1:{_free_port(port + 1)}"
    elif not is_loopback(url) or _answers(url):
        return []
    environment["VIDGO_API_URL"], environment["VIDGO_API_KEY"] = url, SANDBOX_KEY
    environment.setdefault("STUDIO_NOTICE", SANDBOX_NOTICE)
    data = Path(environment.get("STUDIO_DATA_DIR") or ROOT / "var").resolve() / "sandbox"
    command = [
        *(sys.executable, "-m", "vidgo_sandbox", "--port", str(urlsplit(url).port or 80)),
        *("--data", str(data), "--key", SANDBOX_KEY),
    ]
    return [Part("sandbox", command)]


def _sandbox_songs() -> list[str]:
    from vidgo_sandbox import SONGS

    return [song.task_id for song in SONGS]


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
    except OSError:
        return False
    return True


def _trouble_at(host: str, port: int) -> str:
    """Return why nothing can listen there, "" if it can; wait for what is just ending there."""
    for _ in range(50):
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except PermissionError:
            return f"PORT is wrong: {port} may not be used by this account"
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return f"BIND is wrong: {host} is no address of this machine"
            time.sleep(0.1)
        else:
            return ""
    return f"PORT is wrong: {port} is in use"


def _free_port(wanted: int) -> int:
    """Return `wanted` if nobody has it, any other free port if somebody does."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


def _die_with_parent() -> None:
    """Have Linux end this process when the one that started it is gone, even by -9."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


if __name__ == "__main__":
    sys.exit(main())
