"""Backups that are kept: each file once, by its content, beside what each backup is made of.

    backups/20261127-033000.json    a manifest: the dump's digest, each file's name, size, digest
    files/ab/abcdef…                a dump's or a file's bytes under their SHA-256

A backup copies only what the place does not hold yet. What is new is read back at once, and what
lies there longer in turn, all of it within RECHECK days. Old ones go by KEEP, and with them the
bytes that no other needs.
"""

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage

from studio.running import dumps
from studio.running.dumps import BackupError, Told
from studio.running.places import Place
from studio.storage.files import CHUNK, check_room

# How many of the newest are kept: the last one of a day, of a week, of a month.
KEEP = (("%Y-%m-%d", 7), ("%G-%V", 4), ("%Y-%m", 12))
RECHECK = 28
STAMP = "%Y%m%d-%H%M%S"
_OBJECT = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{64}")
_MANIFEST = re.compile(r"backups/(\d{8}-\d{6})\.json")


@dataclass
class Kept(Told):
    """What one backup did: its name, the bytes it copied, what lies damaged at the place."""

    name: str = ""
    copied: int = 0
    damaged: list[str] = field(default_factory=list)


def names(place: Place) -> list[str]:
    """Return the names of the backups at a place, the oldest first."""
    found = (_MANIFEST.fullmatch(one) for one in place.objects("backups"))
    return sorted(one[1] for one in found if one)


def manifest(place: Place, name: str) -> dict[str, Any]:
    """Return what a backup is made of. Raises BackupError if it is not there or not whole."""
    try:
        with place.open(f"backups/{name}.json") as source:
            found: dict[str, Any] = json.loads(source.read())
    except FileNotFoundError:
        raise BackupError(f"There is no backup {name}.") from None
    except ValueError:
        raise BackupError(f"The manifest of backup {name} is damaged.") from None
    return found


def save(place: Place, moment: datetime) -> Kept:
    """Make a backup. Return what it did; a missing file costs nothing but itself.

    Raises BackupError; backups from before stay as they were.
    """
    with _alone(), place.aside() as aside:
        run = _Run(place, aside, moment)
        found = dumps.told(run.make())
        unsound = _forget(place)
    return Kept(found.files, found.size, found.missing, run.name, run.copied, unsound)


def restore(place: Place, name: str, anyway: bool = False) -> Told:
    """Put a backup back in place of what is there. Return what that was.

    Raises BackupError before anything is changed if it does not fit, or if a file of it is damaged;
    `anyway`, the rest is put back without that file.
    """
    found = manifest(place, name)
    dumps.check_fits(found)
    files = found["files"]
    bad = [each for each, entry in files.items() if not _is_whole(place, entry["sha256"])]
    if bad and not anyway:
        listed = "\n".join(bad)
        raise BackupError(f"Damaged at the backup's place (--anyway restores the rest):\n{listed}")
    with place.aside() as aside:
        dump = aside / "database"
        with place.open(_object(found["database"])) as source:
            if _copy(source, dump)[1] != found["database"]:
                raise BackupError("The database's dump is damaged: take another backup.")
        for each in bad:
            files.pop(each)
        dumps.put_back(dump, files, lambda each: place.open(_object(files[each]["sha256"])))
    told = dumps.told(found)
    return Told(told.files, told.size, [*(n for n in told.missing if n not in files), *bad])


def check(place: Place) -> list[str]:
    """Read everything back. Return the names of objects that are damaged."""
    return [name for name in _held(place) if _read_back(place, name) != Path(name).name]


def kept_of(stamps: list[str]) -> set[str]:
    """Return which of the backups are kept by the rule KEEP."""
    kept: set[str] = set()
    for pattern, count in KEEP:
        newest: dict[str, str] = {}
        for stamp in sorted(stamps):
            newest[datetime.strptime(stamp, STAMP).replace(tzinfo=UTC).strftime(pattern)] = stamp
        kept |= set(sorted(newest.values())[-count:])
    return kept


class _UnreadableError(Exception):
    """A file is there, but its disk does not give its bytes."""


