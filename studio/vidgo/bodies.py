"""The bytes of a body as the text of one JSON document, however they come.

A provider's proxy, queue or HTTP library may pack a body, encode it anew or put it into a form.
What it is shows in the bytes; headers are believed only where the bytes leave it open. Everything
is bounded: packed bytes by whoever reads them, unpacked ones by `limit`.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

# One coding inside another, one document inside another's string or list.
LAYERS = 4
# More digits than any number of the API has; without a bound their reading takes square time.
MAX_DIGITS = 40
MAX_FIELDS = 100
# What tells a body's document from another that a field holds.
_KNOWN = {"task_id", "status", "data"}
# For zlib: what its first bytes say, gzip or deflate, and a bare stream, which has no mark.
_MARKED, _BARE = 47, -15


class TooLargeError(ValueError):
    """A body that is larger than what is taken once it is unpacked."""


@dataclass(frozen=True)
class Packed:
    """A body as it came, and what its headers say of it."""

    raw: bytes
    content_type: str = ""
    content_encoding: str = ""


def text_of(packed: Packed, limit: int) -> str:
    """Return the JSON that `packed` holds as text, or all of its text where none is found.

    Raises TooLargeError for what unpacks to more than `limit` bytes.
    """
    raw = _unpacked(packed, limit)
    if len(raw) > limit:
        raise TooLargeError
    written = as_text(raw)
    if isinstance(document(written), dict | list):
        return written
    return _in_a_form(raw, written, packed.content_type) or written


def as_text(raw: bytes) -> str:
    """Return the text in UTF-8, 16 or 32, told apart by their zeros (RFC 4627), without its mark.

    NUL goes too, which PostgreSQL does not keep.
    """
    written = raw.decode(json.detect_encoding(raw), "replace").replace("\x00", "")
    return written.lstrip("\ufeff").strip()


def document(written: Any) -> Any:
    """Return the JSON document in a text, out of the string or list that it is alone in.

    None for what cannot be read: no JSON, or nested too deeply. Numbers that are none, and those of
    too many digits, become None.
    """
    found = written
    for _ in range(LAYERS):
        if isinstance(found, str | bytes):
            found = loads(found)
        elif isinstance(found, list) and len(found) == 1:
            found = found[0]
        else:
            break
    return found


def loads(written: str | bytes) -> Any:
    """Return the JSON value in `written`, None where there is none that can be read."""
    try:
        return json.loads(
            written, parse_constant=lambda _: None, parse_int=_integer, parse_float=_decimal
        )
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


def _decimal(digits: str) -> float | None:
    return float(digits) if len(digits) <= 10 * MAX_DIGITS else None


def _unpacked(packed: Packed, limit: int) -> bytes:
    """Return the bytes without gzip and deflate; as they are where they are no such thing."""
    raw = packed.raw
    for _ in range(LAYERS):
        # No JSON begins as what is packed does, but a form's first name may.
        ways = [_MARKED]
        if "deflate" in packed.content_encoding.lower():
            # RFC 9110 means zlib's form, and some send the bare stream.
            ways.append(_BARE)
        inner = next(filter(None, (_inflated(raw, way, limit) for way in ways)), b"")
        if not inner:
            break
        raw = inner
    return raw


def _inflated(raw: bytes, way: int, limit: int) -> bytes:
    unpacking = zlib.decompressobj(way)
    try:
        inner = unpacking.decompress(raw, limit + 1)
    except zlib.error:
        return b""
    if len(inner) > limit:
        raise TooLargeError
    # A bare stream has only an end: other bytes seldom reach one.
    return inner if way != _BARE or (unpacking.eof and not unpacking.unused_data) else b""


def _in_a_form(raw: bytes, written: str, content_type: str) -> str:
    """Return the JSON that a form's field holds, or the fields as JSON; "" where it is no form."""
    try:
        fields = list(_fields(raw, written, content_type))
    except (ValueError, MultiPartParserError, SuspiciousOperation):
        return ""
    inner = [(value, document(value)) for _, value in fields]
    whole = [text for text, found in inner if isinstance(found, dict) and _KNOWN & found.keys()]
    if not whole and "task_id" in dict(fields):
        # The fields are those of the document itself.
        return json.dumps(dict(fields))
    return next(iter(whole), "")


def _fields(raw: bytes, written: str, content_type: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each field of a form. Raises what says that it is none."""
    if not content_type.lower().startswith("multipart/"):
        yield from parse_qsl(written, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        return
    # Django's parser knows the type in small letters only.
    told = {"CONTENT_TYPE": "multipart/" + content_type[10:], "CONTENT_LENGTH": len(raw)}
    form, files = MultiPartParser(told, BytesIO(raw), [MemoryFileUploadHandler()]).parse()
    for name, values in form.lists():
        yield from ((name, value) for value in values)
    for name, sent in files.lists():
        yield from ((name, as_text(each.read())) for each in sent)
