"""Makes the results of tasks: out of real input with ffmpeg, or tiny ones in light mode."""

import hashlib
import json
import shutil
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from vidgo_sandbox.answers import LAST_STAGE
from vidgo_sandbox.light import SECONDS, write_tiny
from vidgo_sandbox.media import STEMS, MediaError, Studio
from vidgo_sandbox.pictures import cover
from vidgo_sandbox.rules import SONG_MODEL
from vidgo_sandbox.songs import SONGS, Song, tune_for
from vidgo_sandbox.store import Store, Task

_LARGEST_INPUT = 500 * 1024 * 1024


class Workshop:
    """Knows how each operation's result is made, and where its files are."""

    def __init__(self, data: Path, store: Store, light: bool) -> None:
        self.studio = Studio()
        self.songs_ready = threading.Event()
        self._files = data / "files"
        self._work = data / "work"
        self._store = store
        self._light = light
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._files.mkdir(exist_ok=True)

    def path(self, url_path: str) -> Path:
        """Give where the file of a ``/files/...`` path lies."""
        return self._files / url_path.removeprefix("/files/")

    def register_songs(self) -> None:
        """Enter the sandbox's own songs as finished tasks, unless they are there already."""
        with self._store.change():
            for song in SONGS:
                if self._store.task(song.task_id) is None:
                    self._store.insert("tasks", **_song_row(song, self._light))

    def make_songs(self) -> None:
        """Make the files of the songs that are not made yet; files can be asked for meanwhile."""
        for song in SONGS:
            known = self._store.rows("SELECT path FROM files WHERE task_id = ?", song.task_id)
            if known:
                continue
            folder = Path(tempfile.mkdtemp(dir=self._work))
            for number, tune in enumerate(song.tunes):
                self._write(folder / f"{number}.mp3", partial(self.studio.song, tune))
                seed = f"{song.task_id}{number}"
                self._picture(seed, song.title, 512, folder / f"{number}.jpg")
            with self._store.change():
                self._keep(song.task_id, folder)
        self.songs_ready.set()

    def outline(self, task: Task) -> dict[str, Any]:
        """Give what is known of a task's result before any sound is made."""
        if task.model != "add-instrumental":
            return {}
        common = {name: task.input[name] for name in ("title", "tags")} | {
            "prompt": "[Instrumental]"
        }
        return {"tracks": [common | {"audio_id": str(uuid.uuid4())} for _ in range(2)]}

    def make(self, task: Task) -> tuple[dict[str, Any], Callable[[], None]]:
        """Give a task's results, and what enters its files when called in the store's change.

        Raises MediaError if the task fails.
        """
        if task.doomed:
            raise MediaError("The service could not finish this task.")
        makers = {
            "create-music-video": self._video,
            "generate-music-cover": self._cover,
            "generate-persona": self._persona,
            "add-instrumental": self._instrumental,
            "upload-and-separate-vocals": self._separate,
        }
        folder = Path(tempfile.mkdtemp(dir=self._work))
        try:
            results = makers[task.model](task, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return results, lambda: self._keep(task.task_id, folder)

    def _video(self, task: Task, folder: Path) -> dict[str, Any]:
        track = self._source_track(task)
        author, domain_name = (task.input.get(name, "") for name in ("author", "domain_name"))
        audio = self.path(track["audio"])
        make = partial(self.studio.video, audio, track["title"], author, domain_name)
        self._write(folder / "video.mp4", make)
        return {"video": f"/files/{task.task_id}/video.mp4"}

    def _cover(self, task: Task, folder: Path) -> dict[str, Any]:
        source = self._store.task(task.input["task_id"])
        title = source.results["tracks"][0]["title"] if source else ""
        names = ("cover-1.jpg", "cover-2.jpg")
        for name in names:
            self._picture(f"{task.task_id}{name}", title, 1024, folder / name)
        return {"covers": [f"/files/{task.task_id}/{name}" for name in names]}

    def _persona(self, task: Task, folder: Path) -> dict[str, Any]:
        return {"persona_id": str(uuid.uuid5(uuid.NAMESPACE_OID, task.task_id))}

    def _instrumental(self, task: Task, folder: Path) -> dict[str, Any]:
        voice, seconds = self._input(task.input["upload_url"], folder)
        number = zlib.crc32(task.task_id.encode())
        tracks = []
        for place, track in enumerate(task.results["tracks"]):
            made = {"audio": f"track-{place + 1}.mp3", "image": f"track-{place + 1}.jpg"}
            sounds = [(made["audio"], "192k")]
            if place == 0:
                # What the first callback with sound carries is replaced by a better one later.
                made["first_audio"] = "first.mp3"
                sounds.append(("first.mp3", "96k"))
            for name, bitrate in sounds:
                tune = tune_for(number, place > 0)
                make = partial(self.studio.accompany, voice, tune, bitrate)
                self._write(folder / name, make)
            self._picture(track["audio_id"], track["title"], 512, folder / made["image"])
            paths = {role: f"/files/{task.task_id}/{name}" for role, name in made.items()}
            tracks.append(track | paths | {"duration": round(seconds, 2)})
        voice.unlink(missing_ok=True)
        return {"tracks": tracks}

    def _separate(self, task: Task, folder: Path) -> dict[str, Any]:
        source, _ = self._input(task.input["audio_url"], folder)
        wanted = task.input.get("output_type", "general")
        targets = {stem: folder / f"{stem}.mp3" for stem in STEMS if wanted in ("general", stem)}
        if self._light:
            for target in targets.values():
                write_tiny(target)
        else:
            self.studio.separate(source, targets)
        source.unlink(missing_ok=True)
        return {"stems": {stem: f"/files/{task.task_id}/{stem}.mp3" for stem in targets}}

    def _source_track(self, task: Task) -> dict[str, Any]:
        self.songs_ready.wait()
        source = self._store.task(task.input["task_id"])
        tracks: list[dict[str, Any]] = source.results["tracks"] if source else []
        return next(track for track in tracks if track["audio_id"] == task.input["audio_id"])

    def _input(self, url: str, folder: Path) -> tuple[Path, float]:
        """Fetch and decode an upload; raise MediaError if that can't be done."""
        target = folder / "input.wav"
        if self._light:
            # Names under .invalid never exist: even without fetching, this one fails.
            if (urlsplit(url).hostname or "").endswith(".invalid"):
                raise MediaError("The audio could not be fetched.")
            return target, SECONDS
        fetched = folder / "fetched"
        try:
            with (
                requests.get(url, stream=True, timeout=(5, 30)) as answer,
                fetched.open("wb") as file,
            ):
                answer.raise_for_status()
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)
                    if file.tell() > _LARGEST_INPUT:
                        raise MediaError("The audio file is too large.")
        except requests.RequestException as error:
            raise MediaError("The audio could not be fetched.") from error
        seconds = self.studio.decode(fetched, target)
        fetched.unlink()
        return target, seconds

    def _write(self, target: Path, real: Callable[[Path], None]) -> None:
        if self._light:
            write_tiny(target)
        else:
            real(target)

    def _picture(self, seed: str, title: str, size: int, target: Path) -> None:
        self._write(target, partial(cover, seed, title, size))

    def _keep(self, task_id: str, folder: Path) -> None:
        """Move finished files to where they are served from, and enter them."""
        home = self._files / task_id
        home.mkdir(exist_ok=True)
        for made in sorted(folder.iterdir()):
            content = made.read_bytes()
            made.replace(home / made.name)
            self._store.insert(
                "files",
                path=f"/files/{task_id}/{made.name}",
                task_id=task_id,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                final=made.name != "first.mp3",
            )
        shutil.rmtree(folder, ignore_errors=True)


def _song_row(song: Song, light: bool) -> dict[str, Any]:
    tracks = [
        {
            "audio_id": audio_id,
            "title": song.title,
            "tags": song.tags,
            "prompt": song.prompt,
            "duration": SECONDS if light else round(tune.song_seconds, 2),
            "audio": f"/files/{song.task_id}/{number}.mp3",
            "image": f"/files/{song.task_id}/{number}.jpg",
        }
        for number, (audio_id, tune) in enumerate(zip(song.audio_ids, song.tunes, strict=True))
    ]
    now = time.time()
    return {
        "task_id": song.task_id,
        "model": SONG_MODEL,
        "input": "{}",
        "status": "finished",
        "stage": LAST_STAGE,
        "results": json.dumps({"tracks": tracks}),
        "credits_amount": 10,
        "created": now,
        "due": now,
        "pace": 0,
        "doomed": 0,
    }
