"""WSGI entry point."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from vidgo_site.encoding import utf8
from vidgo_site.turns import in_turn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidgo_site.settings")

application = utf8(in_turn(get_wsgi_application()))
# Every view is imported here, once for all processes, instead of within each one's first request.
import_module(settings.ROOT_URLCONF)
