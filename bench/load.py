"""Load on a web server: wrk for rates, and a band's open browsers."""

import asyncio
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Wrk:
    """What one run of wrk saw. Times in milliseconds; `errors` counts every answer but 2xx, 3xx."""

    rate: float
    p50: float
    p99: float
    errors: int


_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def wrk(
    url: str, *, at_once: int, seconds: int, headers: dict[str, str] | None = None, lua: str = ""
) -> Wrk:
    """Ask for `url` as fast as it goes, `at_once` connections; `lua` is a file that says how."""
    command = ["wrk", "-t1", f"-c{at_once}", f"-d{seconds}s", "--latency", "--timeout", "30s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", lua] if lua else []
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    socket = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    return Wrk(
        rate=float(_find(r"Requests/sec:\s+([\d.]+)", told)[0]),
        p50=_time(told, "50%"),
        p99=_time(told, "99%"),
        errors=int(bad[1] if bad else 0) + sum(int(n) for n in (socket.groups() if socket else ())),
    )


def _time(told: str, share: str) -> float:
    number, unit = _find(rf"{share}\s+([\d.]+)(us|ms|s|m)", told)
    return float(number) * _UNITS[unit]


def _find(pattern: str, told: str) -> tuple[str, ...]:
    found = re.search(pattern, told)
    if not found:
        raise ValueError(f"wrk said nothing of {pattern}:\n{told}")
    return found.groups()


def posts(path: Path, target: str, body: str, first: int = 0) -> str:
    """Write the Lua that posts `body` to `target`, whose %d counts up. Returns its path."""
    quoted = body.replace("\\", "\\\\").replace('"', '\\"')
    path.write_text(
        f"""local n = {first}
local headers = {{ ["Content-Type"] = "application/json" }}
function request()
  n = n + 1
  return wrk.format("POST", string.format("{target}", n), headers, string.format("{quoted}", n))
end
"""
    )
    return str(path)


_LINE = re.compile(r'<li id="task-(\d+)"[^>]*? data-rev="(\w+)"')


@dataclass
class Band:
    """What the open browsers and the forms have seen. Times in seconds."""

    refreshes: list[float] = field(default_factory=list)
    unchanged: int = 0
    submits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def browsers(
    url: str,
    cookies: list[str],
    forms: list[bytes],
    *,
    count: int,
    every: float,
    per_second: float,
    seconds: float,
) -> Band:
    """Keep `count` lists open, each asking every so many seconds, and post `forms` beside.

    `forms` are whole requests; they are sent one after the other, `per_second` of them.
    """
    band = Band()
    end = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            cookie = cookies[number % len(cookies)]
            group.create_task(_browser(band, url, cookie, every, number / count, end))
        group.create_task(_submits(band, url, forms, per_second, end))
    return band


async def _browser(
    band: Band, url: str, cookie: str, every: float, phase: float, end: float
) -> None:
    await asyncio.sleep(phase * every)
    caller, tag, shown = Caller(url), "", ""
    while time.monotonic() < end:
        begin = time.monotonic()
        given = f"Shown: {shown}\r\n" + (f"If-None-Match: {tag}\r\n" if tag else "")
        head = f"GET / HTTP/1.1\r\nHost: {caller.host}\r\nCookie: {cookie}\r\nHX-Request: true\r\n"
        try:
            status, headers, body = await caller.ask(f"{head}{given}\r\n".encode())
        except (OSError, asyncio.IncompleteReadError) as error:
            band.errors.append(repr(error))
            caller = Caller(url)
            continue
        band.refreshes.append(time.monotonic() - begin)
        band.unchanged += status == 304
        if status not in (200, 304):
            band.errors.append(f"refresh: {status}")
        if status == 200:
            # As static/js/refresh.js does: what the page has by now need not come once more.
            tag, shown = headers["etag"], ",".join(map(":".join, _LINE.findall(body.decode())))
        await asyncio.sleep(max(begin + every - time.monotonic(), 0))


async def _submits(band: Band, url: str, forms: list[bytes], per_second: float, end: float) -> None:
    begin = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, form in enumerate(forms):
            await asyncio.sleep(max(begin + number / per_second - time.monotonic(), 0))
            if time.monotonic() > end:
                return
            group.create_task(_submit(band, url, form))


async def _submit(band: Band, url: str, form: bytes) -> None:
    begin = time.monotonic()
    status, *_ = await Caller(url).ask(form, last=True)
    band.submits.append(time.monotonic() - begin)
    if status != 302:
        band.errors.append(f"submit: {status}")


class Caller:
    """One connection that is kept, as a browser's."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, *, last: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Send a whole request. Returns the status, the headers and the body."""
        if self._streams:
            try:
                return await self._ask(*self._streams, request, last)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                if getattr(error, "partial", b""):
                    raise
                # Closed while nothing was said: a browser, too, opens another then.
        name, _, port = self.host.partition(":")
        self._streams = await asyncio.open_connection(name, int(port))
        return await self._ask(*self._streams, request, last)

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: bytes,
        last: bool,
    ) -> tuple[int, dict[str, str], bytes]:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in head[1:] if line]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        status = int(head[0].split()[1])
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        elif status != 304:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        if last or headers.get("connection") == "close":
            writer.close()
            self._streams = None
        return status, headers, body


def form(url: str, cookie: str, token: str, model: str, fields: dict[str, str]) -> bytes:
    """Put together the request of a form that is sent."""
    body = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
    host = urlsplit(url).netloc
    head = (
        f"POST /new/{model}/ HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nOrigin: {url}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of `values` do not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]
