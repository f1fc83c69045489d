"""A person's wishes about one task: each one call of the lifecycle, then back to the task."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from studio import jobs, lifecycle
from studio.media import archive
from studio.models import Task
from studio.pages.forms import AdoptForm


def _action(change: Callable[[HttpRequest, Task], Task]) -> Callable[..., HttpResponse]:
    """Make a view of `change`: a task, one change, the work that is due now, its page."""

    @require_POST
    @wraps(change)
    def view(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        task = get_object_or_404(Task, pk=pk)
        try:
            task = change(request, task)
        except lifecycle.NeedsWordError as error:
            return ask_for_word(request, str(error), task.get_absolute_url())
        except lifecycle.NotPossibleError as error:
            messages.error(request, str(error))
        jobs.kick(task.pk)
        return redirect(task)

    return view


def ask_for_word(request: HttpRequest, why: str, back: str) -> HttpResponse:
    """Ask whether what was sent is meant, before it costs credits; "yes" sends it once more."""
    sent = [
        (name, value)
        for name in request.POST
        if name not in ("csrfmiddlewaretoken", "sure")
        for value in request.POST.getlist(name)
    ]
    return render(request, "studio/sure.html", {"why": why, "sent": sent, "back": back})


def in_trash(request: HttpRequest, what: str) -> None:
    """Tell that `what` lies in the trash, with the way there."""
    told = 'In the trash: {}. <a href="{}">Open the trash</a> to restore it.'
    messages.success(request, format_html(told, what, reverse("trash")))


def is_sure(request: HttpRequest) -> bool:
    """Return whether a person has said that what is sent is meant."""
    return "sure" in request.POST


@_action
def cancel(request: HttpRequest, task: Task) -> Task:
    """Take a task back before it is sent."""
    return lifecycle.cancel(task.pk, request.user)


@_action
def try_again(request: HttpRequest, task: Task) -> Task:
    """Make a task that came to nothing once more, with its settings."""
    return lifecycle.try_again(task.pk, request.user, is_sure(request))


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
    return lifecycle.send_again(task.pk, request.user, is_sure(request))


@_action
def give_up(request: HttpRequest, task: Task) -> Task:
    """Stop waiting for an unconfirmed task."""
    return lifecycle.give_up(task.pk, request.user)


@_action
def restore(request: HttpRequest, task: Task) -> Task:
    """Take a task out of the trash."""
    return lifecycle.restore(task.pk, request.user)


@_action
def save_again(request: HttpRequest, task: Task) -> Task:
    """Copy the files that could not be saved once more."""
    archive.save_all_again(task, request.user)
    return task
