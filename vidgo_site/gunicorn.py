"""The web server's settings."""

import os

bind = f"{os.environ.get('BIND') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
wsgi_app = "vidgo_site.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Loaded once and shared by the workers: less memory, quicker start.
preload_app = True
# Longer than an open page is silent: it need not connect anew for each question.
keepalive = 20
graceful_timeout = 25
timeout = 60
# A callback's address is a secret: no access log here (SECURITY.md).
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
