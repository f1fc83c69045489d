"""For whoever watches over the product: is it alive, can it work. No details: anybody may ask."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from studio.running import doctor, health, standing
from studio.running import metrics as figures


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer: the web server is alive."""
    return JsonResponse({"alive": True})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer which part is well, 503 if one is not. For an old backup nobody is turned away."""
    parts = health.checks()
    status = 200 if all(parts.values()) else 503
    return JsonResponse({**parts, "backup": _backup()}, status=status)


def _backup() -> dict[str, object]:
    """Return whether the backups are well, and how many hours old the last good one is."""
    try:
        known = standing.read()
    except DatabaseError:
        return {"good": False, "hours": None}
    hours = known.hours
    return {"good": not known.trouble, "hours": None if hours is None else round(hours, 1)}


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with figures for Prometheus, to whoever brings STUDIO_METRICS_TOKEN."""
    if not settings.METRICS_TOKEN:
        raise Http404
    brought = request.headers.get("Authorization", "")
    if not constant_time_compare(brought, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        return HttpResponse(figures.text(), content_type="text/plain; version=0.0.4")
    except DatabaseError:
        return HttpResponse(status=503)


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def round_trip(request: HttpRequest, asked: str) -> HttpResponse:
    """Answer the doctor, who asks at a one-time address whether a callback would come here."""
    try:
        return HttpResponse(doctor.echo(asked), content_type="text/plain")
    except BadSignature:
        raise Http404 from None
