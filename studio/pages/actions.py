"""What a person can do with a task: one thing is a button on its page, the others are a menu."""

from typing import Any

from django.urls import reverse

from studio import operations
from studio.models import Asset, Task

Action = dict[str, Any]


def actions(task: Task, saved: list[Asset], may_change: bool) -> tuple[Action | None, list[Action]]:
    """Return what is most wanted of `task` in its present state, None for nothing; and the rest."""
    if task.deleted_at:
        restore = _post(task, "task-restore", "Restore", "again")
        return ({**restore, "look": "primary"} if may_change else None), _download(task, saved)
    # What helps a task on comes before what it has given.
    helping = _helping(task) if may_change else []
    wanted = [*helping, *_download(task, saved)]
    others = [*_again(task), *_deletion(task)] if may_change else []
    return (wanted[0] if wanted else None), [*wanted[1:], *others]


def _download(task: Task, saved: list[Asset]) -> list[Action]:
    if not saved:
        return []
    (first, *others) = saved
    label = "Download all" if others else f"Download {first.label}"
    url = reverse("task-zip", args=[task.pk])
    address = url if others else f"{first.get_absolute_url()}?download=1"
    return [{**_link("download", label, address, "download"), "is_file": True, "look": "primary"}]


def _helping(task: Task) -> list[Action]:
    found = []
    if task.status == Task.Status.PENDING and not task.sent_at:
        help_text = "Not sent yet, so cancelling is free."
        found.append(_post(task, "task-cancel", "Cancel", "close", help_text))
    if task.operation in operations.OPERATIONS and task.status in Task.WITHOUT_RESULT:
        found.append({**_post(task, "task-try-again", "Try again", "again"), "look": "primary"})
    is_open = not task.is_final or task.status == Task.Status.FAILED or task.error_code == "empty"
    if task.vidgo_id and is_open:
        help_text = "Asks Vidgo how far it is."
        found.append(_post(task, "task-ask", "Check now", "again", help_text))
    if any(asset.state == Asset.State.FAILED for asset in task.assets.all()):
        found.append(_post(task, "task-save-again", "Save the files again", "import"))
    return found


def _again(task: Task) -> list[Action]:
    if task.operation not in operations.OPERATIONS or task.status == Task.Status.UNCONFIRMED:
        return []
    failed = task.status in Task.WITHOUT_RESULT
    label = "Change and try again" if failed else "Make another like this"
    url = f"{reverse('new', args=[task.operation])}?again={task.pk}"
    return [_link("again", label, url, "copy")]


def _deletion(task: Task) -> list[Action]:
    if not task.is_final:
        return []
    return [_link("delete", "Delete …", f"{reverse('bulk-delete')}?task={task.pk}", "trash")]


def _link(name: str, label: str, url: str, icon: str) -> Action:
    return {"name": name, "label": label, "url": url, "icon": icon, "method": "get"}


def _post(task: Task, name: str, label: str, icon: str, help_text: str = "") -> Action:
    url = reverse(name, args=[task.pk])
    return {**_link(name, label, url, icon), "method": "post", "help": help_text}
