#!/usr/bin/env python
"""Django's command line for Vidgo Studio."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command; a wrong setting ends it with one sentence, exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidgo_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Vidgo Studio cannot start: {error}")


if __name__ == "__main__":
    main()
