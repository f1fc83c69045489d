"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from vidgo_site.encoding import utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidgo_site.settings")

application = utf8(get_wsgi_application())
