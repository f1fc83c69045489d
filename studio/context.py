"""What every page shows around its own content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from studio import roles
from studio.models import Account
from studio.operations import OPERATIONS

# The account, all empty while there is none, and whether who looks is a member: in one query and
# without a queryset, since every page asks for both.
_AROUND = f"""
SELECT studio_account.*, is_member FROM (SELECT {roles.IS_MEMBER} AS is_member) AS looks
LEFT JOIN studio_account ON studio_account.id = 1
"""  # noqa: S608


def studio(request: HttpRequest) -> dict[str, Any]:
    """Give the menu's operations, the notice, and the account to whoever is signed in."""
    account, can_make = None, False
    if hasattr(request, "user") and request.user.is_authenticated:
        [account] = Account.objects.raw(_AROUND, [request.user.pk, roles.MEMBERS])
        is_member = bool(account.is_member)  # type: ignore[attr-defined]
        can_make = roles.can_make(request.user, is_member)
    return {
        "can_make": can_make,
        "operations": list(OPERATIONS.values()) if can_make else [],
        "notice": settings.STUDIO_NOTICE,
        "account": account,
    }
