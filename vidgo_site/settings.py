"""Settings of Vidgo Studio, all from the environment (README, "Configuration").

A value that is wrong or missing raises ImproperlyConfigured with one sentence that says which
setting and why; nothing starts on a guess.
"""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from vidgo_site.addresses import http_address, is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _address(name: str, default: str) -> str:
    value = env.str(name, "") or default
    if not value:
        raise ImproperlyConfigured(
            f"{name} is missing: Vidgo needs the https address at which it reaches this product."
        )
    try:
        return http_address(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is wrong: {error}.") from None


def _port() -> int:
    value = env.str("PORT", "") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise ImproperlyConfigured("PORT is wrong: it must be a number from 1 to 65535.")
    return int(value)


def _number(name: str, default: int) -> int:
    value = env.str(name, "") or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} is wrong: it must be a whole number above 0.")
    return int(value)


def _time_zone() -> str:
    value = env.str("TZ", "") or "UTC"
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ImproperlyConfigured(
            "TZ is wrong: it must name a time zone, such as Europe/Vienna."
        ) from None
    return value


def _api_key() -> str:
    # Not by `env`: it takes a leading "$" for another variable's name, and tells that name.
    value = os.environ.get("VIDGO_API_KEY", "")
    # What cannot stand in a header would make every request fail before it leaves.
    if not all("!" <= character <= "~" for character in value):
        raise ImproperlyConfigured(
            "VIDGO_API_KEY is wrong: it holds a blank or a character that no key has."
        )
    return value


def _data_dir() -> Path:
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


def _secret_key(data_dir: Path) -> str:
    """Give STUDIO_SECRET_KEY, or the one made at the first start and kept in the data folder."""
    given = os.environ.get("STUDIO_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured("STUDIO_SECRET_KEY is wrong: 32 characters at the least.")
        return given
    kept = data_dir / "secret-key"
    if not kept.exists():
        # Written aside and linked into place: two parts that start together agree on one key,
        # and none of them ever reads half of it.
        fresh = data_dir / f"secret-key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(get_random_secret_key())
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()


def _database(data_dir: Path) -> dict[str, object]:
    url = env.str("DATABASE_URL", "") or f"sqlite:///{data_dir / 'studio.sqlite3'}"
    scheme = url.partition("://")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL is wrong: it must be sqlite:// or postgres://.")
    try:
        config = env.db_url_config(url)
    except Exception:
        # The address can hold a password: the reason is told without it.
        raise ImproperlyConfigured("DATABASE_URL is wrong: it cannot be read.") from None
    if scheme == "sqlite":
        if config["NAME"] == ":memory:":
            raise ImproperlyConfigured("DATABASE_URL is wrong: it names no file for SQLite.")
        # IMMEDIATE takes the write lock at the start of a transaction, so that a reader that
        # turns writer waits its turn instead of failing with "database is locked".
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        # A file as in use, not in memory: threads of a test lock each other as processes do.
        config["TEST"] = {"NAME": str(data_dir / "test.sqlite3")}
    else:
        config["CONN_MAX_AGE"] = 600
        config["CONN_HEALTH_CHECKS"] = True
    return config


def _redis() -> tuple[str, str]:
    """Give REDIS_URL and the password in it."""
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


def _networks(name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(value.strip()) for value in env.list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is wrong: {error}.") from None


def _log_format() -> str:
    value = env.str("STUDIO_LOG", "") or "line"
    if value not in ("line", "json"):
        raise ImproperlyConfigured("STUDIO_LOG is wrong: it must be line or json.")
    return value


PORT = _port()
STUDIO_DATA_DIR = _data_dir()
SECRET_KEY = _secret_key(STUDIO_DATA_DIR)
DEBUG = False

VIDGO_API_URL = _address("VIDGO_API_URL", "https://api.vidgo.ai")
VIDGO_API_KEY = _api_key()
API_ON_LOOPBACK = is_loopback(VIDGO_API_URL)
if not VIDGO_API_KEY and not API_ON_LOOPBACK:
    raise ImproperlyConfigured(
        "VIDGO_API_KEY is missing: the API at VIDGO_API_URL takes no request without it."
    )
STUDIO_PUBLIC_URL = _address(
    "STUDIO_PUBLIC_URL", f"http://127.0.0.1:{PORT}" if API_ON_LOOPBACK else ""
)
# The addresses of the proxies in front of us: only what they say of a caller's address is believed.
STUDIO_TRUSTED_PROXIES = _networks("STUDIO_TRUSTED_PROXIES")
# A sentence that every page shows at its top, for whoever runs a trial or plans a maintenance.
STUDIO_NOTICE = env.str("STUDIO_NOTICE", "")

# Seconds. The first two bound one request to the API; the lease must outlast them, since a send
# whose lease has run out counts as a crash.
VIDGO_CONNECT_TIMEOUT = _number("VIDGO_CONNECT_TIMEOUT", 10)
VIDGO_READ_TIMEOUT = _number("VIDGO_READ_TIMEOUT", 30)
STUDIO_LEASE_MARGIN = _number("STUDIO_LEASE_MARGIN", 20)
STUDIO_LEASE = VIDGO_CONNECT_TIMEOUT + VIDGO_READ_TIMEOUT + STUDIO_LEASE_MARGIN
# How long a job may lie in the engine's queue before the sweep takes it for lost.
STUDIO_QUEUE_PATIENCE = _number("STUDIO_QUEUE_PATIENCE", 30)
# Bytes. One result file, at the most.
STUDIO_MAX_RESULT = _number("STUDIO_MAX_RESULT", 4 * 1024**3)
STUDIO_MAX_UPLOAD = 200 * 1024**2
STUDIO_MAX_CALLBACK = 1024**2

INSTALLED_APPS = [
    "studio.apps.CockpitConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "studio",
]

MIDDLEWARE = [
    "vidgo_site.logs.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "vidgo_site.compress.Compress",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "studio.roles.RolesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "vidgo_site.urls"
WSGI_APPLICATION = "vidgo_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": _database(STUDIO_DATA_DIR)}
DATABASE_PASSWORD = str(DATABASES["default"].get("PASSWORD") or "")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.context.studio",
            ],
            "builtins": ["studio.templatetags.studio"],
        },
    },
]

