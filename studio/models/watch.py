"""What is noted of the running itself: workers, backups, and what administrators were told."""

from datetime import timedelta

from django.db import models
from django.utils import timezone


class Beat(models.Model):
    """A worker, as it was last heard of."""

    # After how long it is taken for gone.
    GONE = timedelta(seconds=45)

    machine = models.CharField(max_length=100)
    process = models.PositiveIntegerField()
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    # Bytes of the disk with the data folder.
    disk_free = models.BigIntegerField()
    disk_total = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "process"], name="beat_once")]

    def __str__(self) -> str:
        return f"worker {self.process} on {self.machine}"

    @property
    def is_alive(self) -> bool:
        """Return whether it was heard of lately."""
        return self.at >= timezone.now() - self.GONE


class Backup(models.Model):
    """One backup: made, or tried."""

    place = models.CharField(max_length=500)
    name = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    files = models.PositiveIntegerField(default=0)
    # Bytes: of the files in it, and of what was copied for it.
    size = models.BigIntegerField(default=0)
    copied = models.BigIntegerField(default=0)
    # Files that the storage has lost; what lies damaged at the place.
    missing = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    # Why there is none.
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"backup {self.name} at {self.place}"


class Alarm(models.Model):
    """Something that administrators are told of: once when it begins, once when it is over."""

    kind = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(default=False)
    text = models.TextField(blank=True)
    since = models.DateTimeField(null=True, blank=True)
    # By each way of telling: whether it told last that the alarm is on.
    told = models.JSONField(default=dict)
    # Until when nobody else tells of it, or tries again.
    held_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"
