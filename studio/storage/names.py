"""Names a person would give: of downloads, of ZIP entries, of what was sent to us."""

import re
import unicodedata

from studio.storage import types

# What Windows refuses in a name, and what other systems take for a path.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
# Devices of Windows, with any ending (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|(conin|conout|clock)\$|(com|lpt)[\d¹²³])\s*(\.|$)")
# A file system's limit is 255 bytes; room is left for a number and an extension.
_MAX_BYTES = 180
# Of these at most for what comes after the first part: what tells the files of one task apart.
_MAX_REST = 80
# They join the characters of an emoji and of some scripts; at the end of a name they join nothing.
_JOINERS = "\u200c\u200d\ufe0f"


def extension(content_type: str) -> str:
    """Return the extension for `content_type`, with its dot; ".bin" for a type nobody knows."""
    return types.of(content_type).ending


def file_name(*parts: str, content_type: str = "") -> str:
    """Return a safe name from `parts`: `("Low tide", "drums")` -> `Low tide - drums.mp3`.

    Keeps every script and emoji; leaves out control and direction characters, path separators and
    what Windows forbids; never empty. One that is too long is cut in its first part, since the
    others tell files of one title apart.
    """
    clean = [part for part in map(_clean, parts) if part] or ["Untitled"]
    rest = _cut(" - ".join(clean[1:]), _MAX_REST)
    first = _cut(clean[0], _MAX_BYTES - len(rest.encode()))
    stem = " - ".join(filter(None, (first, rest)))
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return stem + (extension(content_type) if content_type else "")


def _cut(text: str, size: int) -> str:
    """Return at most `size` bytes of `text`, with no character and no joining broken off."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[:size].decode("utf-8", "ignore").rstrip(" ." + _JOINERS)


def _clean(part: str) -> str:
    part = unicodedata.normalize("NFC", part)
    # Cc: control, Cf: direction marks that could hide an extension (joiners stay).
    part = "".join(
        c if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " "
        for c in part
    )
    return " ".join(_FORBIDDEN.sub(" ", part).split()).strip(" .")
