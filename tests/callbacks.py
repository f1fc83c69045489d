"""Callbacks as Vidgo sends them to a task's own address, and what the history says then."""

from typing import Any

from django.test import Client

from studio.models import Task


def call_back(task: Task, told: Any) -> None:
    """Call back with the body `told`, without having anything done about it."""
    path = f"/callback/{task.callback_token}/"
    assert Client().post(path, told, "application/json").status_code == 200
    task.refresh_from_db()


def history(task: Task) -> list[str]:
    """Return the lines of a task's history, the oldest first."""
    return [event.text for event in task.events.all()]
