"""Settings: each that is wrong or missing stops the start with one sentence, without secrets."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import ROOT, free_port, lend_static

pytestmark = [pytest.mark.once, pytest.mark.slow]

SECRET = "hunter2hunter2"
LIVE = {"VIDGO_API_KEY": SECRET, "STUDIO_PUBLIC_URL": "https://studio.example.com"}
LOOPBACK = {"VIDGO_API_KEY": SECRET, "VIDGO_API_URL": "http://127.0.0.1:9"}
PREPARE = ("manage.py", "prepare")
RUN = ("-m", "vidgo_site.run")
OURS = ("VIDGO_", "STUDIO_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PORT", "BIND", "TZ")


def environment(data: Path, **given: str) -> dict[str, str]:
    """Return an environment with nothing of ours but `given`; static files are there already."""
    if not (data / "static").exists():
        lend_static(data)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**clean, "STUDIO_DATA_DIR": str(data), "PORT": str(free_port()), **given}


def start(command: tuple[str, ...], given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60
    )


def stopped_by(
    name: str, command: tuple[str, ...], given: dict[str, str], problem: str = "wrong"
) -> str:
    """See that `command` stops with one sentence about the setting `name`. Returns the sentence."""
    done = start(command, given)
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.fullmatch(rf"Vidgo Studio cannot start: {name} is {problem}: [^\n]+\.\n", told), told
    assert "hunter2" not in told
    return told


WRONG = [
    ("VIDGO_API_URL", "ftp://api.vidgo.ai"),
    ("VIDGO_API_URL", "api.vidgo.ai"),
    ("VIDGO_API_URL", "http://api.vidgo.ai"),
    ("VIDGO_API_URL", "http://192.168.1.2:8080"),
    ("VIDGO_API_URL", "http://localhost.example.com"),
    ("STUDIO_TRUSTED_PROXIES", "10.0.0.1:80"),
    ("VIDGO_API_URL", f"https://ann:{SECRET}@api.vidgo.ai"),
    ("VIDGO_API_URL", f"https://api.vidgo.ai/?key={SECRET}"),
    ("VIDGO_API_KEY", f"{SECRET} "),
    ("VIDGO_API_KEY", f"{SECRET}\nX-Other: 1"),
    ("VIDGO_API_KEY", f"{SECRET}é"),
    ("STUDIO_SECRET_KEY", "$hunter2"),
    ("STUDIO_PUBLIC_URL", "studio.example.com"),
    ("STUDIO_PUBLIC_URL", f"https://ann:{SECRET}@studio.example.com"),
    ("STUDIO_SECRET_KEY", SECRET),
    ("STUDIO_DATA_DIR", __file__),
    ("STUDIO_BACKUP_TO", "backups"),
    ("STUDIO_METRICS_TOKEN", "hunter2"),
    ("STUDIO_ALARM_WEBHOOK", f"hooks.example.com/{SECRET}"),
    ("STUDIO_EMAIL_URL", f"https://ann:{SECRET}@mail.example.com"),
    ("STUDIO_EMAIL_URL", "smtp://"),
    ("STUDIO_HTTPS_PROXY", f"ann:{SECRET}@proxy.example.com:3128"),
    ("STUDIO_CA_FILE", "/no/such/file.pem"),
    ("STUDIO_CA_FILE", __file__),
    ("STUDIO_EMAIL_URL", f"smtp://ann:{SECRET}@mail.example.com:port"),
    ("STUDIO_BACKUP_MAX_AGE", "a day"),
    ("DATABASE_URL", "studio.sqlite3"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:////no/such/folder/studio.sqlite3"),
    ("DATABASE_URL", f"mysql://ann:{SECRET}@127.0.0.1/studio"),
    ("DATABASE_URL", f"nonsense://ann:{SECRET}@127.0.0.1/studio"),
    ("DATABASE_URL", f"postgres://ann:{SECRET}@127.0.0.1:port/studio"),
    ("DATABASE_URL", f"postgres://ann:{SECRET}/with#signs@127.0.0.1/studio"),
    ("DATABASE_URL", f"postgres://ann:{SECRET}@127.0.0.1:1/studio"),
    ("REDIS_URL", "127.0.0.1:6379"),
    ("REDIS_URL", f"http://:{SECRET}@127.0.0.1:6379"),
    ("REDIS_URL", f"redis://:{SECRET}@127.0.0.1:port/0"),
    ("REDIS_URL", f"redis://:{SECRET}@127.0.0.1:1/0"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("TZ", "Nowhere/Land"),
    ("TZ", "../../etc/passwd"),
    ("WORKER_PARALLEL", "0"),
    ("WEB_CONCURRENCY", "many"),
    ("VIDGO_READ_TIMEOUT", "soon"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_stops_the_preparation(tmp_path: Path, name: str, value: str) -> None:
    stopped_by(name, PREPARE, environment(tmp_path, **{**LIVE, name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDGO_API_URL", "http://127.0.0.1:port"),
        ("VIDGO_API_URL", "http://[half"),
        ("PORT", "eighty"),
        ("STUDIO_TRASH_DAYS", "0"),
        ("PORT", "65536"),
        ("DATABASE_URL", f"postgres://ann:{SECRET}@127.0.0.1:1/studio"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    # Without a key: the sandbox is looked at before anything else is.
    stopped_by(name, RUN, environment(tmp_path, **{name: value}))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a data folder after its first start, and what that start told."""
    data = tmp_path_factory.mktemp("prepared")
    done = start(PREPARE, environment(data, **LOOPBACK))
    assert done.returncode == 0, done.stderr
    return data, done.stdout


