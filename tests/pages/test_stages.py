"""A task's page: its status and the stages below it never contradict each other."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from studio.models import Task

# Status, the stage that is under way ("" for none) and those that are done.
EXPECTED = [
    ("create-music-video", "pending", "", []),
    ("create-music-video", "not_started", "Sent", []),
    ("create-music-video", "running", "Making", ["Sent"]),
    ("add-instrumental", "pending", "", []),
    ("add-instrumental", "not_started", "Sent", []),
    ("add-instrumental", "running", "Words written", ["Sent"]),
    ("import-song", "not_started", "Asked for", []),
    ("import-song", "running", "Making", ["Asked for"]),
]


def stages(client: Client, task: Task) -> tuple[str, list[str]]:
    """Return the stage under way and those that are done, as the page shows them."""
    page = client.get(task.get_absolute_url()).content.decode()
    shown = re.findall(r'<li class="stage (\w+)"[^>]*>\s*([^<]*?)\s*<', page)
    now = [label for state, label in shown if state == "now"]
    return (now or [""])[0], [label for state, label in shown if state == "done"]


@pytest.mark.parametrize(("model", "status", "now", "done"), EXPECTED)
def test_the_stage_under_way_is_what_the_status_says(
    make: Callable[..., Task], signed_in: Client, model: str, status: str, now: str, done: list[str]
) -> None:
    task = make(status, operation=model, input={"title": "T"}, due_at=timezone.now())

    assert stages(signed_in, task) == (now, done)


def test_the_first_variation_is_under_way_once_it_can_be_heard_and_ready_is_not(
    make: Callable[..., Task], signed_in: Client
) -> None:
    task = make("running", operation="add-instrumental", input={"title": "T"})
    task.assets.create(key="a.audio", kind="audio", label="Variation 1")

    assert stages(signed_in, task) == ("First variation", ["Sent", "Words written"])
