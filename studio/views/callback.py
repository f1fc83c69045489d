"""Where the API tells what became of a task: kept raw, applied, answered at once."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from studio import jobs, lifecycle
from studio.models import Delivery
from studio.vidgo.bodies import Packed, TooLargeError, text_of
from vidgo_site.logs import about

PIECE = 64 * 1024


@csrf_exempt
@login_not_required
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """Take one delivery for the task whose address this is; 404 for an address nobody was given."""
    pk = lifecycle.addressed(token)
    if pk is None:
        raise Http404
    headers = request.headers
    packed = Packed(
        _read(request), headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
    )
    answer = JsonResponse({"code": 200})
    try:
        text = text_of(packed, settings.STUDIO_MAX_CALLBACK)
    except TooLargeError:
        # Its beginning tells a person what came; Vidgo is asked as for all that cannot be read.
        text = packed.raw[: lifecycle.MAX_UNREADABLE].decode("utf-8", "replace")
        answer = JsonResponse({"error": "The body is too large."}, status=413)
    with about(task=pk):
        kept = lifecycle.receive(pk, text, Delivery.Origin.CALLBACK)
        if kept.applied_at:
            jobs.kick(pk)
    return answer


def _read(request: HttpRequest) -> bytes:
    """Return the body as it came, at most one byte more than is taken.

    One in chunks has no length, and ends where the web server says so (`wsgi.input_terminated`);
    Django takes it for empty. So do those that a proxy has taken by HTTP/2 without a length.
    """
    source, environ = request, request.META
    if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
        source = environ["wsgi.input"]
    raw, most = b"", settings.STUDIO_MAX_CALLBACK + 1
    try:
        while len(raw) < most and (piece := source.read(min(PIECE, most - len(raw)))):
            raw += piece
    except Exception:
        # Broken off, or chunks that are none: what came is kept, and Vidgo is asked.
        return raw
    return raw
