"""The names under which results leave: what a person would call them, each once."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

from studio import operations
from studio.models import Asset, Task, Upload
from studio.storage import types
from studio.storage.names import file_name


def task_title(task: Task) -> str:
    """Return what a person would call the task."""
    return task.title or operations.get(task.operation).noun


def asset_name(asset: Asset) -> str:
    """Return the download name of one result: `Relaxing Piano - drums.mp3`."""
    plain = asset.kind == Asset.Kind.VIDEO and asset.order == 0
    label = "" if plain else asset.label.lower()
    return file_name(task_title(asset.task), label, content_type=asset.content_type)


def shown_type(asset: Asset) -> str:
    """Return the type of the copy that pages show of one result."""
    return types.ENDINGS[PurePosixPath(str(asset.shown.name)).suffix]


def shown_name(asset: Asset) -> str:
    """Return the name of the copy that pages show, for whoever saves it from there."""
    return file_name(task_title(asset.task), asset.label.lower(), content_type=shown_type(asset))


def upload_name(upload: Upload) -> str:
    """Return the download name of one of the team's own files."""
    return file_name(upload.title, content_type=upload.content_type)


def zip_name(task: Task) -> str:
    """Return the name of a task's ZIP."""
    return file_name(task_title(task), content_type="application/zip")


def mix_name(task: Task, content_type: str) -> str:
    """Return the name of a mix of the task's stems."""
    return file_name(task_title(task), "mix", content_type=content_type)


def project_name(task: Task) -> str:
    """Return the name of the task's stems as a project of an audio workstation."""
    return file_name(task_title(task), "stems") + ".dawproject"


def bundle_name(tasks: list[Task]) -> str:
    """Return the name of the ZIP of several tasks."""
    if len(tasks) == 1:
        return zip_name(tasks[0])
    return file_name("Vidgo Studio", f"{len(tasks)} tasks", content_type="application/zip")


def disposition(name: str, *, attached: bool = True) -> str:
    """Return the Content-Disposition for a file of that name (RFC 6266, RFC 8187).

    Browsers decode a `%41` in a plain `filename`, and not all read `filename*` (RFC 6266, D): a
    name that is not plain comes in both forms, the first without what could be misread.
    """
    kind = "attachment" if attached else "inline"
    plain = _plain(name)
    if plain == name:
        return f'{kind}; filename="{name}"'
    # What RFC 8187 (3.2.1) lets stand as it is, besides letters and digits.
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='!#$&+^`|')}"


def _plain(name: str) -> str:
    """Return `name` in the characters that every client reads alike: `Größe` -> `Grosse`."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[^ !#-$&-\[\]-~]+", "_", bare)


def named_folders(tasks: list[Task]) -> list[tuple[str, Asset]]:
    """Return every saved file of several tasks, each task's in a folder of its own.

    Tasks of one title are told apart by what they are: a song's video and its stems.
    """
    models: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        models[file_name(task_title(task))].add(task.operation)
    files: list[tuple[str, Asset]] = []
    folders: set[str] = set()
    for task in tasks:
        named = named_files(task)
        if not named:
            continue
        is_told_apart = len(models[file_name(task_title(task))]) > 1
        noun = operations.get(task.operation).noun.lower() if is_told_apart else ""
        folder = _free(file_name(task_title(task), noun), "", folders)
        folders.add(folder)
        files += [(f"{folder}/{name}", asset) for name, asset in named]
    return files


def named_files(task: Task) -> list[tuple[str, Asset]]:
    """Return every saved file of `task` under a name that none of the others has."""
    files: dict[str, Asset] = {}
    for asset in task.assets.exclude(file=""):
        asset.task = task
        stem, dot, suffix = asset_name(asset).rpartition(".")
        files[_free(stem, dot + suffix, files)] = asset
    return list(files.items())


def _free(stem: str, suffix: str, taken: Iterable[str]) -> str:
    """Return the name, numbered where one of `taken` is the same to a system that folds case."""
    others = {name.casefold() for name in taken}
    name, count = stem + suffix, 1
    while name.casefold() in others:
        count += 1
        name = f"{stem} ({count}){suffix}"
    return name
