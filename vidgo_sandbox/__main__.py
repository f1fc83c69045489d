"""Run the sandbox: ``--port N --data DIR``; or print the ids of its songs: ``songs``."""

import argparse
import signal
import sys
import threading
from typing import Any

from vidgo_sandbox.sandbox import Sandbox
from vidgo_sandbox.songs import SONGS


def main(arguments: list[str]) -> None:
    """Run the sandbox until it is told to stop, or print the task_ids of its own songs."""
    if arguments == ["songs"]:
        print("\n".join(song.task_id for song in SONGS))
        return
    options = _options(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Sandbox(options.pop("data"), **options) as sandbox:
        print(f"Vidgo sandbox at {sandbox.url}", flush=True)
        # Looked at now and then: a signal that another thread gets does not wake this one.
        while not stopped.wait(1):
            pass


def _options(arguments: list[str]) -> dict[str, Any]:
    """Return what the command line says, under the names of Sandbox's own parameters."""
    parser = argparse.ArgumentParser(prog="vidgo_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", required=True, help="directory that keeps tasks and files")
    parser.add_argument("--key", default="sandbox", help="the API key that is accepted")
    parser.add_argument("--pace", type=float, default=2.0, help="seconds between two stages")
    parser.add_argument("--light", action="store_true", help="tiny media, input is not fetched")
    parser.add_argument(
        "--faults", type=int, metavar="SEED", help="disturb about a third of it all"
    )
    parser.add_argument(
        "--charge-at-submit", action="store_true", help="take credits at once, not at the end"
    )
    return vars(parser.parse_args(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
