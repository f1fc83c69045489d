"""The mix of a separation's stems, as a file to take home."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from studio.media import downloads, mixing, originals, workstation
from studio.media.mixing import Click, Lane, Pace, Stems
from studio.media.rhythm import Rhythm
from studio.models import Asset, Preview, Task
from studio.pages import counting

# A fader's upper end in per cent: +6 dB, rounded up.
LOUDEST = 200
# Ends of the mixer's tempo, in per cent, and of its key, in semitones.
TEMPOS, KEYS = range(50, 151), range(-6, 7)
# What is streamed, and its size where that is known beforehand.
Made = tuple[Iterator[bytes], int | None]


@require_safe
def mix(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """Stream the mix; `?12=80&13=0` are gains in per cent by the stem's number, 100 if not said.

    `pan12=-30` is its pan in per cent to the right. `master=90` and `tempo=80` are the mix's
    in per cent, `key=-2` is by how many semitones it is higher. `click=80` is the level of a click
    on the song's beats, where they are known.
    """
    task = get_object_or_404(Task, pk=pk)
    content_type = mixing.CONTENT_TYPES[kind]

    def make(stems: Stems) -> Made:
        pace, master = _pace(request), _master(request)
        stems = [replace(lane, gain=lane.gain * master) for lane in stems]
        length = mixing.length(stems, pace)
        made = mixing.mix(stems, kind, pace, _click(request, task, stems))
        return made, length if kind == "wav" else None

    return _stream(request, task, make, downloads.mix_name(task, content_type), content_type)


@require_safe
def workstation_project(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Stream all stems as a project of an audio workstation; its faders as those of a mix."""
    task = get_object_or_404(Task, pk=pk)
    title = downloads.task_title(task)
    name = downloads.project_name(task)

    def make(stems: Stems) -> Made:
        return workstation.write(title, stems, _master(request), _rhythm(task, stems))

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


def _master(request: HttpRequest) -> float:
    return _gain(request, "master", 100)


def _pace(request: HttpRequest) -> Pace:
    """Return tempo and key that are asked for. Raises ValueError, in words."""
    key = round(_per_cent(request, "key", 0, KEYS) * 100)
    return Pace(_per_cent(request, "tempo", 100, TEMPOS), key)


def _click(request: HttpRequest, task: Task, stems: Stems) -> Click | None:
    """Return the click that is asked for, None where it is silent or nothing to click on."""
    gain = _gain(request, "click", 0) * _master(request)
    # Most mixes have none: nothing is looked up for them.
    rhythm = _rhythm(task, stems) if gain else Rhythm()
    if not rhythm.tempo or rhythm.beat is None:
        return None
    return Click(gain, 60 / rhythm.tempo, rhythm.beat)


def _rhythm(task: Task, stems: Stems) -> Rhythm:
    counted = counting.of_song(
        originals.of(task), [lane.stem.asset for lane in stems if lane.stem.asset]
    )
    if counted is None or not counted.tempo:
        return Rhythm()
    beat = None if counted.beat is None else counted.beat % (60 / counted.tempo)
    return Rhythm(counted.tempo, beat, counted.musical_key)


def _stems(request: HttpRequest, task: Task) -> Stems:
    """Return the stems with their gains and pans. Raises ValueError, in words, and Http404."""
    stems = Preview.objects.filter(asset__task=task, asset__kind=Asset.Kind.STEM)
    stems = stems.select_related("asset").order_by("asset__order", "asset_id")
    if not stems or not all(stem.samples for stem in stems):
        raise Http404
    return [
        Lane(
            stem,
            _gain(request, str(stem.asset_id), 100),
            _per_cent(request, f"pan{stem.asset_id}", 0, range(-100, 101)),
        )
        for stem in stems
    ]


def _gain(request: HttpRequest, name: str, usual: int) -> float:
    """Return the gain that a parameter asks for in per cent. Raises ValueError."""
    asked = request.GET.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", asked) or float(asked) > LOUDEST:
        raise ValueError(f"“{name}” is a number from 0 to {LOUDEST}.")
    return float(asked) / 100


def _per_cent(request: HttpRequest, name: str, usual: int, allowed: range) -> float:
    """Return a hundredth of a parameter, of `usual` where it is absent. Raises ValueError."""
    asked = request.GET.get(name, str(usual))
    if not re.fullmatch("-?[0-9]{1,3}", asked) or int(asked) not in allowed:
        raise ValueError(f"“{name}” is a whole number from {allowed[0]} to {allowed[-1]}.")
    return int(asked) / 100
