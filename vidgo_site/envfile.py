"""Settings out of a file, read as systemd reads one (systemd.exec(5), "EnvironmentFile=").

So a command sees what the services see: quotes, blanks, `#` and `$` within a value included, and
nothing is ever looked up, run or put on a command line.
"""

import re

# A backslash within double quotes makes plain only what would end or change them.
_PLAIN = {'"', "\\", "`", "$"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMENT = ("#", ";")


def read(text: str) -> dict[str, str]:
    """Return the settings in `text`; lines that are none are left out, as systemd does."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        line_end = _end_of_line(text, at)
        name, sign, _ = text[at:line_end].partition("=")
        if name.lstrip().startswith(_COMMENT) or not sign:
            at = line_end + 1
            continue
        value, at = _value(text, at + len(name) + 1)
        if _NAME.fullmatch(name.strip()):
            found[name.strip()] = value
    return found


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, at: int) -> tuple[str, int]:
    """Return the value that begins at `at`, and where the next line begins.

    Quotes count only where a part of the value begins: `a"b` is as it stands, `"a" "b"` is `ab`.
    """
    parts: list[str] = []
    while at < len(text):
        sign = text[at]
        if sign == "\n":
            break
        if sign.isspace():
            at += 1
        elif sign in "\"'":
            part, at = _quoted(text, at + 1, sign)
            parts.append(part)
        else:
            part, at = _bare(text, at)
            parts.append(part)
            break
    return "".join(parts), at + 1


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    """Return what stands up to the closing `quote`, and what comes after it."""
    kept: list[str] = []
    while at < len(text) and text[at] != quote:
        following = text[at + 1 : at + 2]
        if quote == '"' and text[at] == "\\" and (following in _PLAIN or following == "\n"):
            kept.append("" if following == "\n" else following)
            at += 2
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept), at + 1


def _bare(text: str, at: int) -> tuple[str, int]:
    """Return what stands up to the end of the line, without blanks at its end."""
    kept: list[str] = []
    # How much of it stays whatever follows: a blank behind a backslash is meant.
    meant = 0
    while at < len(text) and text[at] != "\n":
        if text[at] == "\\" and at + 1 < len(text):
            # At the end of a line: the value goes on in the next one.
            kept.append(text[at + 1].replace("\n", ""))
            meant = len(kept)
            at += 2
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept[:meant]) + "".join(kept[meant:]).rstrip(), at
