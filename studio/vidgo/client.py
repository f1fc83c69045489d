"""The only place that speaks HTTP with the Vidgo API. Typed answers, no status, no database.

Whatever comes back from a submit is one of five things, since that is all the caller can act on:
`Accepted`, `Refused` (final), `Blocked` (the account: key or credits), `Away` (surely not taken,
try again) or `Unknown` (may have been taken and paid for: never to be sent again by itself).
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import requests
from django.conf import settings

from studio.vidgo.bodies import as_text
from studio.vidgo.deadline import Deadline
from studio.vidgo.payloads import Body, read_body
from studio.vidgo.reasons import why

SUBMIT_PATH = "/api/generate/submit"
QUERY_PATH = "/api/generate/detail/music"
BALANCE_PATH = "/api/user/balance"
AWAY_CODES = {429, 455, 500, 501, 502, 503, 504}
BLOCKED_CODES: dict[int, Literal["key", "credits"]] = {401: "key", 403: "key", 402: "credits"}
# An answer is a few kB; what is longer is no answer of this API.
MAX_ANSWER = 4 * 1024**2


@dataclass(frozen=True)
class Accepted:
    """The API took the task, or answered a query about one; `raw` is the body as it came."""

    body: Body
    raw: str


@dataclass(frozen=True)
class Refused:
    """The API refused for good: `code` as it said it, `message` in its words."""

    code: int
    message: str


@dataclass(frozen=True)
class Blocked:
    """The account cannot be used until a person mends it."""

    trouble: Literal["key", "credits"]
    message: str


@dataclass(frozen=True)
class Away:
    """Surely not taken. `retry_after` in seconds where the API said it."""

    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Unknown:
    """The request left and no answer that can be trusted came."""

    message: str


Answer = Accepted | Refused | Blocked | Away | Unknown


def submit(model: str, callback_url: str, given: dict[str, Any]) -> Answer:
    """Send one submit. All three go out as they are."""
    return _call(
        "POST",
        SUBMIT_PATH,
        json={"model": model, "callback_url": callback_url, "input": given},
    )


def query(task_id: str) -> Answer:
    """Ask for the present state of `task_id` ("Query Music Detail")."""
    return _call("GET", QUERY_PATH, params={"task_id": task_id})


def balance() -> Answer:
    """Ask for the account's credits; `Accepted.body.credits_amount` holds them."""
    return _call("GET", BALANCE_PATH)


def _call(method: str, path: str, **kwargs: Any) -> Answer:
    with Deadline(settings.VIDGO_CONNECT_TIMEOUT + settings.VIDGO_READ_TIMEOUT) as deadline:
        try:
            with (
                deadline.session() as session,
                session.request(
                    method,
                    settings.VIDGO_API_URL + path,
                    headers={
                        "Authorization": f"Bearer {settings.VIDGO_API_KEY}",
                        "Accept-Encoding": "identity",
                    },
                    timeout=(settings.VIDGO_CONNECT_TIMEOUT, settings.VIDGO_READ_TIMEOUT),
                    allow_redirects=False,
                    stream=True,
                    **kwargs,
                ) as response,
            ):
                raw = _read(response)
                deadline.check()
                return _verdict(response, raw)
        except Exception as error:  # urllib3's own, while the body is read
            if not deadline.has_connected:
                return Away(f"Vidgo could not be reached: {why(error)}.")
            if deadline.is_over or isinstance(error, requests.Timeout):
                return Unknown("Vidgo did not answer in time.")
            return Unknown("The connection broke before Vidgo's answer came.")


def _read(response: requests.Response) -> bytes:
    """Read the body, as much as an answer can have."""
    raw = b""
    while len(raw) <= MAX_ANSWER and (piece := response.raw.read1(64 * 1024, decode_content=True)):
        raw += piece
    return raw


def _verdict(response: requests.Response, raw: bytes) -> Answer:
    """Turn an HTTP answer into ours. The body's `code` is the verdict, the status a second one."""
    body = read_body(raw) if len(raw) <= MAX_ANSWER else None
    status = response.status_code
    # Both are looked at: an HTTP 200 can carry another code, and a proxy in between can answer
    # without any.
    code = body.code if body and body.code is not None else status
    message = (body.message if body else "") or f"Vidgo answered {code}."
    if code in BLOCKED_CODES:
        return Blocked(BLOCKED_CODES[code], message)
    if code in AWAY_CODES:
        return Away(message, _retry_after(response))
    if 400 <= code < 500:
        return Refused(code, message)
    # Some say 0 for "no error", and 201 for what was made: the id in it is what was paid for.
    is_taken = status < 300 and (code == 0 or 200 <= code < 300)
    if is_taken and body and (body.is_envelope or body.task_id):
        return Accepted(body, as_text(raw))
    return Unknown(f"Vidgo's answer could not be understood (HTTP {status}).")


def _retry_after(response: requests.Response) -> float | None:
    """Read `Retry-After` in seconds; a date there is rare, and backoff serves it as well."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), 3600.0) if math.isfinite(seconds) else None
