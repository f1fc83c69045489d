"""The mix of a separation's stems, as a file to take home."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from studio.media import downloads, mixing, workstation
from studio.media.mixing import Pace, Stems
from studio.models import Asset, Preview, Task

# A fader's upper end, in per cent.
LOUDEST = 150
# Ends of the mixer's tempo, in per cent, and of its key, in semitones.
TEMPOS, KEYS = range(50, 151), range(-6, 7)
# What is streamed, and its size where that is known beforehand.
Made = tuple[Iterator[bytes], int | None]


@require_safe
def mix(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """Stream the mix; `?12=80&13=0` are gains in per cent by the stem's number, 100 if not said.

    `tempo=80` is its tempo in per cent, `key=-2` by how many semitones it is higher.
    """
    task = get_object_or_404(Task, pk=pk)
    content_type = mixing.CONTENT_TYPES[kind]

    def make(stems: Stems) -> Made:
        pace = _pace(request)
        length = mixing.length(stems, pace)
        return mixing.mix(stems, kind, pace), length if kind == "wav" else None

    return _stream(request, task, make, downloads.mix_name(task, content_type), content_type)


@require_safe
def workstation_project(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Stream all stems as a project of an audio workstation; gains as those of a mix."""
    task = get_object_or_404(Task, pk=pk)
    title = downloads.task_title(task)
    name = downloads.project_name(task)
    make = partial(workstation.write, title)
    return _stream(request, task, make, name, workstation.CONTENT_TYPE)


def _stream(
    request: HttpRequest,
    task: Task,
    make: Callable[[Stems], Made],
    name: str,
    content_type: str,
) -> HttpResponseBase:
    """Stream what `make` gives of the task's stems with the gains that were asked for."""
    try:
        stems = _stems(request, task)
        pieces, length = make(stems)
    except ValueError as error:
        return HttpResponse(str(error), status=400)
    except FileNotFoundError:
        raise Http404 from None
    except mixing.BusyError:
        busy = "Other mixes are being made at this moment. Try again in a minute."
        return HttpResponse(busy, status=503, headers={"Retry-After": "30"})
    response = StreamingHttpResponse(pieces, content_type=content_type)
    if length is not None:
        response["Content-Length"] = str(length)
    response["Content-Disposition"] = downloads.disposition(name)
    return response


def _pace(request: HttpRequest) -> Pace:
    """Return tempo and key that are asked for. Raises ValueError, in words."""
    tempo, key = request.GET.get("tempo", "100"), request.GET.get("key", "0")
    if not (tempo in map(str, TEMPOS) and key in map(str, KEYS)):
        raise ValueError("A tempo is from 50 to 150 per cent, a key from -6 to 6 semitones.")
    return Pace(int(tempo) / 100, int(key))


def _stems(request: HttpRequest, task: Task) -> Stems:
    """Return the task's stems with their gains. Raises ValueError, in words, and Http404."""
    stems = Preview.objects.filter(asset__task=task, asset__kind=Asset.Kind.STEM)
    stems = stems.select_related("asset").order_by("asset__order", "asset_id")
    if not stems or not all(stem.samples for stem in stems):
        raise Http404
    gains = [request.GET.get(str(stem.asset_id), "100") for stem in stems]
    if not all(re.fullmatch("[0-9]{1,3}", gain) and int(gain) <= LOUDEST for gain in gains):
        raise ValueError(f"A gain is a whole number from 0 to {LOUDEST}.")
    return [(stem, int(gain) / 100) for stem, gain in zip(stems, gains, strict=True)]
