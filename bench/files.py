"""How files are sent: by the studio, by nginx on its word, and by nginx alone."""

import subprocess
import time
from statistics import median

from bench.measures import get
from bench.rows import Row, below, more
from bench.server import Site, memory

# A file takes a tenth of a second, in which one turn of the scheduler doubles or halves its rate.
ROUNDS = 21
ZIPS = 3
MEGABYTE = 1024**2


def media(site: Site, path: str, size: int, pids: list[int], nginx: str, direct: str) -> list[Row]:
    """Compare a file sent by the studio, and by nginx on its word, with nginx alone (`direct`)."""
    cookie = f"Cookie: {site.cookie()}"
    rates: dict[str, list[float]] = {"studio": [], "accel": [], "nginx": []}
    weights: list[float] = []
    for number in range(ROUNDS + 1):
        for name, url in (("studio", site.url + path), ("accel", nginx + path), ("nginx", direct)):
            begin = time.monotonic()
            told = subprocess.run(
                ["curl", "-sf", "-H", cookie, "-o", "/dev/null", "-w", "%{size_download}", url],
                check=True,
                capture_output=True,
                text=True,
            )
            if int(told.stdout) != size:
                raise RuntimeError(f"{name}: {told.stdout} of {size} bytes")
            if number:
                rates[name].append(size / MEGABYTE / (time.monotonic() - begin))
            weights.append(memory(pids))
    middle = {name: median(found) for name, found in rates.items()}
    # Held against what stands after the round that does not count; each web process has its first
    # file at some time, but none ever holds an eighth of one.
    grown = max(weights[len(rates) :]) - max(weights[: len(rates)])
    firsts = [_first_byte(site, "/tasks/1/files.zip", cookie) for _ in range(ZIPS)]
    return [
        more("file by nginx on the studio's word", middle["accel"], middle["nginx"], 0.8, " MB/s"),
        more("file by the studio alone", middle["studio"], middle["nginx"], 0.3, " MB/s"),
        below("first byte of a ZIP, the slowest", 1000 * max(firsts), 100, " ms"),
        below("memory that files add", max(grown, 0), size / MEGABYTE / 8, " MB"),
    ]


def _first_byte(site: Site, path: str, cookie: str) -> float:
    """Return the seconds from the request to the first byte of the body."""
    begin = time.monotonic()
    name, _, value = cookie.partition(": ")
    with get(site.url + path, {name: value}) as answer:
        answer.read(1)
        return time.monotonic() - begin