class _Run:
    """One backup on its way."""

    def __init__(self, place: Place, aside: Path, moment: datetime) -> None:
        self.place, self.aside = place, aside
        self.name = f"{moment.astimezone(UTC):{STAMP}}"
        self.held = _held(place)
        # What the name's file was the last time: no name is ever given to another content.
        earlier = names(place)
        self.known = _files_of(place, earlier[-1]) if earlier else {}
        self._look_at(moment.toordinal() % RECHECK)
        self.missing: list[str] = []
        self.copied = 0

    def make(self) -> dict[str, Any]:
        """Copy what is new, and the manifest last. Return the manifest."""
        for last in (*[False] * (dumps.TRIES - 1), True):
            self.missing = []
            with dumps.snapshot(self.aside / "database") as spoken_of:
                digest = self._take(self.aside / "database")
                files = {name: self._keep(name) for name in spoken_of}
            # Otherwise replaced or deleted between the dump and its copying: the next dump knows.
            if last or not self.missing or set(self.missing) <= dumps.spoken_of():
                break
        made = dumps.manifest_of(digest, files) | {"missing": self.missing}
        part = self.aside / "manifest"
        part.write_text(json.dumps(made))
        self.place.put(f"backups/{self.name}.json", part)
        return made

    def _look_at(self, turn: int) -> None:
        """Read back the objects whose turn it is. What is damaged is laid aside.

        So it is copied anew, if the studio still has it; otherwise it is told of as missing.
        """
        for name in [one for one in self.held if int(one[-4:], 16) % RECHECK == turn]:
            if _read_back(self.place, name) == Path(name).name:
                continue
            with suppress(_UnreadableError), self.place.open(name) as source:
                _copy(source, self.aside / "damaged")
                self.place.put(f"damaged/{Path(name).name}", self.aside / "damaged")
            self.place.delete(name)
            del self.held[name]

    def _keep(self, name: str) -> dict[str, Any]:
        """Return a file's entry, its bytes copied if they are new; {} if nobody has them."""
        entry = self.known.get(name, {})
        is_held = bool(entry) and self.held.get(_object(entry["sha256"])) == entry["size"]
        try:
            if is_held:
                if default_storage.size(name) != entry["size"]:
                    # Cut short in the storage: what is here from the time before is the file.
                    raise _UnreadableError
                return entry
            part = self.aside / "part"
            check_room(default_storage.size(name), self.aside)
            with default_storage.open(name, "rb") as source:
                size, digest = _copy(source, part)
        except (FileNotFoundError, PermissionError, _UnreadableError):
            self.missing.append(name)
            # Lost in the storage, and still here from the time before.
            return entry if is_held else {}
        self._take(part, size, digest)
        return {"size": size, "sha256": digest}

    def _take(self, part: Path, size: int = 0, digest: str = "") -> str:
        """Hand a file over to the place, unless it has these bytes. Returns their digest."""
        if not digest:
            with part.open("rb") as source:
                size, digest = part.stat().st_size, _digest(source)
        name = _object(digest)
        if self.held.get(name) != size:
            self.place.put(name, part)
            if _read_back(self.place, name) != digest:
                self.place.delete(name)
                raise BackupError(f"{name} was not kept as it was written: look at the place.")
            self.held[name] = size
            self.copied += size
        return digest


def _forget(place: Place) -> list[str]:
    """Delete the backups that the rule does not keep, and bytes that no other needs.

    Returns what of the kept ones is not whole. A manifest that cannot be read tells of no bytes:
    then none are deleted.
    """
    stamps = names(place)
    kept = kept_of(stamps)
    for stamp in set(stamps) - kept:
        place.delete(f"backups/{stamp}.json")
    held = _held(place)
    needed: dict[str, int | None] = {}
    for stamp in kept:
        try:
            needed |= _objects_of(manifest(place, stamp))
        except BackupError:
            return [f"backups/{stamp}.json"]
    for name in held.keys() - needed.keys():
        place.delete(name)
    return [name for name, size in needed.items() if size is not None and held.get(name) != size]


def _held(place: Place) -> dict[str, int]:
    """Return name and size of each object; what is none of ours is left alone."""
    found = place.objects("files")
    return {name: size for name, size in found.items() if _OBJECT.fullmatch(name)}


def _objects_of(found: dict[str, Any]) -> dict[str, int | None]:
    """Return the objects that a backup needs, and their sizes as far as its manifest tells."""
    sizes = {_object(entry["sha256"]): entry["size"] for entry in found["files"].values()}
    return {_object(found["database"]): None, **sizes}


def _files_of(place: Place, name: str) -> dict[str, Any]:
    try:
        return dict(manifest(place, name)["files"])
    except BackupError:
        # Then everything is read anew; what is told of the damage is told by `_forget`.
        return {}


def _object(digest: str) -> str:
    return f"files/{digest[:2]}/{digest}"


def _is_whole(place: Place, digest: str) -> bool:
    return _read_back(place, _object(digest)) == digest


def _read_back(place: Place, name: str) -> str:
    """Return the digest of what lies at a place, "" for nothing, or nothing that can be read."""
    try:
        with place.open(name) as source:
            return _digest(source)
    except (FileNotFoundError, _UnreadableError):
        return ""


def _digest(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(source):
        digest.update(piece)
    return digest.hexdigest()


def _copy(source: Any, target: Path) -> tuple[int, str]:
    """Copy an open file. Returns its size and digest."""
    size, digest = 0, hashlib.sha256()
    with target.open("wb") as copy:
        for piece in _pieces(source):
            copy.write(piece)
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _pieces(source: Any) -> Iterator[bytes]:
    try:
        while piece := source.read(CHUNK):
            yield piece
    except OSError as error:
        raise _UnreadableError from error


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second backup of this machine away: it would delete what this one relies on."""
    with (Path(settings.STUDIO_DATA_DIR) / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another backup is under way.") from None
        yield