# In each process its own: single lines as they were drawn last and a few figures; and, few since
# each takes some 60 kB and addresses are without number, whole lists.
CACHES = {
    name: {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        "OPTIONS": {"MAX_ENTRIES": entries},
    }
    for name, entries in (("default", 3000), ("lists", 200))
}

# Background work: Django's Tasks API. The engine is chosen here and nowhere else.
REDIS_URL, REDIS_PASSWORD = _redis()
QUEUES = ["sending", "asking", "saving", "listening"]
if REDIS_URL:
    INSTALLED_APPS.append("django_rq")
    RQ_QUEUES = {
        name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600, "DEFAULT_RESULT_TTL": 60}
        for name in QUEUES
    }
    RQ_QUEUES["default"] = RQ_QUEUES["sending"]
TASKS = {
    "default": {
        "BACKEND": "django_tasks_rq.RQBackend" if REDIS_URL else "django_tasks_db.DatabaseBackend",
        "QUEUES": QUEUES,
    }
}
WORKER_PARALLEL = _number("WORKER_PARALLEL", 2)
# Read by vidgo_site/gunicorn.py; looked at here, where a wrong one stops the start.
WEB_CONCURRENCY = _number("WEB_CONCURRENCY", 2)

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "tasks"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "studio.signin.Throttle"
AXES_CLIENT_IP_CALLABLE = "studio.signin.client_address"
AXES_RESET_ON_SUCCESS = True
# A guess that is not even looked at does not lengthen the wait of the name's owner.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
TIME_ZONE = _time_zone()
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = STUDIO_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STUDIO_DATA_DIR / "media"
# Results and uploads in an S3-compatible store instead of the data folder; the credentials come as
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
S3_BUCKET = env.str("STUDIO_S3_BUCKET", "")
S3_ENDPOINT = env.str("STUDIO_S3_ENDPOINT", "")
S3_REGION = env.str("STUDIO_S3_REGION", "")
# Where nginx serves the media folder to us alone ("/protected/"): it sends the files itself.
X_ACCEL = "" if S3_BUCKET else env.str("STUDIO_X_ACCEL", "")
STORAGES = {
    "default": {
        "BACKEND": "studio.s3.Storage"
        if S3_BUCKET
        else "django.core.files.storage.FileSystemStorage"
    },
    "staticfiles": {"BACKEND": "vidgo_site.storage.Static"},
}
# Always to disk: a sound is examined where it lies, and 200 MB never stand in memory.
FILE_UPLOAD_HANDLERS = ["studio.views.uploads.Incoming"]
FILE_UPLOAD_TEMP_DIR = STUDIO_DATA_DIR / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)

ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    urlsplit(STUDIO_PUBLIC_URL).hostname or "",
    *env.list("STUDIO_ALLOWED_HOSTS", default=[]),
]
OVER_TLS = STUDIO_PUBLIC_URL.startswith("https://") and not API_ON_LOOPBACK
CSRF_TRUSTED_ORIGINS = [STUDIO_PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_TLS
# To the public address, whatever host was asked for. Vidgo's own ways in are never redirected.
SECURE_SSL_REDIRECT = OVER_TLS
SECURE_SSL_HOST = urlsplit(STUDIO_PUBLIC_URL).netloc
SECURE_REDIRECT_EXEMPT = [r"^(callback|public)/", r"^(healthz|readyz)$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if OVER_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = OVER_TLS
SECURE_HSTS_PRELOAD = OVER_TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if OVER_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "vidgo_site.logs.Redact"}},
    "formatters": {
        "line": {"()": "vidgo_site.logs.Line"},
        "json": {"()": "vidgo_site.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": _log_format(),
            "filters": ["redact"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        "rq.worker": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
