"""Storage in an S3-compatible service, chosen by STUDIO_S3_BUCKET."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from storages.backends.s3 import S3Storage

from studio.storage.files import CHUNK
from studio.storage.types import ENDINGS


class Storage(S3Storage):
    """Private objects, read by ranges. No address of theirs is given to anybody but Vidgo.

    And to it only by a studio without a public address (`media.sharing`).
    """

    def get_default_settings(self) -> dict[str, Any]:
        """Return django-storages' settings, with ours in them."""
        return super().get_default_settings() | {
            "bucket_name": settings.S3_BUCKET,
            "endpoint_url": settings.S3_ENDPOINT or None,
            "region_name": settings.S3_REGION or None,
            "addressing_style": "path" if settings.S3_ENDPOINT else None,
            "signature_version": "s3v4",
            "file_overwrite": False,
            "default_acl": None,
        }

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Keep the type that the name tells, for whoever looks into the bucket."""
        known = ENDINGS.get(PurePosixPath(name).suffix)
        return super().get_object_parameters(name) | ({"ContentType": known} if known else {})

    def pieces(self, name: str, begin: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes of an object from `begin` on, as they come over the wire."""
        if not length:
            return
        wanted = f"bytes={begin}-{begin + length - 1}"
        body = self.bucket.Object(self._normalize_name(name)).get(Range=wanted)["Body"]
        with body:
            yield from body.iter_chunks(CHUNK)
