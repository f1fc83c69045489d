"""Settings of whoever runs the product: where backups go, whom alarms reach, who may measure."""

from vidgo_site import environment
from vidgo_site.environment import env

# A folder, or s3://bucket/prefix.
BACKUP_TO = environment.backup_place()
# Hours after which the last good backup is too old.
BACKUP_MAX_AGE = environment.number("STUDIO_BACKUP_MAX_AGE", 36)
# Another store than that of the results, which it must outlive. Empty: the same service.
BACKUP_S3_ENDPOINT = env.str("STUDIO_BACKUP_S3_ENDPOINT", "") or env.str("STUDIO_S3_ENDPOINT", "")
BACKUP_S3_REGION = env.str("STUDIO_BACKUP_S3_REGION", "") or env.str("STUDIO_S3_REGION", "")
BACKUP_ACCESS_KEY_ID = env.str("STUDIO_BACKUP_ACCESS_KEY_ID", "")
BACKUP_SECRET_ACCESS_KEY = env.str("STUDIO_BACKUP_SECRET_ACCESS_KEY", "")

# Alarms go to administrators with an e-mail address, and to a webhook.
_MAIL = environment.mail()
EMAIL_HOST, EMAIL_PORT = str(_MAIL["EMAIL_HOST"] or ""), _MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = str(_MAIL["EMAIL_HOST_USER"] or "")
EMAIL_HOST_PASSWORD = str(_MAIL["EMAIL_HOST_PASSWORD"] or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_MAIL.get("EMAIL_USE_TLS")), bool(_MAIL.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("STUDIO_EMAIL_FROM", "") or f"studio@{EMAIL_HOST or 'localhost'}"
ALARM_WEBHOOK = environment.webhook()

# Who may read `/metrics`; empty: nobody.
METRICS_TOKEN = environment.metrics_token()

# Errors are reported there.
SENTRY_DSN = env.str("STUDIO_SENTRY_DSN", "")
