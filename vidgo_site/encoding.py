"""One encoding for everything that is sent to the product: UTF-8."""

import re
from collections.abc import Callable, Iterable
from typing import Any

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_CHARSET = re.compile(r"charset\*?\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_BOUNDARY = re.compile(r"boundary\s*=\s*(\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def utf8(application: Wsgi) -> Wsgi:
    """Return `application` behind a gate that lets no other encoding through.

    A form that says it is in another is refused (400). Of other types nothing but the name is
    passed on: Django would read the address, too, in whatever encoding the body claims to have,
    before anything of ours is asked.
    """

    def gate(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told = environ.get("CONTENT_TYPE") or ""
        kind = told.partition(";")[0].strip()
        charset, boundary = _CHARSET.search(told), _BOUNDARY.search(told)
        # A callback's body is read by what it holds, whatever it claims to be (`vidgo.bodies`).
        is_callback = (environ.get("PATH_INFO") or "").startswith("/callback/")
        is_form = kind.lower() in _FORMS and not is_callback
        if is_form and charset and charset[1].lower() not in ("utf-8", "utf8"):
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"A form must be sent as UTF-8.\n"]
        environ["CONTENT_TYPE"] = f"{kind}; boundary={boundary[1]}" if boundary else kind
        return application(environ, start_response)

    return gate
