"""Every type of file that can be stored: its ending, and how a page shows it. The one table.

What is not in it is kept as well, under ".bin", and only downloaded.
"""

from typing import NamedTuple


class MediaType(NamedTuple):
    """A type's ending, and its family: "audio", "video", "image", "" for what is not shown.

    `is_plain`: whether every browser shows it. Of what is not, the page gets a copy.
    """

    ending: str
    family: str = ""
    is_plain: bool = False


UNKNOWN = MediaType(".bin")
# Where two have one ending, the latter is what the ending tells.
TYPES = {
    "audio/mpeg": MediaType(".mp3", "audio", is_plain=True),
    "audio/x-wav": MediaType(".wav", "audio", is_plain=True),
    "audio/x-flac": MediaType(".flac", "audio", is_plain=True),
    "audio/mp4": MediaType(".m4a", "audio", is_plain=True),
    # Of a bare stream browsers guess the length, and seek by that guess.
    "audio/aac": MediaType(".aac", "audio"),
    # Safari before 18.4 reads no Ogg, and on phones before 17.4 no WebM.
    "audio/ogg": MediaType(".ogg", "audio"),
    "audio/x-matroska": MediaType(".mka", "audio"),
    "audio/x-w64": MediaType(".w64", "audio"),
    "audio/x-aiff": MediaType(".aiff", "audio"),
    "audio/x-caf": MediaType(".caf", "audio"),
    "audio/x-ms-wma": MediaType(".wma", "audio"),
    "audio/basic": MediaType(".au", "audio"),
    "audio/amr": MediaType(".amr", "audio"),
    "audio/x-wavpack": MediaType(".wv", "audio"),
    "audio/x-ape": MediaType(".ape", "audio"),
    "video/mp4": MediaType(".mp4", "video", is_plain=True),
    "video/webm": MediaType(".webm", "video", is_plain=True),
    "audio/webm": MediaType(".webm", "audio"),
    "video/quicktime": MediaType(".mov", "video"),
    "video/x-matroska": MediaType(".mkv", "video"),
    "video/ogg": MediaType(".ogv", "video"),
    "video/x-msvideo": MediaType(".avi", "video"),
    "video/x-ms-wmv": MediaType(".wmv", "video"),
    "video/mp2t": MediaType(".ts", "video"),
    "video/mpeg": MediaType(".mpg", "video"),
    "video/x-flv": MediaType(".flv", "video"),
    "image/png": MediaType(".png", "image", is_plain=True),
    "image/jpeg": MediaType(".jpg", "image", is_plain=True),
    "image/webp": MediaType(".webp", "image", is_plain=True),
    "image/gif": MediaType(".gif", "image", is_plain=True),
    "image/avif": MediaType(".avif", "image", is_plain=True),
    "image/bmp": MediaType(".bmp", "image", is_plain=True),
    "image/tiff": MediaType(".tiff", "image"),
    "image/jxl": MediaType(".jxl", "image"),
    "image/heic": MediaType(".heic"),
    "audio/midi": MediaType(".mid"),
    "application/pdf": MediaType(".pdf"),
    "application/zip": MediaType(".zip"),
    "application/gzip": MediaType(".gz"),
}
ENDINGS = {known.ending: name for name, known in TYPES.items()}


def of(content_type: str) -> MediaType:
    """Return what is known of a type."""
    return TYPES.get(content_type, UNKNOWN)
