"""Errors to a service that speaks Sentry's protocol, by one setting: STUDIO_SENTRY_DSN."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from vidgo_site import VERSION
from vidgo_site.logs import redact


def begin(dsn: str) -> None:
    """Report what fails from here on, in requests and in jobs; raises ImproperlyConfigured."""
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured(
            "STUDIO_SENTRY_DSN is wrong: sentry-sdk is not installed (pip install sentry-sdk)."
        ) from None
    try:
        sentry_sdk.init(
            dsn,
            release=f"vidgo-studio@{VERSION}",
            before_send=_clean,
            before_breadcrumb=lambda crumb, hint: None,
            # What people wrote, who they are and what opens a door stays here.
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
        )
    except ValueError:
        # The address can hold a secret: the reason is told without it.
        raise ImproperlyConfigured("STUDIO_SENTRY_DSN is wrong: it cannot be read.") from None


def _clean(event: Any, hint: Any) -> Any:
    event.pop("user", None)
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in ("url", "method") if name in request}
    return _redacted(event)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redacted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each) for each in value]
    return value
