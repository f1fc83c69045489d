"""What is handed out for running it fits the product: settings that exist, files that read."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import Settings

from studio.models import Asset, Task, Upload
from tests import proxies
from tests.product import ROOT, free_port

pytestmark = pytest.mark.once

DEPLOY = ROOT / "deploy"
# The modules that read settings.
MODULES = ("settings.py", "environment.py", "watching.py")


def settings_named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:STUDIO|VIDGO)_[A-Z0-9_]+\b", text))


def test_every_setting_that_is_named_exists() -> None:
    proxy = {"STUDIO_HOST", "STUDIO_WEB", "STUDIO_MEDIA"}
    read = (ROOT / "vidgo_site" / name for name in MODULES)
    known = settings_named("".join(path.read_text() for path in read)) | proxy
    for path in (
        *DEPLOY.iterdir(),
        ROOT / "compose.yaml",
        ROOT / "Dockerfile",
        ROOT / "docs/deploy.md",
    ):
        assert settings_named(path.read_text()) <= known, path


def test_no_debug_and_no_key_is_handed_out() -> None:
    for path in (*DEPLOY.iterdir(), ROOT / "compose.yaml", ROOT / "Dockerfile"):
        text = path.read_text()
        assert "DEBUG" not in text
        assert not re.search(r"(?:SECRET_KEY|API_KEY|PASSWORD)=\S", text), path


def test_compose_starts_database_web_two_workers_a_backup_each_night_and_a_proxy() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"database", "prepare", "web", "worker", "backup", "proxy"}
    assert services["worker"]["deploy"]["replicas"] == 2
    # Nothing but the proxy can be reached from outside.
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_every_setting_reaches_every_container() -> None:
    table = (ROOT / "README.md").read_text().partition("## Configuration")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    known = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    # What follows from the other parts of the file.
    own = {"STUDIO_PUBLIC_URL", "DATABASE_URL", "STUDIO_DATA_DIR", "BIND", "PORT"}
    assert known > own
    for name, service in yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].items():
        if service["image"] != "vidgo-studio":
            continue
        assert service["env_file"] == ".env", name
        for setting, value in service["environment"].items():
            assert setting in own or value.startswith(f"${{{setting}:-"), (name, setting)


def test_the_image_brings_all_of_the_product_and_its_static_files() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for package in ("studio", "vidgo_site", "vidgo_sandbox", "templates", "static"):
        assert f"COPY {package} {package}\n" in text
        assert f"!{package}\n" in (ROOT / ".dockerignore").read_text()
    assert "manage.py collectstatic" in text


def test_the_units_read() -> None:
    for path in DEPLOY.glob("*.service"):
        text = path.read_text()
        assert "User=studio" in text
        assert "EnvironmentFile=/etc/vidgo-studio.env" in text
        assert "/opt/vidgo-studio/.venv/bin/" in text


def test_nginx_reads_its_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx")
    assert nginx, "scripts/proxies installs it"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=studio.example.com", "-keyout", f"{tmp_path}/privkey.pem"),
            *("-out", f"{tmp_path}/fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )
    site = (DEPLOY / "nginx.conf").read_text()
    for there, here in (
        ("/etc/ssl/vidgo-studio", str(tmp_path)),
        ("/var/log/nginx", str(tmp_path)),
    ):
        site = site.replace(there, here)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")
    told = subprocess.run(
        [nginx, "-t", "-c", str(whole), "-e", f"{tmp_path}/error.log"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("proxy", [proxies.nginx, proxies.caddy])
def test_no_secret_address_is_logged_while_the_studio_is_down(proxy: Any, tmp_path: Path) -> None:
    with proxy(tmp_path, free_port(), tmp_path) as port:
        for path in ("/callback/a-secret/", "/public/a-secret/sound.wav", "/a-page/"):
            assert requests.post(f"http://127.0.0.1:{port}{path}", b"{}").status_code == 502
        huge = {"X-Huge": "x" * 2_000_000}
        assert (
            requests.get(f"http://127.0.0.1:{port}/callback/a-secret/", headers=huge).status_code
            >= 400
        )
    logs = "".join(path.read_text() for path in tmp_path.rglob("*.log"))
    assert "/a-page/" in logs
    assert "a-secret" not in logs


def test_behind_nginx_it_sends_the_files_and_we_say_which(
    settings: Settings, make_task: object, signed_in: Client, tmp_path: Path, db: None
) -> None:
    settings.MEDIA_ROOT, settings.X_ACCEL = tmp_path, "/protected/"
    task = make_task()  # type: ignore[operator]
    assert isinstance(task, Task)
    asset = Asset(task=task, key="a", kind="audio", label="a", content_type="audio/mpeg")
    asset.state, asset.sha256 = Asset.State.SAVED, "0"
    asset.file.save("", ContentFile(b"ID3"))
    response = signed_in.get(f"/media/{asset.pk}/", headers={"range": "bytes=0-0"})
    assert response.status_code == 200
    assert response["X-Accel-Redirect"] == f"/protected/{asset.file.name}"
    assert response["Content-Type"] == "audio/mpeg"
    assert response.content == b""
    # An address that is a secret is no matter of the proxy's, which could write it into its log.
    upload = Upload(content_type="audio/x-wav", size=4, duration=1, sha256="1")
    upload.file.save("", ContentFile(b"RIFF"))
    task.source_upload, task.operation = upload, "upload-and-separate-vocals"
    task.save()
    answer = Client().get(f"/public/{task.sound_token}/sound.wav")
    assert answer.status_code == 200
    assert "X-Accel-Redirect" not in answer
    # Without a login nothing is handed to nginx.
    assert "X-Accel-Redirect" not in Client().get(f"/media/{asset.pk}/")
