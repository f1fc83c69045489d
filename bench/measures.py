"""What is measured: each function gives rows of the table."""

import asyncio
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.response import addinfourl

from playwright.async_api import Browser, Page, async_playwright

from bench import RARE, load
from bench.api import Api
from bench.server import CSRF, Site, memory

ROUNDS = 3
# A file takes a tenth of a second, in which one turn of the scheduler doubles or halves its rate.
FILES = 21
BARE = "bare"
SECONDS = 2
AT_ONCE = 8
BAND = 200
EVERY = 2.0
SUBMITS_A_SECOND = 20.0
MEGABYTE = 1024**2
BODY = (
    '{"code": 200, "data": {"task_id": "task-%d", "status": "finished", '
    '"files": [{"video_url": "https://files.example.com/video.mp4"}]}}'
)


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is against the yardstick; `holds`: whether it is as wanted."""

    what: str
    measured: str
    yardstick: str
    ratio: float
    wanted: str
    holds: bool


def more(what: str, measured: float, yardstick: float, wanted: float, unit: str = "/s") -> Row:
    """Give a row in which more is better: at least `wanted` of the yardstick."""
    ratio = measured / yardstick
    return Row(
        what,
        f"{measured:,.0f}{unit}",
        f"{yardstick:,.0f}{unit}",
        ratio,
        f"≥ {wanted}",
        ratio >= wanted,
    )


def less(what: str, measured: float, yardstick: float, wanted: float, unit: str = " ms") -> Row:
    """Give a row in which less is better: at most `wanted` times the yardstick."""
    ratio = measured / yardstick
    return Row(
        what,
        f"{measured:,.2f}{unit}",
        f"{yardstick:,.2f}{unit}",
        ratio,
        f"≤ {wanted}",
        ratio <= wanted,
    )


def below(what: str, measured: float, limit: float, unit: str) -> Row:
    """Give a row that is held against a figure of the issue instead of a yardstick."""
    return Row(
        what,
        f"{measured:,.2f}{unit}",
        f"{limit:g}{unit}",
        measured / limit,
        "≤ 1",
        measured <= limit,
    )


def _rounds(
    runs: dict[str, Callable[[], load.Wrk]], rounds: int = ROUNDS
) -> dict[str, list[load.Wrk]]:
    """Run each in turn, round after round, after one round that does not count."""
    seen: dict[str, list[load.Wrk]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            result = run()
            if result.errors:
                raise RuntimeError(f"{name}: {result.errors} errors")
            if number:
                seen[name].append(result)
    return seen


def pages(tasks: int) -> dict[str, str]:
    """Give the addresses of the list that are measured in a database of so many tasks."""
    deep = tasks - 30_000 if tasks > 40_000 else tasks // 2
    return {
        "first page": "/",
        "filtered": "/?model=generate-persona&status=failed",
        "search": f"/?q={RARE}",
        "page 1,000": f"/?before={deep}",
    }


def page_times(sites: dict[int, Site]) -> dict[int, dict[str, float]]:
    """Give the median milliseconds of each page and of the bare view beside it, one at a time.

    `sites` are databases by how many tasks are in them: they take turns, so that a machine that
    grows slower does so for all of them. Each page twice: as it is while nothing changes, and
    "drawn anew" as after each change.
    """
    runs: dict[str, Callable[[], load.Wrk]] = {}
    for tasks, site in sites.items():
        length = len(_get(site.url + "/", {"Cookie": site.cookie()}).read())
        runs[f"{tasks} {BARE}"] = _ask(site, f"/bench/bare/{length}/")
        for name, path in pages(tasks).items():
            runs[f"{tasks} {name}"] = _ask(site, path)
            runs[f"{tasks} {name}, drawn anew"] = _ask(site, f"/bench/anew{path}")
    times: dict[int, dict[str, float]] = {tasks: {} for tasks in sites}
    for told, seen in _rounds(runs).items():
        count, _, name = told.partition(" ")
        times[int(count)][name] = load.middle([one.p50 for one in seen])
    return times


def _ask(site: Site, path: str) -> Callable[[], load.Wrk]:
    headers = {"Cookie": site.cookie()}
    return lambda: load.wrk(site.url + path, at_once=1, seconds=SECONDS, headers=headers)


def unchanged(site: Site) -> Row:
    """Compare a refresh that has nothing new with the bare view."""
    headers = {"Cookie": site.cookie(), "HX-Request": "true"}
    tag = _get(site.url + "/", headers).headers["ETag"]
    asked = {**headers, "If-None-Match": tag}

    def ask(path: str, given: dict[str, str]) -> Callable[[], load.Wrk]:
        return lambda: load.wrk(site.url + path, at_once=AT_ONCE, seconds=SECONDS, headers=given)

    seen = _rounds({"refresh": ask("/", asked), "bare": ask("/bench/bare/200/", headers)})
    rates = {name: load.middle([one.rate for one in ones]) for name, ones in seen.items()}
    return more("refresh, nothing new", rates["refresh"], rates["bare"], 0.8)


def callbacks(site: Site, first: int) -> Row:
    """Compare callbacks, each for another task, with the insert of one row.

    `first` is the number of the task before those that are under way, which are used up.
    """
    called = 0

    def call() -> load.Wrk:
        nonlocal called
        target = _callback(site.data / "callback.lua", called, first)
        seen = load.wrk(site.url + "/", at_once=AT_ONCE, seconds=SECONDS, lua=target)
        called += int(seen.rate * SECONDS * 1.2) + AT_ONCE
        return seen

    plain = load.posts(site.data / "insert.lua", "/bench/insert/1/", BODY)
    seen = _rounds(
        {
            "callback": call,
            "insert": lambda: load.wrk(site.url + "/", at_once=AT_ONCE, seconds=SECONDS, lua=plain),
        }
    )
    rates = {name: load.middle([one.rate for one in ones]) for name, ones in seen.items()}
    return more("callbacks", rates["callback"], rates["insert"], 0.5)


def crowd(site: Site, first: int) -> Row:
    """Time 200 callbacks at once, each for another of the tasks after `first`."""
    target = _callback(site.data / "crowd.lua", 0, first)
    seen = load.wrk(site.url + "/", at_once=BAND, seconds=5, lua=target)
    if seen.errors:
        raise RuntimeError(f"{BAND} callbacks at once: {seen.errors} errors")
    return below(f"callbacks, {BAND} at once, p99", seen.p99 / 1000, 1, " s")


def _callback(path: Path, begin: int, first: int) -> str:
    """Write the Lua for callbacks: task `first + n` has the token `bench-…n`."""
    quoted = BODY.replace('"', '\\"')
    path.write_text(
        f"""local n = {begin}
