"""Sessions in the database, as Django keeps them."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Django's own, which does not ask the database for a key that it never gave."""

    def _validate_session_key(self, key: str) -> bool:
        # A cookie can hold NUL ("\\000" in quotes), which PostgreSQL takes for a fault of ours.
        # Django has no public place to look at a key first (contrib/sessions/backends/base.py).
        looks_right = bool(super()._validate_session_key(key))  # type: ignore[misc]
        return looks_right and key.isascii() and key.isalnum()
