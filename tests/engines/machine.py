"""What a browser needs around it: its program, a screen, and something that plays its sound."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.product import until

QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


def program(*names: str) -> str:
    """Return the path of the first of these programs that is installed."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, f"there is no {names[0]}: run scripts/browser"
    return found


def chromium(*preferred: str) -> dict[str, Any]:
    """Return how the system's own Chromium is launched; as root it has no sandbox."""
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return {
        "executable_path": program(*preferred, "chromium", "google-chrome"),
        "args": [*QUIET, *root],
    }


@contextmanager
def _running(*command: str, **options: Any) -> Iterator[None]:
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **options) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def loudspeaker(folder: Path) -> Iterator[dict[str, str]]:
    """Return the environment of a browser whose sound is played, and heard by nobody."""
    socket = folder / "sound"
    home = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    modules = ("module-null-sink", f"module-native-protocol-unix socket={socket} auth-anonymous=1")
    quiet = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=0")
    # Where a machine is busy, it would end itself.
    patient = ("--no-cpu-limit=yes", "--realtime=no", "--high-priority=no")
    loads = [option for module in modules for option in ("-L", module)]
    with _running(program("pulseaudio"), *quiet, *patient, *loads, env={**os.environ, **home}):
        until(socket.is_socket, what="the null sink")
        yield {**home, "PULSE_SERVER": f"unix:{socket}"}


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Return the environment of a program that draws where nobody looks."""
    read, write = os.pipe()
    options = ("-screen", "0", "1280x1000x24", "-nolisten", "tcp")
    xvfb = program("Xvfb")
    with (
        _running(xvfb, "-displayfd", str(write), *options, pass_fds=[write]),
        os.fdopen(read) as told,
    ):
        os.close(write)
        # It is told once the screen is there.
        yield {"DISPLAY": f":{told.readline().strip()}"}
