"""Debian's nginx and Caddy before the product, with the files of `deploy/` but for the TLS."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.product import ROOT, free_port, until

DEPLOY = ROOT / "deploy"


@contextmanager
def nginx(folder: Path, studio: int, media: Path) -> Iterator[int]:
    """Run nginx before port `studio`. Returns its own port; what it logs is in `folder`."""
    port = free_port()
    _, _, site = (DEPLOY / "nginx.conf").read_text().rpartition("server {\n    listen 443")
    site = re.sub(r"listen .*|ssl_.*", "", f"server {{\n    listen 443{site}")
    before, _, _ = (DEPLOY / "nginx.conf").read_text().partition("server {\n    listen 80;")
    site = before + site.replace("server {", f"server {{\n listen 127.0.0.1:{port};", 1)
    for there, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{studio}"),
        ("/var/log/nginx", str(folder)),
        ("/var/lib/vidgo-studio/media", str(media)),
        ("$host;", "$host:$server_port;"),
    ):
        site = site.replace(there, here)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; {user} pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ types {{}} {temporary} {site} }}"
    )
    command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", f"{folder}/error.log"]
    with _running(command, folder, port):
        yield port


@contextmanager
def caddy(folder: Path, studio: int, media: Path) -> Iterator[int]:
    """Run Caddy before port `studio`. Returns its own port; what it logs is in `folder`."""
    port = free_port()
    text = "\n".join(("{\n\tadmin off", (DEPLOY / "Caddyfile").read_text().partition("{\n")[2]))
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True)
    if version.stdout.lstrip("v").startswith("2.6"):
        # As docs/deploy.md has it for Debian's.
        text = text.replace("request_buffers 1MiB", "buffer_requests\n\t\tmax_buffer_size 1MiB")
    (folder / "Caddyfile").write_text(text)
    environment = {
        "STUDIO_HOST": f"http://127.0.0.1:{port}",
        "STUDIO_WEB": f"127.0.0.1:{studio}",
        "STUDIO_MEDIA": str(media),
        **dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder)),
    }
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
    with _running(command, folder, port, **environment):
        yield port


@contextmanager
def _running(command: list[str], folder: Path, port: int, **environment: str) -> Iterator[None]:
    assert shutil.which(command[0]), f"no {command[0]} here: scripts/proxies installs it"
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **environment}
        )
    try:
        until(lambda: _is_up(port), f"{command[0]}; {log}")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _is_up(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30)
    except requests.ConnectionError:
        return False
    return True