def test_an_address_that_is_not_ours_stops_the_start(prepared: tuple[Path, str]) -> None:
    stopped_by("BIND", RUN, environment(prepared[0], **LOOPBACK, BIND="300.1.2.3"))


def test_a_port_in_use_stops_the_start(prepared: tuple[Path, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = stopped_by("PORT", RUN, environment(prepared[0], **{**LOOPBACK, "PORT": port}))

    assert f"{port} is in use" in told


def test_a_real_api_wants_a_key(tmp_path: Path) -> None:
    public = {"STUDIO_PUBLIC_URL": "https://studio.example.com"}
    elsewhere = {"VIDGO_API_URL": "https://api.example.com"}

    stopped_by("VIDGO_API_KEY", PREPARE, environment(tmp_path, **public), "missing")
    stopped_by("VIDGO_API_KEY", RUN, environment(tmp_path, **public, **elsewhere), "missing")


@pytest.mark.parametrize("command", [PREPARE, RUN])
def test_a_real_api_wants_the_address_at_which_we_are_reached(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    given = environment(tmp_path, VIDGO_API_KEY=SECRET)

    stopped_by("STUDIO_PUBLIC_URL", command, given, "missing")


def test_a_first_start_makes_an_account_and_tells_its_password_once(
    prepared: tuple[Path, str],
) -> None:
    data, first = prepared

    second = start(PREPARE, environment(data, **LOOPBACK))

    assert re.search(r"Sign in as admin with the password \S{12,} ", first)
    assert second.returncode == 0
    assert "password" not in second.stdout + second.stderr


def test_a_password_that_was_given_is_not_told(tmp_path: Path) -> None:
    account = {"DJANGO_SUPERUSER_USERNAME": "ann", "DJANGO_SUPERUSER_PASSWORD": SECRET}

    done = start(PREPARE, environment(tmp_path, **LOOPBACK, **account))

    assert "Sign in as ann" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def settings_of(given: dict[str, str], *names: str) -> list[object]:
    script = (
        "import json, sys; from django.conf import settings; "
        "print(json.dumps([getattr(settings, name) for name in sys.argv[1:]]))"
    )
    done = start(("-c", script, *names), {**given, "DJANGO_SETTINGS_MODULE": "vidgo_site.settings"})
    assert done.returncode == 0, done.stderr
    values: list[object] = json.loads(done.stdout)
    return values


def test_the_secret_key_is_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    given = environment(tmp_path, **LOOPBACK)

    first, second = settings_of(given, "SECRET_KEY"), settings_of(given, "SECRET_KEY")

    assert first == second
    assert len(str(first[0])) >= 50
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    own = settings_of({**given, "STUDIO_SECRET_KEY": "k" * 32}, "SECRET_KEY")
    assert own == ["k" * 32]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "database").write_text("postgres://ann:a%2Fb@127.0.0.1:9/studio")
    given = environment(
        tmp_path / "data",
        VIDGO_API_URL="http://127.0.0.1:9",
        VIDGO_API_KEY_FILE=str(tmp_path / "key"),
        DATABASE_URL_FILE=str(tmp_path / "database"),
    )

    assert settings_of(given, "VIDGO_API_KEY", "DATABASE_PASSWORD") == [SECRET, "a/b"]
    stopped_by("VIDGO_API_KEY", RUN, {**given, "VIDGO_API_KEY": SECRET})
    (tmp_path / "key").unlink()
    stopped_by("VIDGO_API_KEY_FILE", RUN, given)
    stopped_by("VIDGO_API_KEY_FILE", PREPARE, {**given, "VIDGO_API_KEY_FILE": "/dev/null"})


COOKIES = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "DEBUG")


def test_over_https_cookies_are_secure_and_stay_so(tmp_path: Path) -> None:
    assert settings_of(environment(tmp_path, **LIVE), *COOKIES) == [True, True, 31536000, False]


def test_a_trial_over_https_is_as_safe_as_the_real_thing(tmp_path: Path) -> None:
    given = {**LOOPBACK, "STUDIO_PUBLIC_URL": "https://studio.example.com"}

    assert settings_of(environment(tmp_path, **given), *COOKIES) == [True, True, 31536000, False]


def test_on_loopback_everything_goes_over_plain_http(tmp_path: Path) -> None:
    given = environment(tmp_path, **LOOPBACK, PORT="8123")

    assert settings_of(given, *COOKIES) == [False, False, 0, False]
    assert settings_of(given, "STUDIO_PUBLIC_URL") == ["http://127.0.0.1:8123"]


def test_a_studio_without_a_public_address_is_one_on_purpose(tmp_path: Path) -> None:
    given = environment(tmp_path, **{**LIVE, "STUDIO_PUBLIC_URL": "none"})

    assert settings_of(given, "STUDIO_PUBLIC_URL", *COOKIES[:1]) == ["", False]
    stopped_by("STUDIO_PUBLIC_URL", PREPARE, {**given, "STUDIO_PUBLIC_URL": ""}, "missing")


def test_empty_settings_count_as_left_out(tmp_path: Path) -> None:
    names = ("VIDGO_API_URL", "DATABASE_URL", "STUDIO_SECRET_KEY", "REDIS_URL", "TZ", "PORT")
    given = environment(tmp_path, **{**dict.fromkeys(names, ""), **LIVE})

    assert settings_of(given, "VIDGO_API_URL", "PORT") == ["https://api.vidgo.ai", 8000]
