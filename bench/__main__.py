"""`make bench`: every figure in one run, side by side, on SQLite and on PostgreSQL.

`--write` puts the tables into docs/performance.md; `--tasks` is the size of the big database.
"""

import argparse
import os
import platform
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import against, files, measures
from bench.rows import Row, below, less
from bench.server import ROOT, Site, free_port, memory, wait_for

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
SMALL = 1_000
UNDER_WAY = 60_000
FILE = 256 * 1024**2
BAND_SECONDS = 20.0
WAYS = 15


def main() -> None:
    """Measure, print the tables, and write them down if wished."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["SQLite", "PostgreSQL"], action="append")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--against", type=Path, help="an older checkout: only this is measured")
    options = parser.parse_args()
    told = [f"On {_machine()}."]
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        for engine in options.engine or ["SQLite", "PostgreSQL"]:
            data = Path(folder) / engine
            if options.against:
                rows = _against(data, engine, options.against, options.tasks)
            else:
                rows = _measure(data, engine, options.tasks)
            told.append(f"### {engine}\n\n{_table(rows)}")
            print(told[-1], flush=True)
    if options.write:
        text = PAGE.read_text()
        begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
        PAGE.write_text(text[:begin] + "\n" + "\n\n".join(told) + "\n" + text[end:])


def _measure(folder: Path, engine: str, tasks: int) -> list[Row]:
    rows: list[Row] = []
    # How connections come to lie on several processes is luck, which would count more than all.
    with Site(folder / "one", engine, WEB_CONCURRENCY="1") as site:
        site.fill(SMALL, UNDER_WAY)
        site.serve()
        rows.append(measures.unchanged(site))
        rows.append(measures.callbacks(site, SMALL))
    with Site(folder / "crowd", engine) as site:
        site.fill(SMALL, UNDER_WAY)
        site.serve()
        rows.append(measures.crowd(site, SMALL))
    with Site(folder / "small", engine) as few, Site(folder / "big", engine) as many:
        few.fill(SMALL)
        many.fill(tasks)
        few.serve()
        many.serve()
        rows += _pages(measures.page_times({SMALL: few, tasks: many}))
    with Site(folder / "band", engine) as site:
        site.fill(SMALL)
        site.serve()
        site.start("manage.py", "worker")
        rows += measures.ways(site, WAYS)
        rows += measures.band(site, BAND_SECONDS)
    with Site(folder / "files", engine) as site, _nginx(site, accel=False) as direct:
        rows += _files(site, direct)
    rows += _start(folder / "start", engine)
    return rows


def _against(folder: Path, engine: str, older: Path, tasks: int) -> list[Row]:
    with Site(folder / "new", engine) as new, Site(folder / "old", engine, root=older) as old:
        for site in (new, old):
            site.fill(tasks)
            site.serve()
            site.start("manage.py", "worker")
        return against.compare(new, old)


def _pages(times: dict[int, dict[str, float]]) -> list[Row]:
    """Hold each page against the bare view, and that of many tasks against that of a few."""
    bare = {tasks: found.pop(measures.BARE) for tasks, found in times.items()}
    rows = [
        less(f"list: {name}, {tasks:,} tasks", ms, bare[tasks], 3)
        for tasks, found in times.items()
        for name, ms in found.items()
    ]
    few, many = times
    for name, ms in times[many].items():
        told = f"list: {name}, {many:,} tasks to {few:,}"
        rows.append(less(told, ms, times[few][name], 1.3))
    return rows


def _files(site: Site, direct: str) -> list[Row]:
    site.fill(1)
    path = site.data / "media" / "results" / "1" / "bench"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for _ in range(FILE // 1024**2):
            file.write(os.urandom(1024**2))
    web = site.serve()
    accelerated = Site(site.data, "SQLite", STUDIO_X_ACCEL="/protected/")
    accelerated.environment["DATABASE_URL"] = site.environment.get("DATABASE_URL", "")
    accelerated.sessions = site.sessions
    try:
        accelerated.serve()
        with _nginx(accelerated, accel=True) as nginx:
            return files.media(
                site, "/media/1/", FILE, [web.pid], nginx, f"{direct}/results/1/bench"
            )
    finally:
        accelerated.__exit__(None, None, None)


@contextmanager
def _nginx(site: Site, *, accel: bool) -> Iterator[str]:
    """Start an nginx before a site, or one that serves its files itself. Returns its address."""
    port = free_port()
    media = site.data / "media"
    where = (
        f"location /protected/ {{ internal; alias {media}/; }}"
        f"location / {{ proxy_pass {site.url}; proxy_set_header Host $host:$server_port; }}"
        if accel
        else f"root {media};"
    )
    folder = site.data / f"nginx-{port}"
    folder.mkdir(parents=True)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user {_user()};"
        f"events {{}} http {{ {paths} access_log off; sendfile on; types {{}}"
        f"server {{ listen 127.0.0.1:{port}; {where} }} }}"
    )
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _start(data: Path, engine: str) -> list[Row]:
    """Time the start after the first, and weigh what runs then."""
    with Site(data, engine, DJANGO_SETTINGS_MODULE="vidgo_site.settings") as site:
        site.environment["VIDGO_API_KEY"] = ""
        del site.environment["VIDGO_API_URL"]
        for _ in range(2):
            begin = time.monotonic()
            process = site.start("-m", "vidgo_site.run")
            wait_for(site.url + "/login/")
            took = time.monotonic() - begin
            time.sleep(10)  # idle is what it is after a while
            parts = [pid for pid in _parts(process.pid) if "vidgo_sandbox" not in _command(pid)]
            weight = memory([pid for pid in parts if pid != process.pid])
            process.terminate()
            process.wait(60)
    return [
        below("start to the first page", took, 3, " s"),
        below("memory of web and worker, idle", weight, 200, " MB"),
    ]


def _parts(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def _user() -> str:
    return subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    name = model[1] if model else platform.machine()
    return f"{os.cpu_count()} × {name}, Python {platform.python_version()}"


def _table(rows: list[Row]) -> str:
    lines = ["| what | measured | held against | ratio | wanted | |", "|---|--:|--:|--:|--:|---|"]
    lines += [
        f"| {row.what} | {row.measured} | {row.yardstick} | {row.ratio:.2f} | {row.wanted} "
        f"| {'' if row.holds else 'missed'} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