local headers = {{ ["Content-Type"] = "application/json" }}
function request()
  n = n + 1
  local body = string.format("{quoted}", n + {first})
  return wrk.format("POST", string.format("/callback/bench-%037d/", n), headers, body)
end
"""
    )
    return str(path)


def band(site: Site, seconds: float) -> list[Row]:
    """Keep 200 lists open that refresh as the page does, beside 20 submits a second."""
    cookies = [site.cookie(person) for person in range(len(site.sessions))]
    forms = [_persona(site, f"band-{n}") for n in range(int(seconds * SUBMITS_A_SECOND))]

    async def run() -> load.Band:
        port = int(site.environment["VIDGO_API_URL"].rsplit(":", 1)[1])
        async with Api(port, lambda: 1.0):
            return await load.browsers(
                site.url,
                cookies,
                forms,
                count=BAND,
                every=EVERY,
                per_second=SUBMITS_A_SECOND,
                seconds=seconds,
            )

    seen = asyncio.run(run())
    if seen.errors:
        raise RuntimeError(f"{len(seen.errors)} errors, the first: {seen.errors[0]}")
    # The first round fills every list at once, which no band does.
    steady = seen.refreshes[BAND:]
    return [
        below(f"{BAND} open lists, refresh p95", 1000 * load.percentile(steady, 0.95), 300, " ms"),
    ]


# What a first visit brings over the wire: the page, and all that it loads besides.
_WEIGHT = """() => ["navigation", "resource"]
  .flatMap((type) => performance.getEntriesByType(type))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""


