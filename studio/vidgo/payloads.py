"""Bodies of the API turned into our words, once, as tolerantly as vidgo-api.md describes them.

A callback is the query's answer, with its `{"code", "data"}` envelope or without. Whatever a body
holds, reading it never raises: what is not understood is left out here and stands raw in the
delivery.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from studio.vidgo import bodies
from vidgo_site.logs import redact

STATUSES = {"not_started", "running", "finished", "failed"}
MESSAGE_KEYS = ("error_message", "message", "msg", "error")
MAX_DEPTH = 6
# Results that are taken from one body, and the characters of a field's name that count.
MAX_RESULTS = 200
MAX_KEY = 100


@dataclass(frozen=True)
class Body:
    """One answer or callback. `status` is "" where it is none of the API's four words."""

    code: int | None = None
    is_envelope: bool = False
    task_id: str = ""
    # Whether its task_id is a text, as the API's are; a submit's answer is read more kindly.
    is_named: bool = False
    status: str = ""
    model: str = ""
    message: str = ""
    error_type: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    credits_amount: Decimal | None = None


def read_body(raw: bytes | str) -> Body | None:
    """Return one body's content, None if it is not a JSON object."""
    document = bodies.document(raw)
    if not isinstance(document, dict):
        return None
    inner = document.get("data")
    if isinstance(inner, str | list):
        inner = bodies.document(inner)
    enveloped = isinstance(inner, dict)
    data: dict[str, Any] = inner if isinstance(inner, dict) else document
    status = text(data.get("status")).lower()
    return Body(
        code=_code(document.get("code")),
        is_envelope=enveloped,
        task_id=text(data.get("task_id"))[:200],
        is_named=isinstance(data.get("task_id"), str) and bool(text(data["task_id"])),
        status=status if status in STATUSES else "",
        model=text(data.get("model")),
        message=_message(data) or _message(document),
        error_type=_error_type(data) or _error_type(document),
        # The page of `get-timestamped-lyrics` shows them bare.
        files=_entries(data.get("files")) or [data] * ("aligned_words" in data),
        credits_amount=_amount(data.get("credits_amount")),
    )


def text(value: Any) -> str:
    """Return `value` as one clean text, "" for what is no text or number."""
    return whole_text(value).strip()


def whole_text(value: Any) -> str:
    """Return `value` as `text` does, with the blanks and line breaks at its ends."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # NUL cannot be stored in PostgreSQL, and lone surrogates cannot be encoded at all.
    return str(value).replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def number(value: Any) -> float | None:
    """Return `value` as a finite number of at least 0, None for what is none."""
    try:
        result = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) and result >= 0 else None


def decoded(value: Any) -> Any:
    """Return the JSON inside a string (`vocal_removal`, `generate_cover`), or `value` as it is."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        inner = bodies.loads(value)
        return value if inner is None else inner
    return value


def is_url(value: Any) -> bool:
    """Return whether `value` is an http(s) address that can be kept."""
    if not isinstance(value, str):
        return False
    return value.strip().lower().startswith(("http://", "https://")) and len(value) <= 4000


def tidy_key(key: Any) -> str:
    """Return a field's name without stray blanks and without `_url`: `"drums_url  "` -> `drums`."""
    name = text(key).lower()[:MAX_KEY]
    return name.removesuffix("_url").strip() or "file"


def urls_in(value: Any, path: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Find every URL in a decoded value, as (path of fields, URL), strings of JSON opened too."""
    value = decoded(value)
    if is_url(value):
        return [(path, text(value))]
    if depth >= MAX_DEPTH:
        return []
    if isinstance(value, dict):
        items = [(tidy_key(key), inner) for key, inner in value.items()]
    elif isinstance(value, list):
        items = [(str(index), inner) for index, inner in enumerate(value)]
    else:
        return []
    found: list[tuple[str, str]] = []
    for name, inner in items:
        found += urls_in(inner, f"{path}.{name}" if path else name, depth + 1)
        if len(found) >= MAX_RESULTS:
            break
    return found[:MAX_RESULTS]


def _code(value: Any) -> int | None:
    number_ = number(value)
    return int(number_) if number_ is not None and number_ < 1000 else None


def _message(source: dict[str, Any]) -> str:
    for key in MESSAGE_KEYS:
        value = source.get(key)
        if isinstance(value, dict):
            value = value.get("message")
        if text(value):
            # It can repeat what was sent: the key, the callback address.
            return redact(text(value)[:1000])
    return ""


def _error_type(source: dict[str, Any]) -> str:
    error = source.get("error")
    return text(error.get("type"))[:40] if isinstance(error, dict) else ""


def _entries(value: Any) -> list[dict[str, Any]]:
    value = decoded(value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return []
    return [_trimmed(one) for one in map(decoded, value) if isinstance(one, dict)][:MAX_RESULTS]


def _trimmed(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without stray blanks around its names, but for those that are one then."""
    count = Counter(map(str.strip, entry))
    return {key.strip() if count[key.strip()] == 1 else key: entry[key] for key in entry}


def _amount(value: Any) -> Decimal | None:
    """Return an amount of credits, of which an account can have less than none."""
    is_debt = text(value).startswith("-")
    result = number(text(value).removeprefix("-"))
    if result is None or result >= 1e9:
        return None
    return Decimal(str(round(-result if is_debt else result, 2)))
