"""Secrets out of files: `NAME_FILE` names the file in which the value of `NAME` stands.

So Docker's secrets, systemd's credentials and their kin need no environment that others may read.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAMES = (
    *("VIDGO_API_KEY", "STUDIO_SECRET_KEY", "DATABASE_URL", "REDIS_URL"),
    *("STUDIO_EMAIL_URL", "STUDIO_ALARM_WEBHOOK", "STUDIO_METRICS_TOKEN", "STUDIO_SENTRY_DSN"),
    *("STUDIO_BACKUP_ACCESS_KEY_ID", "STUDIO_BACKUP_SECRET_ACCESS_KEY"),
    "STUDIO_HTTPS_PROXY",
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DJANGO_SUPERUSER_PASSWORD"),
)
# Bytes: far more than any secret has.
LONGEST = 16 * 1024


def load() -> None:
    """Put each secret that stands in a file into the environment; raises ImproperlyConfigured.

    Processes that are started from here find the value, and no file any more.
    """
    for name in NAMES:
        path = os.environ.get(f"{name}_FILE", "")
        if not path:
            continue
        if os.environ.get(name):
            raise ImproperlyConfigured(f"{name} is wrong: {name}_FILE is set as well.")
        os.environ[name] = _read(name, Path(path))
        del os.environ[f"{name}_FILE"]


def _read(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            value = file.read(LONGEST + 1).decode().rstrip("\r\n")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE is wrong: the file cannot be read ({error.strerror})."
        ) from None
    except UnicodeDecodeError:
        value = ""
    if not value or len(value) > LONGEST or "\0" in value:
        raise ImproperlyConfigured(f"{name}_FILE is wrong: the file holds no secret.")
    return value
