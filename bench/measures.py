"""What is measured: each function gives rows of the table."""

import asyncio
import shutil
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.response import addinfourl

from playwright.async_api import Browser, Page, async_playwright

from bench import RARE, load
from bench.api import Api
from bench.rows import Row, below, more
from bench.server import CSRF, Site

ROUNDS = 3
BARE = "bare"
SECONDS = 2
AT_ONCE = 8
CROWD = 200
EVERY = 2.0
# Open lists of a band, and of one with a good margin, and the milliseconds that 95 of 100 of their
# refreshes take at most beside so many submits a second; 20 submits are far more than it sends.
LISTS = {50: 100, 200: 300}
SUBMITS_A_SECOND = 5.0
BANDS = (*((count, SUBMITS_A_SECOND, most) for count, most in LISTS.items()), (200, 20.0, 300))
BODY = (
    '{"code": 200, "data": {"task_id": "task-%d", "status": "finished", '
    '"files": [{"video_url": "https://files.example.com/video.mp4"}]}}'
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
    """Return the addresses of the list that are measured in a database of so many tasks."""
    deep = tasks - 30_000 if tasks > 40_000 else tasks // 2
    return {
        "first page": "/tasks/",
        "filtered": "/tasks/?model=generate-persona&status=failed",
        "search": f"/tasks/?q={RARE}",
        "page 1,000": f"/tasks/?before={deep}",
    }


def page_times(sites: dict[int, Site]) -> dict[int, dict[str, float]]:
    """Return the median milliseconds of each page and of the bare view beside it, one at a time.

    `sites` are databases by how many tasks are in them: they take turns, so that a machine that
    grows slower does so for all of them. Each page twice: as it is while nothing changes, and
    "drawn anew" as after each change.
    """
    runs: dict[str, Callable[[], load.Wrk]] = {}
    for tasks, site in sites.items():
        length = len(get(site.url + "/tasks/", {"Cookie": site.cookie()}).read())
        runs[f"{tasks} {BARE}"] = _ask(site, f"/bench/bare/{length}/")
        for name, path in pages(tasks).items():
            runs[f"{tasks} {name}"] = _ask(site, path)
            runs[f"{tasks} {name}, drawn anew"] = _ask(site, f"/bench/anew{path}")
    times: dict[int, dict[str, float]] = {tasks: {} for tasks in sites}
    for told, seen in _rounds(runs).items():
        count, _, name = told.partition(" ")
        times[int(count)][name] = median([one.p50 for one in seen])
    return times


def _ask(site: Site, path: str) -> Callable[[], load.Wrk]:
    headers = {"Cookie": site.cookie()}
    return lambda: load.wrk(site.url + path, at_once=1, seconds=SECONDS, headers=headers)


def unchanged(site: Site) -> Row:
    """Compare a refresh that has nothing new with the bare view."""
    headers = {"Cookie": site.cookie(), "HX-Request": "true"}
    asked = {**headers, "If-None-Match": etag(site, headers)}

    def ask(path: str, given: dict[str, str]) -> Callable[[], load.Wrk]:
        return lambda: load.wrk(site.url + path, at_once=AT_ONCE, seconds=SECONDS, headers=given)

    seen = _rounds({"refresh": ask("/tasks/", asked), "bare": ask("/bench/bare/200/", headers)})
    rates = {name: median([one.rate for one in ones]) for name, ones in seen.items()}
    return more("refresh, nothing new", rates["refresh"], rates["bare"], 0.8)


def etag(site: Site, headers: dict[str, str]) -> str:
    """Return the ETag of the list as it stands."""
    return str(get(site.url + "/tasks/", headers).headers["ETag"])


def callbacks(site: Site, first: int) -> Row:
    """Compare callbacks, each for another task, with the insert of one row.

    `first` is the number of the task before those that are under way, which are used up.
    """
    called = 0

    def call() -> load.Wrk:
        nonlocal called
        target = _callback(site.data / "callback.lua", called, first)
        seen = load.wrk(site.url + "/tasks/", at_once=AT_ONCE, seconds=SECONDS, lua=target)
        called += int(seen.rate * SECONDS * 1.2) + AT_ONCE
        return seen

    plain = load.posts(site.data / "insert.lua", "/bench/insert/1/", BODY)
    seen = _rounds(
        {
            "callback": call,
            "insert": lambda: load.wrk(
                site.url + "/tasks/", at_once=AT_ONCE, seconds=SECONDS, lua=plain
            ),
        }
    )
    rates = {name: median([one.rate for one in ones]) for name, ones in seen.items()}
    return more("callbacks", rates["callback"], rates["insert"], 0.5)


def crowd(site: Site, first: int) -> Row:
    """Time 200 callbacks at once, each for another of the tasks after `first`."""
    target = _callback(site.data / "crowd.lua", 0, first)
    seen = load.wrk(site.url + "/tasks/", at_once=CROWD, seconds=5, lua=target)
    if seen.errors:
        raise RuntimeError(f"{CROWD} callbacks at once: {seen.errors} errors")
    return below(f"callbacks, {CROWD} at once, p99", seen.p99 / 1000, 1, " s")


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
    """Keep lists open that refresh as the page does, beside submits: p95 of a refresh."""
    return [
        below(
            f"{count} open lists, {per_second:.0f} submits a second, refresh p95",
            open_lists(site, count, per_second, seconds, f"band-{count}-{per_second:.0f}"),
            limit,
            " ms",
        )
        for count, per_second, limit in BANDS
    ]


def open_lists(site: Site, count: int, per_second: float, seconds: float, key: str) -> float:
    """Return the p95, in milliseconds, of the refreshes of so many open lists beside submits."""
    cookies = [site.cookie(person) for person in range(len(site.sessions))]
    forms = [_persona(site, f"{key}-{n}") for n in range(int(seconds * per_second))]

    async def run() -> load.Band:
        port = int(site.environment["VIDGO_API_URL"].rsplit(":", 1)[1])
        async with Api(port, lambda: 1.0):
            return await load.browsers(
                site.url,
                cookies,
                forms,
                count=count,
                every=EVERY,
                per_second=per_second,
                seconds=seconds,
            )

    seen = asyncio.run(run())
    if seen.errors:
        raise RuntimeError(f"{len(seen.errors)} errors, the first: {seen.errors[0]}")
    # The first round fills every list at once, which no band does.
    return 1000 * load.percentile(seen.refreshes[count:], 0.95)


# What a first visit brings over the wire, but for the typeface, which is fetched once.
_WEIGHT = """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
  .filter(({ name }) => !name.endsWith(".woff2"))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""


def ways(site: Site, count: int) -> list[Row]:
    """Weigh pages in Chromium; time a form's way to the API, and a callback's into an open list."""
    sent: list[float] = []
    shown: list[float] = []
    weights: dict[str, float] = {}
    # Each form follows on what the page showed last, so that callbacks spread evenly over its beat.
    after = (3 + EVERY * number / count for number in range(count))

    async def run() -> None:
        port = int(site.environment["VIDGO_API_URL"].rsplit(":", 1)[1])
        async with Api(port, lambda: next(after)) as api, async_playwright() as tool:
            found = shutil.which("chromium")
            chromium = await tool.chromium.launch(executable_path=found, args=["--no-sandbox"])
            for path in ("/tasks/1/", "/", "/tasks/"):
                page = await _visit(chromium, site, path)
                weights[path] = await page.evaluate(_WEIGHT) / 1000
            for number in range(count):
                to_api, to_page = await _way(site, api, page, f"way-{number}")
                sent.append(to_api)
                shown.append(to_page)
            await chromium.close()

    asyncio.run(run())
    return [
        below("first visit of the list", weights["/tasks/"], 60, " kB"),
        below("first visit of the library", weights["/"], 60, " kB"),
        below("first visit of a task", weights["/tasks/1/"], 60, " kB"),
        below("form to the API, median", 1000 * median(sent), 150, " ms"),
        below("callback to the open page, median", median(shown), 1.5, " s"),
    ]


async def _way(site: Site, api: Api, page: Page, key: str) -> tuple[float, float]:
    """Return the seconds from a form to the API, and from its callback into the open list."""
    begin = time.monotonic()
    _, headers, _ = await load.Caller(site.url).ask(_persona(site, key), last=True)
    row = headers["location"].rstrip("/").rsplit("/", 1)[1]
    told = await api.until_called(key)
    # Looked at with each frame: Playwright's own waiting looks twice a second.
    await page.wait_for_function(
        "(shown) => document.querySelector(shown)",
        arg=f"#task-{row} [data-status=finished]",
    )
    return api.taken[key] - begin, time.monotonic() - told


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


def get(url: str, headers: dict[str, str]) -> addinfourl:
    """Return the answer to a request, to be read and closed."""
    request = urllib.request.Request(url, headers=headers)
    answer: addinfourl = urllib.request.urlopen(request, timeout=60)
    return answer
