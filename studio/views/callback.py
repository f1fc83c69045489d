"""Where the API tells what became of a task: kept raw, applied, answered at once."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from studio import jobs, lifecycle
from studio.models import Delivery
from vidgo_site.logs import about


@csrf_exempt
@login_not_required
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """Take one delivery for the task whose address this is; 404 for an address nobody was given."""
    pk = lifecycle.addressed(token)
    if pk is None:
        raise Http404
    raw = request.read(settings.STUDIO_MAX_CALLBACK + 1)
    if len(raw) > settings.STUDIO_MAX_CALLBACK:
        return JsonResponse({"error": "The body is too large."}, status=413)
    with about(task=pk):
        kept = lifecycle.receive(pk, raw.decode("utf-8", "replace"), Delivery.Origin.CALLBACK)
        if kept.applied_at:
            jobs.kick(pk)
    return JsonResponse({"code": 200})
