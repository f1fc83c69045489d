"""Where results are made: out of real input with ffmpeg, or tiny ones in light mode."""

import hashlib
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from vidgo_sandbox.answers import LAST_STAGE
from vidgo_sandbox.light import SECONDS, write_tiny
from vidgo_sandbox.media import MediaError, Studio
from vidgo_sandbox.pictures import cover
from vidgo_sandbox.songs import SONG_MODEL, SONGS, Song
from vidgo_sandbox.store import Store, Task

_LARGEST_INPUT = 500 * 1024 * 1024


class Workshop:
    """The tools with which results are made (`makers`), and where their files are."""

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
        """Return where the file of a ``/files/...`` path lies."""
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
                self.write(folder / f"{number}.mp3", partial(self.studio.song, tune, "160k"))
                seed = f"{song.task_id}{number}"
                self.picture(seed, song.title, 512, folder / f"{number}.jpg")
            with self._store.change():
                self._keep(song.task_id, folder)
        self.songs_ready.set()

    def make(
        self, task: Task, make: Callable[["Workshop", Task, Path], dict[str, Any]]
    ) -> tuple[dict[str, Any], Callable[[], None]]:
        """Return a task's results, and what enters its files when called in the store's change.

        Raises MediaError if the task fails.
        """
        if task.doomed:
            raise MediaError("The service could not finish this task.")
        folder = Path(tempfile.mkdtemp(dir=self._work))
        try:
            results = make(self, task, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return results, lambda: self._keep(task.task_id, folder)

    def source_tracks(self, task: Task) -> list[dict[str, Any]]:
        """Return the tracks of the song that a task starts from, once their files are made."""
        self.songs_ready.wait()
        source = self._store.task(task.input["task_id"])
        return source.results["tracks"] if source else []

    def source_track(self, task: Task) -> dict[str, Any]:
        """Return the track that a task starts from."""
        self.songs_ready.wait()
        return self._store.track(task.input["audio_id"])[1]

    def write(self, target: Path, real: Callable[[Path], object]) -> None:
        """Have ``real`` write a file, or write a tiny one."""
        self.write_all({"": target}, lambda targets: real(targets[""]))

    def write_all(
        self, targets: dict[str, Path], real: Callable[[dict[str, Path]], object]
    ) -> None:
        """Have ``real`` write several files at once, or write tiny ones."""
        if not self._light:
            real(targets)
            return
        for target in targets.values():
            write_tiny(target)

    def picture(self, seed: str, title: str, size: int, target: Path) -> None:
        """Write a square picture of ``size`` pixels that ``seed`` alone decides."""
        self.write(target, partial(cover, seed, title, size))

    def seconds(self, seconds: float) -> float:
        """Return how long something really is that was to be ``seconds`` long."""
        return SECONDS if self._light else round(seconds, 2)

    def sound(self, track: dict[str, Any], folder: Path) -> tuple[Path, float]:
        """Decode a song's track into ``folder``; give the WAV and its seconds."""
        target = folder / "input.wav"
        if self._light:
            return target, SECONDS
        return target, self.studio.decode(self.path(track["audio"]), target)

    def fetch(self, url: str, folder: Path, longest: float) -> tuple[Path, float]:
        """Fetch and decode an upload; raise MediaError if that can't be done or is too long."""
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
        if seconds > longest:
            minutes = f"{longest / 60:.0f} minute{'s' if longest > 60 else ''}"
            raise MediaError(f"The audio is longer than {minutes}.")
        return target, seconds

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
