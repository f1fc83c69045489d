"""A person's wishes about one task: each one call of the lifecycle, then back to the task."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from studio import archive, jobs, lifecycle
from studio.forms import AdoptForm
from studio.models import Asset, Task


def _action(change: Callable[[HttpRequest, Task], Task]) -> Callable[..., HttpResponse]:
    """Make a view of `change`: a task, one change, the work that is due now, its page."""

    @require_POST
    @wraps(change)
    def view(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        task = get_object_or_404(Task, pk=pk)
        try:
            task = change(request, task)
        except lifecycle.NotPossibleError as error:
            messages.error(request, str(error))
        jobs.kick(task.pk)
        return redirect(task)

    return view


@_action
def cancel(request: HttpRequest, task: Task) -> Task:
    """Take a task back before it is sent."""
    return lifecycle.cancel(task.pk, request.user)


@_action
def try_again(request: HttpRequest, task: Task) -> Task:
    """Make a task that came to nothing once more, with its settings."""
    return lifecycle.try_again(task.pk, request.user)


@_action
def ask(request: HttpRequest, task: Task) -> Task:
    """Ask Vidgo for the task now."""
    return lifecycle.ask_now(task.pk, request.user)


@_action
def adopt(request: HttpRequest, task: Task) -> Task:
    """Take a `task_id` found in the provider's console."""
    return lifecycle.adopt(task.pk, AdoptForm(request.POST).given(), request.user)


@_action
def send_again(request: HttpRequest, task: Task) -> Task:
    """Send an unconfirmed task once more."""
    return lifecycle.send_again(task.pk, request.user)


@_action
def give_up(request: HttpRequest, task: Task) -> Task:
    """Stop waiting for an unconfirmed task."""
    return lifecycle.give_up(task.pk, request.user)


@_action
def save_again(request: HttpRequest, task: Task) -> Task:
    """Copy the files that could not be saved once more."""
    for asset in task.assets.filter(state=Asset.State.FAILED):
        archive.save_again(asset.pk, request.user)
    return task
