"""How a task looks to the outside, with the oddities that real answers have."""

import json
from datetime import UTC, datetime
from typing import Any

from vidgo_sandbox.checks import RefusedError
from vidgo_sandbox.media import STEMS
from vidgo_sandbox.store import Task

TEXT_STAGE, FIRST_TRACK_STAGE, LAST_STAGE = 1, 2, 3


def created_time(created: float) -> str:
    """Return a time the way the API writes it: ISO 8601, UTC, without a zone."""
    return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def detail(task: Task, status: str, stage: int, base: str) -> dict[str, Any]:
    """Return the ``data`` of a query or callback for ``task`` as it was at ``stage``."""
    data: dict[str, Any] = {
        "task_id": task.task_id,
        "status": status,
        "progress": 0,
        "files": _files(task, stage, base) if status in ("running", "finished") else [],
        "created_time": created_time(task.created),
        "error_message": task.error_message if status == "failed" else None,
    }
    if status == "finished":
        data["credits_amount"] = task.credits_amount
    return data


def _files(task: Task, stage: int, base: str) -> list[dict[str, Any]]:
    results, oddity = task.results, task.seq % 4
    if not results:
        return []
    if "tracks" in results:
        return [
            _track(track, number, stage, base, oddity)
            for number, track in enumerate(results["tracks"])
        ]
    if stage < LAST_STAGE:
        return []
    if "video" in results:
        entry: dict[str, Any] = {"video_url": base + results["video"]}
        if oddity == 3:
            entry |= {"resolution": "640x360", "watermark": None}
        return [entry]
    if "persona_id" in results:
        return [{"persona_id": results["persona_id"]}]
    if "files" in results:
        return [_entry(entry, base, oddity) for entry in results["files"]]
    if "covers" in results:
        return _covers([base + path for path in results["covers"]], oddity)
    return [_stems({stem: base + path for stem, path in results["stems"].items()}, oddity)]


def _track(
    track: dict[str, Any], number: int, stage: int, base: str, oddity: int
) -> dict[str, Any]:
    entry: dict[str, Any] = {name: track[name] for name in ("audio_id", "title", "tags", "prompt")}
    if stage == TEXT_STAGE or (stage == FIRST_TRACK_STAGE and number > 0):
        # Both ways of saying "no sound yet" are seen.
        return entry | {"audio_url": "", "image_url": None} if oddity % 2 else entry
    early = stage == FIRST_TRACK_STAGE
    entry["audio_url"] = base + track["first_audio" if early else "audio"]
    entry["image_url"] = base + track["image"]
    entry["duration"] = track["duration"]
    if oddity >= 2:
        entry |= {"model_name": "sandbox", "lyrics_timing": None}
    return entry


def _entry(entry: dict[str, Any], base: str, oddity: int) -> dict[str, Any]:
    """Return an entry with whole addresses; what stands in it comes as a string, or as it is."""
    whole = json.dumps(entry).replace('"/files/', f'"{base}/files/')
    if oddity == 1:
        # Other names for the same are seen.
        whole = whole.replace("start_s", "startS").replace("end_s", "endS")
    return {
        name: json.dumps(value) if isinstance(value, dict) and oddity != 2 else value
        for name, value in json.loads(whole).items()
    }


def _covers(urls: list[str], oddity: int) -> list[dict[str, Any]]:
    if oddity == 2:
        return [{"image_url": url} for url in urls]
    covers = [{"file_url": url, "file_type": "image"} for url in urls]
    if oddity == 1:
        return [{"generate_cover": covers}]
    entry: dict[str, Any] = {"generate_cover": json.dumps(covers)}
    return [entry | {"style": "abstract", "seed": None} if oddity == 3 else entry]


def _stems(urls: dict[str, str], oddity: int) -> dict[str, Any]:
    empty = ("", None)
    if oddity == 0:
        made: dict[str, Any] = {stem: urls.get(stem, "") for stem in STEMS}
        return {"vocal_removal": json.dumps(made)}
    if oddity == 1:
        keys = ("bass ", "drums_url  ", " piano", "guitar_url", "vocals", "other ")
        made = {
            key: urls.get(stem, empty[place % 2])
            for place, (key, stem) in enumerate(zip(keys, STEMS, strict=True))
        }
        return {"vocal_removal": json.dumps(made)}
    if oddity == 2:
        return {"vocal_removal": urls, "source": None}
    made = {f"{stem}_url": urls.get(stem) for stem in STEMS}
    return {"vocal_removal": json.dumps(made | {"quality": "base"}), "bpm": 0}


def error_body(refused: RefusedError) -> dict[str, Any]:
    """Return an error's body. Each code carries its message in another place, as the API's do."""
    code, message = refused.code, refused.message
    places: dict[int, dict[str, Any]] = {
        402: {"error": {"message": message, "type": "insufficient_credits"}},
        404: {"msg": message},
        429: {"error": message},
        455: {"msg": message},
        500: {"error_message": message},
    }
    return {"code": code} | places.get(code, {"message": message})
