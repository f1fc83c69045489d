"""`vidgo-studio COMMAND`: the one way in for whoever runs the product.

It reads the settings file that the services read (`STUDIO_ENV_FILE`, /etc/vidgo-studio.env), says
on which database and storage it acts, and does as `manage.py COMMAND` does. No setting ever stands
on a command line, where everybody could read it.
"""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from vidgo_site import envfile

DEFAULT = "/etc/vidgo-studio.env"
# What the file does not name must not come from the shell of whoever calls: it would be another
# database than that of the services.
OURS = ("STUDIO_", "VIDGO_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "AWS_")


def main(arguments: list[str]) -> int:
    """Run a command under the settings of the file. Returns the exit code."""
    path = Path(os.environ.get("STUDIO_ENV_FILE") or DEFAULT)
    try:
        settings = envfile.read(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        trouble = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        print(f"vidgo-studio: {path} cannot be read: {trouble}.", file=sys.stderr)
        return 2
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ.update(settings | {"DJANGO_SETTINGS_MODULE": "vidgo_site.settings"})
    try:
        print(f"{path}: {_acts_on()}", file=sys.stderr)
        execute_from_command_line(["vidgo-studio", *arguments])
    except ImproperlyConfigured as error:
        print(f"vidgo-studio: {path}: {error}", file=sys.stderr)
        return 2
    return 0


def _acts_on() -> str:
    """Return in words which database and storage are meant, without a secret."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    where = database["NAME"]
    if database["HOST"]:
        where = f"{where} at {database['HOST']}:{database['PORT'] or 5432}"
    engine = str(database["ENGINE"]).rpartition(".")[2]
    bucket = settings.S3_BUCKET
    storage = f"bucket {bucket}" if bucket else f"{settings.MEDIA_ROOT}"
    return f"database {where} ({engine}), files in {storage}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
