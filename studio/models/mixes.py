"""Mixes that the band keeps of a song's stems."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from studio.models.tasks import Task


class Mix(models.Model):
    """A mix with a name, or a loop: what stands in the address of the mixer's page.

    One without a name is what its person left the song with.
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="mixes")
    name = models.CharField(max_length=60, blank=True)
    query = models.CharField(max_length=1000)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "mixes"
        # Two at the same moment are one.
        constraints = [
            models.UniqueConstraint("task", "name", condition=~Q(name=""), name="mix_of_a_name"),
            models.UniqueConstraint("task", "created_by", condition=Q(name=""), name="last_mix"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the mixer that plays it."""
        return f"{reverse('task', args=[self.task_id])}?{self.query}"
