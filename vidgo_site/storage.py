"""Static files under names that change with their content."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Static(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, in which our own modules import each other by these names, too.

    A browser that kept an old module must not join it to a new one after an upgrade. Django's own
    switch for this also reads other apps' scripts, some of which it cannot.
    """

    patterns = (
        *HashedFilesMixin.patterns,
        ("js/*.js", HashedFilesMixin._js_module_import_aggregation_patterns[1]),  # type: ignore[attr-defined]
    )
