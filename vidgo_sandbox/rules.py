"""What a submit may contain: the five operations, their fields and the refusals."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vidgo_sandbox.media import STEMS

SONG_MODEL = "generate-music"
Check = Callable[[Any], str | None]


class RefusedError(Exception):
    """A request is answered with an error: ``code`` and a sentence."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Operation:
    """One ``model`` of the API; ``once`` names what can be used one time only, and for what."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    callback_required: bool
    credits_amount: float
    once: tuple[str, str] | None = None


# The provider publishes no prices: these are made up.
OPERATIONS = {
    "create-music-video": Operation(
        ("task_id", "audio_id"), ("author", "domain_name"), True, 4, ("audio_id", "music video")
    ),
    "generate-music-cover": Operation(("task_id",), (), True, 2, ("task_id", "cover")),
    "generate-persona": Operation(
        ("task_id", "audio_id", "name", "description"), (), False, 1, ("audio_id", "persona")
    ),
    "add-instrumental": Operation(
        ("upload_url", "title", "tags", "negative_tags"),
        ("model", "vocal_gender", "style_weight", "weirdness_constraint", "audio_weight"),
        False,
        12,
    ),
    "upload-and-separate-vocals": Operation(
        ("audio_url",), ("title", "model_name", "output_type"), True, 8
    ),
}


def _text(longest: int | None = None) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str) or not value.strip():
            return "must be a text that is not empty"
        if longest and len(value) > longest:
            return f"must not be longer than {longest} characters"
        return None

    return check


def _choice(*choices: str) -> Check:
    def check(value: Any) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}"

    return check


def _weight(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if not 0 <= value <= 1:
        return "must be between 0 and 1"
    return None if round(value, 2) == value else "must have at most 2 decimals"


def _url(value: Any) -> str | None:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be an http or https URL"
    return None


def _callback_url(value: Any) -> str | None:
    """Like the API: https only. Plain http is let through to this machine itself."""
    problem = _url(value)
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


_CHECKS: dict[str, Check] = {
    "task_id": _text(),
    "audio_id": _text(),
    "author": _text(50),
    "domain_name": _text(50),
    "name": _text(),
    "description": _text(),
    "upload_url": _url,
    "audio_url": _url,
    "title": _text(),
    "tags": _text(),
    "negative_tags": _text(),
    "model": _choice("V4_5PLUS", "V5"),
    "vocal_gender": _choice("m", "f"),
    "style_weight": _weight,
    "weirdness_constraint": _weight,
    "audio_weight": _weight,
    "model_name": _choice("base", "enhanced", "instrumental"),
    "output_type": _choice("general", *STEMS),
}


def read_submit(body: Any) -> tuple[str, str | None, dict[str, Any]]:
    """Give model, callback_url and input of a submit's JSON body, or raise RefusedError."""
    if not isinstance(body, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    unknown = body.keys() - {"model", "callback_url", "input"}
    if unknown:
        raise RefusedError(422, f"Unknown parameter {min(unknown)}.")
    model, callback_url = body.get("model"), body.get("callback_url")
    operation = OPERATIONS.get(model) if isinstance(model, str) else None
    if not isinstance(model, str) or operation is None:
        raise RefusedError(422, f"model must be one of {', '.join(OPERATIONS)}.")
    if callback_url is None and operation.callback_required:
        raise RefusedError(422, "callback_url is required.")
    problem = None if callback_url is None else _callback_url(callback_url)
    if problem:
        raise RefusedError(422, f"callback_url {problem}.")
    return model, callback_url, _read_input(body.get("input"), model, operation)


def _read_input(given: Any, model: str, operation: Operation) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise RefusedError(422, "input is required and must be an object.")
    for name in operation.required:
        if name not in given:
            raise RefusedError(422, f"input.{name} is required.")
    for name, value in given.items():
        if name not in operation.required + operation.optional:
            raise RefusedError(422, f"input.{name} is not known for {model}.")
        problem = _CHECKS[name](value)
        if problem:
            raise RefusedError(422, f"input.{name} {problem}.")
    return given
