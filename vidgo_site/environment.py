"""The environment, read and checked: each function returns what one setting says.

A value that is wrong or missing raises ImproperlyConfigured with one sentence that names the
setting and the reason.
"""

import os
import ssl
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from vidgo_site import secretfiles
from vidgo_site.addresses import http_address, network

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
secretfiles.load()


def address(name: str, default: str) -> str:
    """Return the http(s) address in setting `name`, without its closing slashes."""
    value = env.str(name, "") or default
    if not value:
        raise ImproperlyConfigured(
            f"{name} is missing: Vidgo needs the https address at which it reaches this product."
        )
    try:
        return http_address(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is wrong: {error}.") from None


def public_address(default: str) -> str:
    """Return the address at which Vidgo reaches the product, "" where it is `none` on purpose."""
    if env.str("STUDIO_PUBLIC_URL", "") == "none":
        return ""
    return address("STUDIO_PUBLIC_URL", default)


def port() -> int:
    """Return the port that the web server listens on."""
    value = env.str("PORT", "") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ImproperlyConfigured("PORT is wrong: it must be a number from 1 to 65535.")
    return int(value)


def number(name: str, default: int) -> int:
    """Return the whole number above 0 in setting `name`."""
    value = env.str(name, "") or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} is wrong: it must be a whole number above 0.")
    return int(value)


def time_zone() -> str:
    """Return the name of the zone in which pages tell the time."""
    value = env.str("TZ", "") or "UTC"
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ImproperlyConfigured(
            "TZ is wrong: it must name a time zone, such as Europe/Vienna."
        ) from None
    return value


def api_key() -> str:
    """Return the key for the API, or "" where none is set."""
    # Not by `env`: it takes a leading "$" for another variable's name, and tells that name.
    value = os.environ.get("VIDGO_API_KEY", "")
    # What cannot stand in a header would make every request fail before it leaves.
    if not all("!" <= character <= "~" for character in value):
        raise ImproperlyConfigured(
            "VIDGO_API_KEY is wrong: it holds a blank or a character that no key has."
        )
    return value


def data_dir() -> Path:
    """Return the folder for all data, made where it is not there yet."""
    path = Path(env.str("STUDIO_DATA_DIR", "") or BASE_DIR / "var").resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"STUDIO_DATA_DIR is wrong: the folder cannot be made ({error.strerror})."
        ) from None
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured("STUDIO_DATA_DIR is wrong: the folder cannot be written to.")
    return path


