"""The one table of what the API can be asked for, and how a submit is read against it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidgo_sandbox import makers
from vidgo_sandbox.checks import (
    Check,
    RefusedError,
    boolean,
    callback_url,
    choice,
    seconds,
    text,
    url,
    weight,
    words,
)
from vidgo_sandbox.media import STEMS
from vidgo_sandbox.store import Task
from vidgo_sandbox.words import INSTRUMENTAL
from vidgo_sandbox.workshop import Workshop

Checks = dict[str, Check]
Maker = Callable[[Workshop, Task, Path], dict[str, Any]]
Mode = Callable[[dict[str, Any]], tuple[Checks, Checks]]
_NONE: Checks = {}


@dataclass(frozen=True)
class Operation:
    """One ``model`` of the API.

    ``make`` writes a task's files into a folder and returns its results. An operation with an
    ``outline``, what is known before any sound is made, is told in three stages. ``once`` names the
    field that can be used one time only, and for what. ``songs_for`` names the operations that may
    start from the songs that this one makes.
    """

    required: Checks
    make: Maker
    # The provider publishes no prices: these are made up.
    credits_amount: float
    optional: Checks = field(default_factory=dict)
    callback_required: bool = False
    once: tuple[str, str] | None = None
    outline: Callable[[Workshop, Task], dict[str, Any]] | None = None
    songs_for: tuple[str, ...] = ()
    # What more is required, and what more is allowed, in the mode that an input chooses.
    mode: Mode = lambda given: (_NONE, _NONE)
    # What is wrong with an input for this very track, None where it fits.
    fits: Callable[[dict[str, Any], dict[str, Any]], str | None] = lambda given, track: None


# What may start from a song, by what made it (the studio says which page tells so).
FOR_OTHERS = ("extend-music", "replace-section", "get-timestamped-lyrics")
FOR_UPLOADED = (*FOR_OTHERS, "generate-persona")
FOR_WRITTEN = (
    *(*FOR_UPLOADED, "create-music-video", "generate-music-cover"),
    *("separate-vocals", "stem-split", "convert-to-wav"),
)
_VERSION = choice("V4", "V4_5", "V4_5PLUS", "V4_5ALL", "V5")
_WEIGHTS = {"style_weight": weight, "weirdness_constraint": weight, "audio_weight": weight}
_VOICE = {**_WEIGHTS, "vocal_gender": choice("m", "f")}
_TUNING: Checks = {**_VOICE, "model": choice("V4_5PLUS", "V5")}
_OPTIONS: Checks = {**_VOICE, "negative_tags": text(), "persona_id": text()}


def _modes(
    flag: str,
    simple: Checks,
    options: Checks = _NONE,
    longest_title: int = 100,
    more: Checks = _NONE,
) -> Mode:
    """Return what is required and allowed by ``flag``; where all is said, by the version too."""

    def mode(given: dict[str, Any]) -> tuple[Checks, Checks]:
        if given.get(flag) is not True:
            return simple, options
        version = given.get("mv")
        is_old, is_short = version == "V4", version in ("V4", "V4_5ALL")
        required: Checks = {
            "style": text(200 if is_old else 1000),
            "title": text(80 if is_short else longest_title),
        }
        if given.get("instrumental") is not True:
            required["prompt"] = text(3000 if is_old else 5000)
        return {**required, **more}, _OPTIONS

    return mode


def _place(given: dict[str, Any], track: dict[str, Any]) -> str | None:
    """Return what is wrong with a place to go on from."""
    is_in = 0 < given.get("continue_at", track["duration"] / 2) < track["duration"]
    return None if is_in else "continue_at must be within the song"


def _stretch(given: dict[str, Any], track: dict[str, Any]) -> str | None:
    """Return what is wrong with a stretch to replace."""
    begin, end = given["infill_start_s"], given["infill_end_s"]
    if end <= begin:
        return "infill_end_s must be after infill_start_s"
    return None if end <= track["duration"] else "infill_end_s must be within the song"


_TRACK = {"task_id": text(), "audio_id": text()}


def _of_track(result: str, credits_amount: float, make: Maker) -> Operation:
    """Return the row of what is made once of a track."""
    return Operation(
        required=_TRACK,
        callback_required=True,
        credits_amount=credits_amount,
        once=("audio_id", result),
        make=make,
    )


OPERATIONS = {
    "create-music-video": Operation(
        required=_TRACK,
        optional={"author": text(50), "domain_name": text(50)},
        callback_required=True,
        credits_amount=4,
        once=("audio_id", "music video"),
        make=makers.video,
    ),
    "generate-music-cover": Operation(
        required={"task_id": text()},
        callback_required=True,
        credits_amount=2,
        once=("task_id", "cover"),
        make=makers.covers,
    ),
    "generate-persona": Operation(
        required={**_TRACK, "name": text(), "description": text()},
        credits_amount=1,
        once=("audio_id", "persona"),
        make=makers.persona,
    ),
    "generate-music": Operation(
        required={"custom_mode": boolean, "instrumental": boolean, "mv": _VERSION},
        mode=_modes("custom_mode", {"prompt": text(500)}, longest_title=80),
        credits_amount=10,
        outline=makers.outline,
        make=makers.written,
        songs_for=FOR_WRITTEN,
    ),
    "extend-music": Operation(
        required={"default_param_flag": boolean, "audio_id": text(), "mv": _VERSION},
        mode=_modes("default_param_flag", {}, more={"continue_at": seconds}),
        fits=_place,
        credits_amount=10,
        outline=makers.outline,
        make=makers.continued,
        songs_for=FOR_WRITTEN,
    ),
    "upload-and-cover-audio": Operation(
        required={
            "upload_url": url,
            "custom_mode": boolean,
            "instrumental": boolean,
            "mv": _VERSION,
        },
        mode=_modes("custom_mode", {"prompt": text(500)}, _OPTIONS),
        credits_amount=12,
        outline=makers.outline,
        make=makers.accompanied,
        songs_for=FOR_UPLOADED,
    ),
    "upload-and-extend-audio": Operation(
        required={"upload_url": url, "default_param_flag": boolean, "mv": _VERSION},
        optional={"instrumental": boolean},
        mode=_modes("default_param_flag", {}, more={"continue_at": seconds}),
        credits_amount=12,
        outline=makers.outline,
        make=makers.continued,
        songs_for=FOR_UPLOADED,
    ),
    "add-vocals": Operation(
        required={
            "upload_url": url,
            "prompt": text(5000),
            "title": text(100),
            "style": text(1000),
            "negative_tags": text(),
        },
        optional=_TUNING,
        credits_amount=12,
        outline=makers.outline,
        make=makers.accompanied,
        songs_for=FOR_OTHERS,
    ),
    "replace-section": Operation(
        required={
            "task_id": text(),
            "audio_id": text(),
            "prompt": text(5000),
            "tags": text(1000),
            "title": text(100),
            "infill_start_s": seconds,
            "infill_end_s": seconds,
        },
        optional={"negative_tags": text(), "full_lyrics": text(5000)},
        fits=_stretch,
        credits_amount=10,
        outline=makers.outline,
        make=makers.replaced,
        songs_for=FOR_OTHERS,
    ),
    "add-instrumental": Operation(
        required={"upload_url": url, "title": text(), "tags": text(), "negative_tags": text()},
        optional=_TUNING,
        credits_amount=12,
        outline=makers.outline,
        make=makers.accompanied,
        songs_for=FOR_OTHERS,
    ),
    "separate-vocals": _of_track("separation", 4, makers.two_stems),
    "stem-split": _of_track("stem split", 16, makers.all_stems),
    "convert-to-wav": _of_track("WAV", 1, makers.wav),
    "get-timestamped-lyrics": Operation(
        required=_TRACK,
        credits_amount=1,
        fits=lambda given, track: (
            "audio_id has no vocals" if track["prompt"] == INSTRUMENTAL else None
        ),
        make=makers.timed,
    ),
    "generate-lyrics": Operation(
        required={"prompt": words(200)},
        callback_required=True,
        credits_amount=1,
        make=makers.lyrics,
    ),
    "boost-music-style": Operation(
        required={"content": text()}, credits_amount=1, make=makers.style
    ),
    "upload-and-separate-vocals": Operation(
        required={"audio_url": url},
        optional={
            "title": text(),
            "model_name": choice("base", "enhanced", "instrumental"),
            "output_type": choice("general", *STEMS),
        },
        callback_required=True,
        credits_amount=8,
        make=makers.stems,
    ),
}


def songs_for(model: str) -> tuple[str, ...]:
    """Return the operations that may start from the songs of ``model``."""
    known = OPERATIONS.get(model)
    # The sandbox's own songs are of an operation that it takes no submits for.
    return known.songs_for if known else FOR_WRITTEN


def read_submit(body: Any) -> tuple[str, str | None, dict[str, Any]]:
    """Return model, callback_url and input of a submit's JSON body, or raise RefusedError."""
    if not isinstance(body, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    unknown = body.keys() - {"model", "callback_url", "input"}
    if unknown:
        raise RefusedError(422, f"Unknown parameter {min(unknown)}.")
    model, address = body.get("model"), body.get("callback_url")
    operation = OPERATIONS.get(model) if isinstance(model, str) else None
    if not isinstance(model, str) or operation is None:
        raise RefusedError(422, f"model must be one of {', '.join(OPERATIONS)}.")
    if address is None and operation.callback_required:
        raise RefusedError(422, "callback_url is required.")
    problem = None if address is None else callback_url(address)
    if problem:
        raise RefusedError(422, f"callback_url {problem}.")
    return model, address, _read_input(body.get("input"), model, operation)


def _read_input(given: Any, model: str, operation: Operation) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise RefusedError(422, "input is required and must be an object.")
    required, optional = operation.mode(given)
    required = {**operation.required, **required}
    for name in required:
        if name not in given:
            raise RefusedError(422, f"input.{name} is required.")
    checks = {**required, **operation.optional, **optional}
    for name, value in given.items():
        if name not in checks:
            raise RefusedError(422, f"input.{name} is not known for {model}.")
        problem = checks[name](value)
        if problem:
            raise RefusedError(422, f"input.{name} {problem}.")
    return given
