"""Storage in an S3-compatible service, chosen by STUDIO_S3_BUCKET."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from storages.backends.s3 import S3Storage

from studio.names import EXTENSIONS

CHUNK = 256 * 1024
# Seconds: Vidgo fetches a sound some time after the task was sent.
SIGNED_FOR = 24 * 60 * 60
TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()}


class Storage(S3Storage):
    """Private objects, read by ranges, with addresses for Vidgo that are signed for a day."""

    def get_default_settings(self) -> dict[str, Any]:
        """Give django-storages' settings, with ours in them."""
        return super().get_default_settings() | {
            "bucket_name": settings.S3_BUCKET,
            "endpoint_url": settings.S3_ENDPOINT or None,
            "region_name": settings.S3_REGION or None,
            "addressing_style": "path" if settings.S3_ENDPOINT else None,
            "signature_version": "s3v4",
            "querystring_expire": SIGNED_FOR,
            "file_overwrite": False,
            "default_acl": None,
        }

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Keep the type that the name tells: Vidgo, which fetches a sound there, is told it."""
        known = TYPES.get(PurePosixPath(name).suffix)
        return super().get_object_parameters(name) | ({"ContentType": known} if known else {})

    def pieces(self, name: str, begin: int, length: int) -> Iterator[bytes]:
        """Give `length` bytes of an object from `begin` on, as they come over the wire."""
        if not length:
            return
        wanted = f"bytes={begin}-{begin + length - 1}"
        body = self.bucket.Object(self._normalize_name(name)).get(Range=wanted)["Body"]
        with body:
            yield from body.iter_chunks(CHUNK)