def secret_key(folder: Path) -> str:
    """Return STUDIO_SECRET_KEY, or the one made at the first start and kept in the data folder."""
    given = os.environ.get("STUDIO_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured("STUDIO_SECRET_KEY is wrong: 32 characters at the least.")
        return given
    kept = folder / "secret-key"
    if not kept.exists():
        # Written aside and linked into place: two parts that start together agree on one key,
        # and none of them ever reads half of it.
        fresh = folder / f"secret-key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(get_random_secret_key())
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()


def database(folder: Path) -> dict[str, object]:
    """Return the database of DATABASE_URL, or SQLite in the data folder."""
    url = env.str("DATABASE_URL", "") or f"sqlite:///{folder / 'studio.sqlite3'}"
    scheme = url.partition("://")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL is wrong: it must be sqlite:// or postgres://.")
    try:
        config = env.db_url_config(url)
    except Exception:
        # The address can hold a password: the reason is told without it.
        raise ImproperlyConfigured(
            "DATABASE_URL is wrong: it cannot be read. Signs such as / : @ # ? in a password are "
            "written as %2F %3A %40 %23 %3F."
        ) from None
    # SQLite's connection, too: to open it costs more than what an unchanged refresh asks.
    config["CONN_MAX_AGE"] = 600
    if scheme != "sqlite":
        return config | {"CONN_HEALTH_CHECKS": True}
    if config["NAME"] == ":memory:":
        raise ImproperlyConfigured("DATABASE_URL is wrong: it names no file for SQLite.")
    return config | _sqlite(folder)


def _sqlite(folder: Path) -> dict[str, object]:
    return {
        # IMMEDIATE takes the write lock at the start of a transaction, so that a reader that
        # turns writer waits its turn instead of failing with "database is locked".
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        # A file as in use, not in memory: threads of a test lock each other as processes do.
        "TEST": {"NAME": str(folder / "test.sqlite3")},
    }


def redis() -> tuple[str, str]:
    """Return REDIS_URL and the password in it."""
    url = env.str("REDIS_URL", "")
    if not url:
        return "", ""
    from redis.connection import parse_url

    try:
        return url, parse_url(url).get("password") or ""
    except ValueError:
        # The address can hold a password: the reason is told without it.
        raise ImproperlyConfigured(
            "REDIS_URL is wrong: it must be redis://, rediss:// or unix://, with host and port."
        ) from None


def backup_place() -> str:
    """Return where backups are kept: a folder's whole path, s3://bucket/prefix, or ""."""
    value = env.str("STUDIO_BACKUP_TO", "")
    if value and not value.startswith(("/", "s3://")):
        raise ImproperlyConfigured(
            "STUDIO_BACKUP_TO is wrong: it must be a folder's whole path or s3://bucket/prefix."
        )
    return value


def mail() -> dict[str, object]:
    """Return Django's settings for the mail server of STUDIO_EMAIL_URL; no host: no mail."""
    url = env.str("STUDIO_EMAIL_URL", "")
    scheme = url.partition("://")[0]
    if url and scheme not in ("smtp", "smtp+tls", "smtp+ssl"):
        raise ImproperlyConfigured(
            "STUDIO_EMAIL_URL is wrong: it must be smtp://, smtp+tls:// or smtp+ssl://."
        )
    try:
        found = env.email_url_config(url or "smtp://")
    except Exception:
        # The address can hold a password: the reason is told without it.
        raise ImproperlyConfigured("STUDIO_EMAIL_URL is wrong: it cannot be read.") from None
    if url and not found["EMAIL_HOST"]:
        raise ImproperlyConfigured("STUDIO_EMAIL_URL is wrong: it names no host.")
    return dict(found)


def webhook() -> str:
    """Return the address that alarms are posted to, "" for none; its path is often a secret."""
    value = env.str("STUDIO_ALARM_WEBHOOK", "")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ImproperlyConfigured(
            "STUDIO_ALARM_WEBHOOK is wrong: it must begin with https:// and name a host."
        )
    return value


def outbound_proxy() -> tuple[str, str]:
    """Return the proxy through which https goes out, "" for none, and the password in it."""
    value = env.str("STUDIO_HTTPS_PROXY", "")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ImproperlyConfigured(
            "STUDIO_HTTPS_PROXY is wrong: it must begin with http:// and name a host."
        )
    return value, parts.password or ""


def certificates() -> str | bool:
    """Return the file of the certificates that are trusted, True for those that `certifi` has."""
    value = env.str("STUDIO_CA_FILE", "")
    try:
        ssl.create_default_context(cafile=value or None)
    except (OSError, ssl.SSLError):
        raise ImproperlyConfigured(
            "STUDIO_CA_FILE is wrong: it must be a file of certificates (PEM) that can be read."
        ) from None
    return value or True


def metrics_token() -> str:
    """Return what whoever asks for `/metrics` must bring, "" for nobody."""
    value = os.environ.get("STUDIO_METRICS_TOKEN", "")
    if value and (len(value) < 16 or not all("!" <= sign <= "~" for sign in value)):
        raise ImproperlyConfigured(
            "STUDIO_METRICS_TOKEN is wrong: 16 characters at the least, none of them a blank."
        )
    return value


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks in setting `name`, which commas separate."""
    try:
        return [network(value) for value in env.list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is wrong: {error}.") from None


def log_format() -> str:
    """Return how a line of the log is written: line or json."""
    value = env.str("STUDIO_LOG", "") or "line"
    if value not in ("line", "json"):
        raise ImproperlyConfigured("STUDIO_LOG is wrong: it must be line or json.")
    return value