def ways(site: Site, count: int) -> list[Row]:
    """Weigh pages in Chromium; time a form's way to the API, and a callback's into an open page."""
    sent: list[float] = []
    shown: list[float] = []
    weights: dict[str, float] = {}

    # Each form follows on what the page showed last, so that callbacks spread evenly over its beat.
    after = (3 + EVERY * number / count for number in range(count))

    async def run() -> None:
        port = int(site.environment["VIDGO_API_URL"].rsplit(":", 1)[1])
        async with Api(port, lambda: next(after)) as api, async_playwright() as tool:
            chromium = await tool.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for path in ("/tasks/1/", "/"):
                page = await _visit(chromium, site, path)
                weights[path] = await page.evaluate(_WEIGHT) / 1000
            for number in range(count):
                key = f"way-{number}"
                begin = time.monotonic()
                caller = load.Caller(site.url)
                _, headers, _ = await caller.ask(_persona(site, key), last=True)
                row = headers["location"].rstrip("/").rsplit("/", 1)[1]
                told = await api.until_called(key)
                # Looked at with each frame: Playwright's own waiting looks twice a second.
                await page.wait_for_function(
                    "(shown) => document.querySelector(shown)",
                    arg=f"#task-{row} [data-status=finished]",
                )
                sent.append(api.taken[key] - begin)
                shown.append(time.monotonic() - told)
            await chromium.close()

    asyncio.run(run())
    return [
        below("first visit of the list", weights["/"], 60, " kB"),
        below("first visit of a task", weights["/tasks/1/"], 60, " kB"),
        below("form to the API, median", 1000 * load.middle(sent), 150, " ms"),
        below("callback to the open page, median", load.middle(shown), 1.5, " s"),
    ]


async def _visit(chromium: Browser, site: Site, path: str) -> Page:
    """Open a page as somebody who is signed in and has never been there."""
    context = await chromium.new_context()
    await context.add_cookies([{"name": "sessionid", "value": site.sessions[0], "url": site.url}])
    page = await context.new_page()
    await page.goto(site.url + path, wait_until="networkidle")
    return page


def _persona(site: Site, key: str) -> bytes:
    fields = {"task_id": f"source-{key}", "audio_id": key, "name": "Ann", "description": "Warm"}
    return load.form(site.url, site.cookie(), CSRF, "generate-persona", fields)


def media(site: Site, path: str, size: int, pids: list[int], nginx: str, direct: str) -> list[Row]:
    """Compare a file sent by the studio, and by nginx on its word, with nginx alone (`direct`)."""
    cookie = f"Cookie: {site.cookie()}"
    rates: dict[str, list[float]] = {"studio": [], "accel": [], "nginx": []}
    weights: list[float] = []
    for number in range(FILES + 1):
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
    middle = {name: load.middle(found) for name, found in rates.items()}
    # Held against what stands after the round that does not count; each web process has its first
    # file at some time, but none ever holds an eighth of one.
    grown = max(weights[len(rates) :]) - max(weights[: len(rates)])
    firsts = [_first_byte(site, "/tasks/1/files.zip", cookie) for _ in range(ROUNDS)]
    return [
        more("file by nginx on the studio's word", middle["accel"], middle["nginx"], 0.8, " MB/s"),
        more("file by the studio alone", middle["studio"], middle["nginx"], 0.3, " MB/s"),
        below("first byte of a ZIP, the slowest", 1000 * max(firsts), 100, " ms"),
        below("memory that files add", max(grown, 0), size / MEGABYTE / 8, " MB"),
    ]


def _first_byte(site: Site, path: str, cookie: str) -> float:
    """Give the seconds from the request to the first byte of the body."""
    begin = time.monotonic()
    name, _, value = cookie.partition(": ")
    with _get(site.url + path, {name: value}) as answer:
        answer.read(1)
        return time.monotonic() - begin


def _get(url: str, headers: dict[str, str]) -> addinfourl:
    request = urllib.request.Request(url, headers=headers)
    answer: addinfourl = urllib.request.urlopen(request, timeout=60)
    return answer
