"""Mixes that the band keeps of a song's stems, as a part of the mixer's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from studio.models import Mix, Task
from studio.pages.forms import MixForm, first_problem
from studio.team import roles

# Of one song.
MOST = 50


@require_http_methods(["GET", "HEAD", "POST"])
def mixes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the kept mixes of a song; keep one more, or the one of that name anew."""
    task = get_object_or_404(Task.kept, pk=pk)
    form = MixForm(request.POST if request.method == "POST" else None)
    wrong = ""
    if form.is_valid():
        name = form.cleaned_data["name"]
        if task.mixes.exclude(name__in=["", name]).count() >= MOST:
            wrong = f"{MOST} are kept at most. Delete one first."
        else:
            told = {"query": form.cleaned_data["query"], "created_by_id": request.user.pk}
            task.mixes.update_or_create(name=name, defaults=told)
    elif request.method == "POST":
        wrong = first_problem(form)
    return _part(request, task, wrong, request.POST.get("name", "") if wrong else "")


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one kept mix. The name that is typed for another one stays."""
    mix = get_object_or_404(Mix.objects.select_related("task"), pk=pk)
    mix.delete()
    return _part(request, mix.task, typed=request.POST.get("name", ""), has_focus=True)


@roles.everyone
@require_POST
def last(request: HttpRequest, pk: int) -> HttpResponse:
    """Remember what a person leaves a song with, until the next time."""
    task = get_object_or_404(Task.kept, pk=pk)
    form = MixForm({"name": "last", "query": request.POST.get("query", "")})
    if not form.is_valid():
        return HttpResponse(status=400)
    query = form.cleaned_data["query"]
    own = {"name": "", "created_by_id": request.user.pk}
    if query:
        task.mixes.update_or_create(**own, defaults={"query": query})
    else:
        task.mixes.filter(**own).delete()
    return HttpResponse(status=204)


def _part(
    request: HttpRequest, task: Task, wrong: str = "", typed: str = "", has_focus: bool = False
) -> HttpResponse:
    mixes = Mix.objects.filter(task=task).select_related("created_by")
    own = next((one for one in mixes if one.created_by == request.user and not one.name), None)
    named = [mix for mix in mixes if mix.name]
    shown = {"task": task, "mixes": named, "last": own, "wrong": wrong, "typed": typed}
    # The button that was pressed is gone: its place has the focus.
    shown["has_focus"] = has_focus
    return render(request, "studio/_mixes.html", shown)
