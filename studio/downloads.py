"""The names under which results leave: what a person would call them, each once."""

from studio import operations
from studio.models import Asset, Task, Upload
from studio.names import file_name


def task_title(task: Task) -> str:
    """Give what a person would call the task."""
    return task.title or operations.get(task.model).noun


def asset_name(asset: Asset) -> str:
    """Give the download name of one result: `Relaxing Piano - drums.mp3`."""
    plain = asset.kind == Asset.Kind.VIDEO and asset.order == 0
    label = "" if plain else asset.label.lower()
    return file_name(task_title(asset.task), label, content_type=asset.content_type)


def upload_name(upload: Upload) -> str:
    """Give the download name of one of the team's own files."""
    return file_name(upload.title, content_type=upload.content_type)


def zip_name(task: Task) -> str:
    """Give the name of a task's ZIP."""
    return file_name(task_title(task), content_type="application/zip")


def mix_name(task: Task, content_type: str) -> str:
    """Give the name of a mix of the task's stems."""
    return file_name(task_title(task), "mix", content_type=content_type)


def bundle_name(tasks: list[Task]) -> str:
    """Give the name of the ZIP of several tasks."""
    if len(tasks) == 1:
        return zip_name(tasks[0])
    return file_name("Vidgo Studio", f"{len(tasks)} tasks", content_type="application/zip")


def named_folders(tasks: list[Task]) -> list[tuple[str, Asset]]:
    """Give every saved file of several tasks, each task's in a folder of its own."""
    files: list[tuple[str, Asset]] = []
    folders: set[str] = set()
    for task in tasks:
        named = named_files(task)
        if not named:
            continue
        folder, count = file_name(task_title(task)), 1
        while folder.casefold() in folders:
            count += 1
            folder = f"{file_name(task_title(task))} ({count})"
        folders.add(folder.casefold())
        files += [(f"{folder}/{name}", asset) for name, asset in named]
    return files


def named_files(task: Task) -> list[tuple[str, Asset]]:
    """Give every saved file of `task` under a name that none of the others has."""
    files: dict[str, Asset] = {}
    for asset in task.assets.exclude(file=""):
        asset.task = task
        name, count = asset_name(asset), 1
        while name.casefold() in {taken.casefold() for taken in files}:
            count += 1
            stem, dot, suffix = asset_name(asset).rpartition(".")
            name = f"{stem} ({count}){dot}{suffix}"
        files[name] = asset
    return list(files.items())
