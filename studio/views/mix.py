"""The mix of a separation's stems, as a file to take home."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from studio import downloads, mixing
from studio.models import Asset, Preview, Task

# A fader's upper end, in per cent.
LOUDEST = 150


@require_safe
def mix(request: HttpRequest, pk: int, format: str) -> HttpResponseBase:
    """Stream the mix; `?12=80&13=0` are gains in per cent by the stem's number, 100 if not said."""
    task = get_object_or_404(Task, pk=pk)
    stems = Preview.objects.filter(asset__task=task, asset__kind=Asset.Kind.STEM)
    try:
        gains = {stem: int(request.GET.get(str(stem.asset_id), 100)) for stem in stems}
    except ValueError:
        return HttpResponse("A gain is a whole number.", status=400)
    if not gains or not all(stem.samples for stem in stems):
        raise Http404
    if not all(0 <= gain <= LOUDEST for gain in gains.values()):
        return HttpResponse(f"A gain is from 0 to {LOUDEST}.", status=400)
    sources = [(stem.samples, gain / 100) for stem, gain in gains.items()]
    try:
        length = mixing.length(sources)
    except FileNotFoundError:
        raise Http404 from None
    try:
        pieces = mixing.mix(sources, format) if request.method == "GET" else iter(())
    except mixing.BusyError:
        busy = "Other mixes are being made at this moment. Try again in a minute."
        return HttpResponse(busy, status=503, headers={"Retry-After": "30"})
    content_type = mixing.CONTENT_TYPES[format]
    response = StreamingHttpResponse(pieces, content_type=content_type)
    if format == "wav":
        response["Content-Length"] = str(length)
    response["Content-Disposition"] = (
        content_disposition_header(True, downloads.mix_name(task, content_type)) or ""
    )
    return response
