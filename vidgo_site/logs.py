"""What stands in a log: what it is about by its number, and nothing that opens something.

Each line names the task it is about and the request that made it, so that one search follows a
task through form, job, callback and file.
"""

import json
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def _written(character: str) -> str:
    """Return a pattern of a character however JSON, an address or HTML writes it, or all in turn.

    `/` may stand there as `\\/`, `\\u002f`, `%2F`, `%252F` or `&#x2F;`.
    """
    code = f"{ord(character):02x}"
    return (
        rf"(?:\\{{0,9}}(?:{re.escape(character)}|u00{code})|%(?:25){{0,9}}{code}|"
        rf"&(?:amp;){{0,9}}#(?:x0?0?{code}|0?{ord(character)});)"
    )


_SLASH, _EQUALS = _written("/"), _written("=")
# Addresses whose path is the secret: a task's callback, its sound's public address.
_SECRET_PATH = re.compile(
    rf"({_SLASH}(?:callback|public){_SLASH}{{1,9}})(?:\w|{_written('-')}|{_written('_')})+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"((?:Bearer|Basic)(?: |\+|%20))[\w.~+/=%-]+", re.IGNORECASE)
# Addresses that are signed: whoever reads them may fetch the file. JSON may write "&" as \u0026.
_SIGNED = re.compile(
    r"((?:(?<![A-Za-z])|(?<=%3F)|(?<=u003F))"
    r"(?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|"
    rf"(?:access_|auth_)?token|sig|api_?key|key|password|sessionid|csrftoken){_EQUALS})"
    r"[^&\s\"'\\<>]+",
    re.IGNORECASE,
)
FIELDS = ("request", "task", "asset")

_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Have every line written inside say what it is about: `task=7`, `asset=12`."""
    token = _about.set({**(_about.get() or {}), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def request_name() -> str | None:
    """Return the name of the request that is answered now, None outside of any."""
    return (_about.get() or {}).get("request")


def redact(text: str) -> str:
    """Return `text` with the keys, passwords and unguessable addresses taken out."""
    for secret in (getattr(settings, name) for name in settings.SECRETS):
        # A short word for a key, as of the sandbox, is no secret and stands in many a sentence.
        if len(secret) >= 8:
            text = text.replace(secret, "[secret]")
    text = _SECRET_PATH.sub(r"\1[secret]", text)
    return _SIGNED.sub(r"\1[secret]", _BEARER.sub(r"\1[secret]", text))


class Redact(logging.Filter):
    """Redact the whole of a record, its traceback included, and note what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite `record` in place and let it pass."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        known = _about.get() or {}
        told = {name: getattr(record, name, known.get(name)) for name in FIELDS}
        if not isinstance(told["request"], str | None):
            # Django's own lines carry the whole request, and may be written after its end.
            told["request"] = getattr(told["request"], "name_in_log", known.get("request"))
        record.about = {name: value for name, value in told.items() if value is not None}
        return True


class Line(logging.Formatter):
    """A line for people, with `name=value` for what it is about."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line with what it is about; one record is one line, whatever it tells."""
        told = "".join(f" {name}={value}" for name, value in record.about.items())  # type: ignore[attr-defined]
        return super().formatMessage(record).replace("\n", "\\n").replace("\r", "\\r") + told


class Json(logging.Formatter):
    """A line for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object."""
        told = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **record.about,  # type: ignore[attr-defined]
        }
        if record.exc_text:
            told["traceback"] = record.exc_text
        return json.dumps(told, ensure_ascii=False)


class RequestId:
    """Name each request: in the log's lines, and in the answer for whoever reports a trouble."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with `X-Request-ID`."""
        name = request.name_in_log = secrets.token_hex(6)  # type: ignore[attr-defined]
        with about(request=name):
            response = self.get_response(request)
        response["X-Request-ID"] = name
        return response
