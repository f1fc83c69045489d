"""What every page shows around its own content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from studio.models import Account
from studio.operations import OPERATIONS
from studio.pages import charges
from studio.team import roles


def studio(request: HttpRequest) -> dict[str, Any]:
    """Return the menu's operations, the notice, and the account to whoever is signed in."""
    account, can_make = None, False
    if hasattr(request, "user") and request.user.is_authenticated:
        account = Account.objects.filter(pk=1).first()
        can_make = roles.can_make(request.user)
    return {
        "can_make": can_make,
        "operations": [one for one in OPERATIONS.values() if one.in_menu and can_make],
        "sound_operations": [one for one in OPERATIONS.values() if one.takes_sound and can_make],
        "max_upload": settings.STUDIO_MAX_UPLOAD,
        "notice": settings.STUDIO_NOTICE,
        "account": account,
        "too_few": charges.too_few(account.balance, account.needed) if account else "",
    }
