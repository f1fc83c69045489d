"""What can lie in the trash, and the rows that do not."""

from typing import Any

from django.db import models


class KeptManager(models.Manager[Any]):
    """The rows that are not in the trash; `of` leads to the row that would be, "" for their own."""

    def __init__(self, of: str = "") -> None:
        super().__init__()
        self.of = of

    def get_queryset(self) -> "models.QuerySet[Any]":
        """Return all rows but those in the trash."""
        return super().get_queryset().filter(**{f"{self.of}deleted_at__isnull": True})


class Trashable(models.Model):
    """A row that rests in the trash from `deleted_at` on, before it goes for good."""

    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
