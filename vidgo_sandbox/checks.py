"""What a field may hold, and how a request is refused."""

import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

# Returns what is wrong with a value, None where it is right.
Check = Callable[[Any], str | None]


class RefusedError(Exception):
    """A request is answered with an error: ``code`` and a sentence."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def text(longest: int | None = None) -> Check:
    """Return the check of a text that is not empty, of at most ``longest`` characters."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not value.strip():
            return "must be a text that is not empty"
        if longest and len(value) > longest:
            return f"must not be longer than {longest} characters"
        return None

    return check


def words(most: int) -> Check:
    """Return the check of a text of at most ``most`` words."""

    def check(value: Any) -> str | None:
        if problem := text()(value):
            return problem
        return None if len(value.split()) <= most else f"must not have more than {most} words"

    return check


def choice(*choices: str) -> Check:
    """Return the check of a value that is one of ``choices``."""

    def check(value: Any) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}"

    return check


def weight(value: Any) -> str | None:
    """Check a number from 0 to 1 with at most 2 decimals."""

    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if not 0 <= value <= 1:
        return "must be between 0 and 1"
    return None if round(value, 2) == value else "must have at most 2 decimals"


def boolean(value: Any) -> str | None:
    """Check that a value is true or false."""
    return None if isinstance(value, bool) else "must be true or false"


def seconds(value: Any) -> str | None:
    """Check a place in a song: a number of at least 0 with at most 2 decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return "must be a number of at least 0"
    return None if round(value, 2) == value else "must have at most 2 decimals"


def url(value: Any) -> str | None:
    """Check an http or https URL."""

    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be an http or https URL"
    return None


def callback_url(value: Any) -> str | None:
    """Check a callback's address: https only, plain http to this machine itself."""
    problem = url(value)
    if problem:
        return problem
    if len(value) > 2048:
        return "must not be longer than 2048 characters"
    parts = urlsplit(value)
    return (
        None if parts.scheme == "https" or _is_loopback(parts.hostname or "") else "must be https"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
