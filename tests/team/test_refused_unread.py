"""Whoever may not, and whatever is too large, is refused before the first byte of it is read."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.team.test_access import TABLE, WHO, address, client_of, house

__all__ = ["house"]

HUGE = 150 * 1024**2
# Of these the view itself says how much it takes, and when it reads.
OWN_BOUNDS = {"new", "upload", "callback", "callback-bare"}


class Body(BytesIO):
    """A request's body that knows whether anybody looked at it."""

    touched = False

    def read(self, size: int | None = -1) -> bytes:
        self.touched = True
        return super().read(size)

    def readline(self, size: int | None = -1) -> bytes:
        self.touched = True
        return super().readline(size)


def post(client: Client, path: str, length: int, kind: str) -> tuple[int, bool]:
    """Post so many bytes, of which few have come. Return the status and whether any was read."""
    body = Body(b"--x\r\n")
    # With the cookie alone: the token is looked for in the form.
    client.handler.enforce_csrf_checks, client.cookies["csrftoken"] = True, "a" * 32
    more: dict[str, Any] = {"CONTENT_LENGTH": str(length), "wsgi.input": body}
    answer = client.generic("POST", path, b"-", content_type=kind, **more)
    return answer.status_code, body.touched


@pytest.mark.once
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain"])
def test_no_large_body_is_read_that_is_not_taken(
    who: str, kind: str, house: dict[str, Any]
) -> None:
    client, read = client_of(who), []
    for name, row in TABLE.items():
        lowest = row.get("POST")
        may = lowest is not None and WHO.index(who) >= WHO.index(lowest)
        if may and name in OWN_BOUNDS:
            continue
        status, touched = post(client, address(name, house), HUGE, kind)
        # 200: of the doctor's round trip, to which no body is anything.
        if touched or status not in (200, 302, 403, 405, 413):
            read.append((name, status, touched))
    assert not read


@pytest.mark.once
def test_a_small_form_of_somebody_who_may_not_is_not_read_either(house: dict[str, Any]) -> None:
    path, kind = address("import", house), "application/x-www-form-urlencoded"
    assert post(client_of("anonymous"), path, 20, kind) == (302, False)
    assert post(client_of("viewer"), path, 20, kind) == (403, False)
    assert post(client_of("member"), path, 5, kind)[1]


@pytest.mark.once
def test_a_length_of_thousands_of_digits_is_too_large(house: dict[str, Any]) -> None:
    kind = "application/x-www-form-urlencoded"
    assert post(client_of("member"), "/songs/import/", int("9" * 4000), kind) == (413, False)
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE > settings.STUDIO_MAX_CALLBACK
