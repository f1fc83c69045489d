"""Settings of Vidgo Studio, all from the environment (README, "Configuration").

Nothing starts on a guess: `environment` raises ImproperlyConfigured for what is wrong or missing.
"""

import os
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from vidgo_site import environment, reporting, watching
from vidgo_site.addresses import is_loopback
from vidgo_site.environment import BASE_DIR, env
from vidgo_site.watching import *  # noqa: F403

# What any part of the product writes is its owner's alone: database, media, backups.
os.umask(0o077)

PORT = environment.port()
STUDIO_DATA_DIR = environment.data_dir()
SECRET_KEY = environment.secret_key(STUDIO_DATA_DIR)
DEBUG = False

VIDGO_API_URL = environment.address("VIDGO_API_URL", "https://api.vidgo.ai")
VIDGO_API_KEY = environment.api_key()
API_ON_LOOPBACK = is_loopback(VIDGO_API_URL)
if not API_ON_LOOPBACK and not VIDGO_API_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "VIDGO_API_URL is wrong: it must begin with https://, since the key goes along."
    )
if not VIDGO_API_KEY and not API_ON_LOOPBACK:
    raise ImproperlyConfigured(
        "VIDGO_API_KEY is missing: the API at VIDGO_API_URL takes no request without it."
    )
# "" for a band at home without one (docs/home.md).
STUDIO_PUBLIC_URL = environment.public_address(
    f"http://127.0.0.1:{PORT}" if API_ON_LOOPBACK else ""
)
# The addresses of the proxies in front of us: only what they say of a caller's address is believed.
STUDIO_TRUSTED_PROXIES = environment.networks("STUDIO_TRUSTED_PROXIES")
# A sentence that every page shows at its top, for whoever runs a trial or plans a maintenance.
STUDIO_NOTICE = env.str("STUDIO_NOTICE", "")

# Seconds. The first two bound one request to the API; the lease must outlast them, since a send
# whose lease has run out counts as a crash.
VIDGO_CONNECT_TIMEOUT = environment.number("VIDGO_CONNECT_TIMEOUT", 10)
VIDGO_READ_TIMEOUT = environment.number("VIDGO_READ_TIMEOUT", 30)
# What goes out over https, where a company lets it out by a proxy that signs its own certificates.
HTTPS_PROXY, HTTPS_PROXY_PASSWORD = environment.outbound_proxy()
CERTIFICATES = environment.certificates()
STUDIO_LEASE_MARGIN = environment.number("STUDIO_LEASE_MARGIN", 20)
STUDIO_LEASE = VIDGO_CONNECT_TIMEOUT + VIDGO_READ_TIMEOUT + STUDIO_LEASE_MARGIN
# How long a job may lie in the engine's queue before the sweep takes it for lost.
STUDIO_QUEUE_PATIENCE = environment.number("STUDIO_QUEUE_PATIENCE", 30)
# Bytes. One result file, at the most.
STUDIO_MAX_RESULT = environment.number("STUDIO_MAX_RESULT", 4 * 1024**3)
# Tasks of one account within a minute, beyond which somebody must say that they are meant.
STUDIO_BURST = environment.number("STUDIO_BURST", 20)
# Days that what was deleted can be restored.
STUDIO_TRASH_DAYS = environment.number("STUDIO_TRASH_DAYS", 14)
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
    "vidgo_site.caching.Private",
    "vidgo_site.compress.Compress",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Who may not, or sends too much, is refused before the first byte of a body is read: looking
    # for a form's token reads all of it.
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vidgo_site.bodies.Bounded",
    "studio.team.unsent.SignInRequired",
    "studio.team.roles.RolesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "vidgo_site.urls"
WSGI_APPLICATION = "vidgo_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": environment.database(STUDIO_DATA_DIR)}
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
                "studio.pages.context.studio",
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
REDIS_URL, REDIS_PASSWORD = environment.redis()
QUEUES = ("sending", "asking", "saving", "listening")
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
WORKER_PARALLEL = environment.number("WORKER_PARALLEL", 2)
# A copy mostly waits for the network: a thread costs little, a process of Redis' worker more.
WORKER_SAVING = WORKER_PARALLEL + 1 if REDIS_URL else 4 * WORKER_PARALLEL
# Read by vidgo_site/gunicorn.py; looked at here, where a wrong one stops the start.
WEB_CONCURRENCY = environment.number("WEB_CONCURRENCY", 2)

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
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "vidgo_site.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "studio.team.signin.Throttle"
AXES_CLIENT_IP_CALLABLE = "studio.team.signin.client_address"
AXES_RESET_ON_SUCCESS = True
# A guess that is not even looked at does not lengthen the wait of the name's owner.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
# Fields of a form that no row of guesses keeps.
AXES_SENSITIVE_PARAMETERS = ["username", "old_password", "new_password1", "new_password2"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
TIME_ZONE = environment.time_zone()
USE_TZ = True

STATIC_URL = "/static/"
# An image brings them (Dockerfile): its volume may have kept another release's.
_BUILT = BASE_DIR / "collected"
STATIC_ROOT = _BUILT if _BUILT.is_dir() else STUDIO_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STUDIO_DATA_DIR / "media"
# Results and uploads in an S3-compatible store instead of the data folder; the credentials come as
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
S3_BUCKET = env.str("STUDIO_S3_BUCKET", "")
S3_ENDPOINT = env.str("STUDIO_S3_ENDPOINT", "")
S3_REGION = env.str("STUDIO_S3_REGION", "")
# Where nginx or Caddy serves the media folder to us alone ("/protected/"): it sends the files.
X_ACCEL = "" if S3_BUCKET else env.str("STUDIO_X_ACCEL", "")
# The proxy that sends the files is of another account: it reads them by its group.
DATA_DIR_MODE = 0o710 if X_ACCEL else 0o700
FILE_UPLOAD_PERMISSIONS = 0o640 if X_ACCEL else 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750 if X_ACCEL else 0o700
STORAGES = {
    "default": {
        "BACKEND": "studio.storage.s3.Storage"
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
OVER_TLS = STUDIO_PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [STUDIO_PUBLIC_URL] if STUDIO_PUBLIC_URL else []
CSRF_FAILURE_VIEW = "studio.team.unsent.not_trusted"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_TLS
# To the public address, whatever host was asked for. Vidgo's own ways in are never redirected.
SECURE_SSL_REDIRECT = OVER_TLS
SECURE_SSL_HOST = urlsplit(STUDIO_PUBLIC_URL).netloc
SECURE_REDIRECT_EXEMPT = [r"^(callback|public)/", r"^(healthz|readyz|metrics)$"]
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

# What no line of a log may hold, whatever it tells.
SECRETS = (
    *("VIDGO_API_KEY", "SECRET_KEY", "DATABASE_PASSWORD", "REDIS_PASSWORD"),
    *("EMAIL_HOST_PASSWORD", "ALARM_WEBHOOK", "METRICS_TOKEN", "SENTRY_DSN"),
    *("BACKUP_SECRET_ACCESS_KEY", "HTTPS_PROXY_PASSWORD"),
)

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
            "formatter": environment.log_format(),
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

if watching.SENTRY_DSN:
    reporting.begin(watching.SENTRY_DSN)
