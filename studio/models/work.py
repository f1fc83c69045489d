"""What rows that background work is done on have in common."""

from django.db import models


class Work(models.Model):
    """A row that background work is done on: when it is due, and who has it.

    `lease` is the fencing token: only the job that holds the row's present lease may write what
    it found. `held_until` is when that hold is taken for lost.
    """

    due_at = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=43, blank=True, default="")
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
