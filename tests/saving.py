"""How fast and in how much memory a large file is saved: `make saving`.

A server of its own serves one file, which curl and the worker fetch in turns.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import requests

from tests.product import Product, free_port, until
from tests.recorder import Recorder

MB = 1024**2
NAME = "large.bin"


def main() -> None:
    """Print what each round took, and the worker's memory over time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="MB")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Recorder() as api:
        folder = Path(name)
        _write(folder / "served" / NAME, options.size)
        product = Product(folder / "data", VIDGO_API_URL=api.url, VIDGO_API_KEY="none")
        with _served(folder / "served") as url, product:
            rounds = [
                (_curl(url, folder), _worker(product, api, url, number))
                for number in range(options.rounds)
            ]
    curl, worker = (median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"{options.size} MB: curl {curl:.2f} s, worker {worker:.2f} s (medians)")
    print(f"the worker's speed is {curl / worker:.2f} of curl's")


def _write(file: Path, size: int) -> None:
    file.parent.mkdir()
    with file.open("wb") as target:
        block = os.urandom(MB)
        for _ in range(size):
            target.write(block)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}/{NAME}"
            until(lambda: _answers(url), "the file server")
            yield url
        finally:
            server.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.head(url, timeout=5).ok
    except requests.RequestException:
        return False


def _curl(url: str, folder: Path) -> float:
    began = time.monotonic()
    subprocess.run(["curl", "--silent", "--fail", "-o", folder / "copy", url], check=True)
    seconds = time.monotonic() - began
    (folder / "copy").unlink()
    print(f"curl: {seconds:.2f} s")
    return seconds


def _worker(product: Product, api: Recorder, url: str, number: int) -> float:
    """Have the worker save the file. Returns the seconds from the callback until it is saved."""
    form = {"audio_url": f"https://example.com/{number}.mp3"}
    product.post(product.session(), "/new/upload-and-separate-vocals/", form)
    until(lambda: len(api.submits) > number, "the submit")
    until(lambda: _count(product, "task", "task_id IS NOT NULL") > number, "its answer")
    (process,) = product.pids("manage.py worker")
    memory = [_memory(process)]
    began = time.monotonic()
    # Under a name that nobody knows: no preview is made of it.
    (row,) = product.rows("SELECT task_id FROM studio_task ORDER BY id DESC LIMIT 1")
    body = {"task_id": row["task_id"], "status": "finished", "files": [{"other_url": url}]}
    api.told[row["task_id"]] = body
    requests.post(api.submits[number].body["callback_url"], json=body, timeout=30)
    while _count(product, "asset", "state = 'saved'") <= number:
        memory.append(_memory(process))
        time.sleep(0.05)
    seconds = time.monotonic() - began
    steps = memory[:: max(len(memory) // 12, 1)]
    print(f"worker: {seconds:.2f} s, MB resident: {' '.join(map(str, steps))}; most {max(memory)}")
    return seconds


def _count(product: Product, table: str, which: str) -> int:
    (row,) = product.rows(f"SELECT COUNT(*) AS n FROM studio_{table} WHERE {which}")
    return int(row["n"])


def _memory(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


if __name__ == "__main__":
    main()
