"""What a file's own tags say, as ffmpeg tells them: text, of which only control characters go."""

import unicodedata


def text(value: str) -> str:
    """Return `value` on one line without control characters; every other sign stays."""
    value = unicodedata.normalize("NFC", value)
    # Cc: control, Cs: halves of a character, which no database takes.
    value = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in value)
    return " ".join(value.split())


def read(told: bytes, *, of_stream: bool) -> dict[str, str]:
    """Return the tags that ffmpeg has written as "ffmetadata", their names in small letters.

    `of_stream` is whether those of the sound count too, as in Ogg, and not the file's alone.
    """
    try:
        content = told.decode("utf-8")
    except UnicodeDecodeError:
        # Old programs write the signs of their own country; these are the West's.
        content = told.decode("cp1252", "replace")
    found: dict[str, str] = {}
    for line in _lines(content):
        if line == ["[STREAM]"] and not of_stream:
            break
        if len(line) == 2 and (value := text(line[1])):
            found.setdefault(line[0].lower(), value)
    return found


def _lines(content: str) -> list[list[str]]:
    """Return each line cut at its first "="; a backslash takes the next sign as it is."""
    lines: list[list[str]] = []
    parts, signs = [""], iter(content)
    for sign in signs:
        if sign == "\\":
            parts[-1] += next(signs, "")
        elif sign == "\n":
            lines.append(parts)
            parts = [""]
        elif sign == "=" and len(parts) == 1:
            parts.append("")
        else:
            parts[-1] += sign
    return lines
