"""The only place that speaks HTTP with the Vidgo API. Typed answers, no status, no database.

Whatever comes back from a submit is one of five things, since that is all the caller can act on:
`Accepted`, `Refused` (final), `Blocked` (the account: key or credits), `Away` (surely not taken,
try again) or `Unknown` (may have been taken and paid for: never to be sent again by itself).
"""

import math
import time
from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import Any, Literal

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from studio.vidgo.payloads import Body, read_body

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


def submit(model: str, callback_url: str, input: dict[str, Any]) -> Answer:
    """Send one submit. `model`, `callback_url` and `input` go out as they are given."""
    return _call(
        "POST",
        SUBMIT_PATH,
        json={"model": model, "callback_url": callback_url, "input": input},
    )


def query(task_id: str) -> Answer:
    """Ask for the present state of `task_id` ("Query Music Detail")."""
    return _call("GET", QUERY_PATH, params={"task_id": task_id})


def balance() -> Answer:
    """Ask for the account's credits; `Accepted.body.credits_amount` holds them."""
    return _call("GET", BALANCE_PATH)


def _call(method: str, path: str, **kwargs: Any) -> Answer:
    session = requests.Session()
    # Proxies and .netrc of the machine are no part of the configuration: the key goes to the
    # API's own address only.
    session.trust_env = False
    try:
        with (
            session,
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
            return _verdict(response, _read(response))
    except requests.RequestException as error:
        if _never_left(error):
            return Away("Vidgo could not be reached.")
        return Unknown(_lost_words(error))
    except Exception as error:  # urllib3's own, while the body is read
        return Unknown(_lost_words(error))


def _read(response: requests.Response) -> bytes:
    """Read the body, bounded in size and in time. Raises requests.Timeout for a trickle."""
    end = time.monotonic() + settings.VIDGO_READ_TIMEOUT
    raw = b""
    while len(raw) <= MAX_ANSWER and (piece := response.raw.read1(64 * 1024, decode_content=True)):
        raw += piece
        if time.monotonic() > end:
            raise requests.Timeout
    return raw


def _lost_words(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "Vidgo did not answer in time."
    return "The connection broke before Vidgo's answer came."


def _never_left(error: requests.RequestException) -> bool:
    """Say whether the request surely never left: no connection was made at all."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, requests.exceptions.SSLError):
        # Whoever answered could not show that it is the API: nothing was said to it.
        return isinstance(next(iter(getattr(reason, "args", ())), None), SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


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
    if code == 200 and status < 300 and body and (body.is_envelope or body.task_id):
        return Accepted(body, raw.decode("utf-8", "replace"))
    return Unknown(f"Vidgo's answer could not be understood (HTTP {status}).")


def _retry_after(response: requests.Response) -> float | None:
    """Read `Retry-After` in seconds; a date there is rare, and backoff serves it as well."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), 3600.0) if math.isfinite(seconds) else None
