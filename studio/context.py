"""What every page shows around its own content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from studio import roles
from studio.models import Account
from studio.operations import OPERATIONS

# Every page asks for it: a queryset would take twice as long to put this into words.
_ACCOUNT = "SELECT * FROM studio_account WHERE id = 1"


def studio(request: HttpRequest) -> dict[str, Any]:
    """Give the menu's operations, the notice, and the account to whoever is signed in."""
    signed_in = hasattr(request, "user") and request.user.is_authenticated
    can_make = signed_in and roles.can_make(request.user)
    return {
        "can_make": can_make,
        "operations": list(OPERATIONS.values()) if can_make else [],
        "notice": settings.STUDIO_NOTICE,
        "account": next(iter(Account.objects.raw(_ACCOUNT)), None) if signed_in else None,
    }
