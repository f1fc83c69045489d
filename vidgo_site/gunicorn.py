"""The web server's settings."""

import os
import socket
from typing import Any

# In brackets, as IPv6 needs it and IPv4 takes it.
bind = f"[{os.environ.get('BIND') or '127.0.0.1'}]:{os.environ.get('PORT') or '8000'}"
wsgi_app = "vidgo_site.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# One for each connection under way, made when it is needed: most wait for a slow client, and few
# are at work at once (vidgo_site/turns.py).
threads = 200
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


def post_worker_init(worker: Any) -> None:
    """Have each process look for alarms: when the worker is gone, somebody must tell."""
    from studio.running import alarms

    alarms.begin()


def when_ready(server: Any) -> None:
    """Have it noticed who has vanished, within hours: a thread would wait for them for ever."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
