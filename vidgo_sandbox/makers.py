"""How each operation's result is made: files into a folder, and what a query tells of them."""

import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from vidgo_sandbox import words
from vidgo_sandbox.media import STEMS
from vidgo_sandbox.songs import Tune, tune_for
from vidgo_sandbox.store import Task
from vidgo_sandbox.workshop import Workshop

# Writes one variation at a bitrate.
Sound = Callable[[Tune, str, Path], None]
SPLIT = (
    *("vocals", "backing vocals", "bass", "drums", "guitar", "keyboard", "piano", "percussion"),
    *("strings", "synth", "brass", "woodwinds", "fx"),
)


def video(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Make an MP4 with the sound of a song's track."""
    track = workshop.source_track(task)
    author, domain_name = (task.input.get(name, "") for name in ("author", "domain_name"))
    audio = workshop.path(track["audio"])
    make = partial(workshop.studio.video, audio, track["title"], author, domain_name)
    workshop.write(folder / "video.mp4", make)
    return {"video": _address(task, "video.mp4")}


def covers(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Make two pictures for a song."""
    title = workshop.source_tracks(task)[0]["title"]
    names = ("cover-1.jpg", "cover-2.jpg")
    for name in names:
        workshop.picture(f"{task.task_id}{name}", title, 1024, folder / name)
    return {"covers": [_address(task, name) for name in names]}


def persona(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Make the id of a voice and style."""
    return {"persona_id": str(uuid.uuid5(uuid.NAMESPACE_OID, task.task_id))}


def outline(workshop: Workshop, task: Task) -> dict[str, Any]:
    """Return the words of the two variations that are to come."""
    source = workshop.source_track(task) if "audio_id" in task.input else {}
    common = words.of_song(task.input, source)
    return {"tracks": [common | {"audio_id": str(uuid.uuid4())} for _ in range(2)]}


def written(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Make a song out of nothing."""
    return _songs(workshop, task, folder, workshop.studio.song, lambda tune: tune.song_seconds)


def accompanied(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Make music around an upload, as long as that is."""
    upload, seconds = workshop.fetch(task.input["upload_url"], folder, _longest(task))
    sound = partial(workshop.studio.accompany, upload)
    results = _songs(workshop, task, folder, sound, lambda _: seconds)
    upload.unlink(missing_ok=True)
    return results


def continued(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Go on from a place in a song or upload: what stands before it stays."""
    if "upload_url" in task.input:
        source, seconds = workshop.fetch(task.input["upload_url"], folder, _longest(task))
    else:
        source, seconds = workshop.sound(workshop.source_track(task), folder)
    begin = min(task.input.get("continue_at", seconds), seconds)
    sound = partial(workshop.studio.splice, source, begin, None)
    results = _songs(workshop, task, folder, sound, lambda tune: begin + tune.song_seconds)
    source.unlink(missing_ok=True)
    return results


def replaced(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Put a new part into a song: what stands before and after it stays."""
    source, seconds = workshop.sound(workshop.source_track(task), folder)
    begin, end = task.input["infill_start_s"], task.input["infill_end_s"]
    sound = partial(workshop.studio.splice, source, begin, end)
    results = _songs(workshop, task, folder, sound, lambda _: seconds)
    source.unlink(missing_ok=True)
    return results


def _songs(
    workshop: Workshop,
    task: Task,
    folder: Path,
    sound: Sound,
    seconds: Callable[[Tune], float],
) -> dict[str, Any]:
    """Make two variations, each with a picture; style and persona decide how they sound."""
    tracks = []
    for place, track in enumerate(task.results["tracks"]):
        made = {"audio": f"track-{place + 1}.mp3", "image": f"track-{place + 1}.jpg"}
        sounds = [(made["audio"], "192k")]
        if place == 0:
            # What the first callback with sound carries is replaced by a better one later.
            made["first_audio"] = "first.mp3"
            sounds.append(("first.mp3", "96k"))
        tune = tune_for(f"{track['tags']}|{task.input.get('persona_id', '')}", place > 0)
        for name, bitrate in sounds:
            workshop.write(folder / name, partial(sound, tune, bitrate))
        workshop.picture(track["audio_id"], track["title"], 512, folder / made["image"])
        paths = {role: _address(task, name) for role, name in made.items()}
        tracks.append(track | paths | {"duration": workshop.seconds(seconds(tune))})
    return {"tracks": tracks}


def _longest(task: Task) -> float:
    """Return how many seconds an upload may have."""
    return 60 if task.input.get("mv") == "V4_5ALL" else 8 * 60


def stems(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Split an upload into its stems, all or one of them."""
    source, _ = workshop.fetch(task.input["audio_url"], folder, _longest(task))
    wanted = task.input.get("output_type", "general")
    names = [stem for stem in STEMS if wanted in ("general", stem)]
    return {"stems": _separated(workshop, task, folder, source, STEMS, names)}


def two_stems(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Split a song into voice and music."""
    return _split(workshop, task, folder, "separate_vocals", ("vocal", "instrumental"))


def all_stems(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Split a song into everything that there can be in it."""
    return _split(workshop, task, folder, "stem_split", SPLIT)


def _split(
    workshop: Workshop, task: Task, folder: Path, field: str, names: tuple[str, ...]
) -> dict[str, Any]:
    source, _ = workshop.sound(workshop.source_track(task), folder)
    made = _separated(workshop, task, folder, source, names, names)
    urls = {f"{name.replace(' ', '_')}_url": address for name, address in made.items()}
    return {"files": [{field: urls}]}


def _separated(
    workshop: Workshop,
    task: Task,
    folder: Path,
    source: Path,
    names: tuple[str, ...],
    wanted: list[str] | tuple[str, ...],
) -> dict[str, str]:
    files = {name: f"{name.replace(' ', '-')}.mp3" for name in wanted}
    targets = {name: folder / file for name, file in files.items()}
    workshop.write_all(targets, partial(workshop.studio.separate, source, names))
    source.unlink(missing_ok=True)
    return {name: _address(task, file) for name, file in files.items()}


def wav(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Turn a song into WAV."""
    audio = workshop.path(workshop.source_track(task)["audio"])
    workshop.write(folder / "song.wav", partial(workshop.studio.decode, audio))
    return {"files": [{"wav_url": _address(task, "song.wav")}]}


def lyrics(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Write the words of a song, in two variations."""
    return {"files": words.variations(task.input["prompt"])}


def style(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Return words on what a style could sound like."""
    return {"files": [{"style": words.boosted(task.input["content"])}]}


def timed(workshop: Workshop, task: Task, folder: Path) -> dict[str, Any]:
    """Return when each word of a song is sung."""
    track = workshop.source_track(task)
    return {"files": [{"timestampe_lyrics": words.timed(track["prompt"], track["duration"])}]}


def _address(task: Task, name: str) -> str:
    return f"/files/{task.task_id}/{name}"
