"""Names a person would give: of downloads, of ZIP entries, of what was sent to us."""

import re
import unicodedata

EXTENSIONS = {
    "audio/mpeg": ".mp3",
    "audio/x-wav": ".wav",
    "audio/x-flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/zip": ".zip",
}
# What Windows refuses in a name, and what other systems take for a path.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
# A file system's limit is 255 bytes; room is left for a number and an extension.
_MAX_BYTES = 180


def extension(content_type: str) -> str:
    """Give the extension for `content_type`, with its dot; ".bin" for a type nobody knows."""
    return EXTENSIONS.get(content_type, ".bin")


def file_name(*parts: str, content_type: str = "") -> str:
    """Give a safe name from `parts`: `("Relaxing Piano", "drums")` -> `Relaxing Piano - drums.mp3`.

    Keeps every script and emoji; leaves out control and direction characters, path separators and
    what Windows forbids; never empty.
    """
    stem = " - ".join(clean for clean in map(_clean, parts) if clean) or "Untitled"
    stem = stem.encode()[:_MAX_BYTES].decode("utf-8", "ignore").strip(" .")
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return stem + (extension(content_type) if content_type else "")


def _clean(part: str) -> str:
    part = unicodedata.normalize("NFC", part)
    # Cc: control, Cf: direction marks that could hide an extension (the joiner of emoji stays).
    part = "".join(
        c if c == "\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " "
        for c in part
    )
    return " ".join(_FORBIDDEN.sub(" ", part).split()).strip(" .")
