"""What lies in the data folder is its owner's alone; files made by earlier releases, too.

New files are private by the umask that the settings set. With `STUDIO_X_ACCEL` a proxy of another
account reads the media: they are open to the owner's group then, and the way to them.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def tighten() -> None:
    """Take from everybody else what they may do with the database and with the data folder."""
    root, media = Path(settings.STUDIO_DATA_DIR), Path(settings.MEDIA_ROOT)
    _close(root, settings.DATA_DIR_MODE)
    for folder, names, files in os.walk(root):
        place = Path(folder)
        is_media = place.is_relative_to(media)
        for name in files:
            _close(place / name, settings.FILE_UPLOAD_PERMISSIONS if is_media else 0o600)
        for name in names:
            inside = is_media or (place / name) == media
            mode = settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS if inside else 0o700
            _close(place / name, mode)
    if connection.vendor == "sqlite":
        # It may lie elsewhere, in a folder that is not ours to close.
        for suffix in ("", "-wal", "-shm", "-journal"):
            _close(Path(f"{connection.settings_dict['NAME']}{suffix}"), 0o600)


def _close(path: Path, mode: int | None) -> None:
    """Set the permissions of group and others to `mode`; links and files of other owners stay."""
    mode = mode or 0
    with suppress(FileNotFoundError, PermissionError):
        known = path.lstat().st_mode
        if not stat.S_ISLNK(known) and known & OTHERS != mode & OTHERS:
            path.chmod(known & ~OTHERS & 0o7777 | mode & OTHERS)
