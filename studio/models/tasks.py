"""Tasks, what the API sent about them, and their history."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from studio.models.trash import KeptManager, Trashable
from studio.models.work import Work
from vidgo_site.logs import request_name


def unguessable() -> str:
    """Return a fresh token of 43 URL-safe characters: 256 bits, for what must not be guessed."""
    return secrets.token_urlsafe(32)


class Task(Work, Trashable):
    """One request to the API, from the form to the saved result."""

    class Status(models.TextChoices):
        """The API's four words, and ours for what the API does not know of."""

        PENDING = "pending", "Sending"
        UNCONFIRMED = "unconfirmed", "Needs you"
        NOT_STARTED = "not_started", "Queued"
        RUNNING = "running", "Making"
        FINISHED = "finished", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    # Nothing more is expected from the API; and of these, what came to nothing.
    FINAL = (Status.FINISHED, Status.FAILED, Status.CANCELLED)
    WITHOUT_RESULT = (Status.FAILED, Status.CANCELLED)

    operation = models.CharField(max_length=40, db_column="model")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    title = models.CharField(max_length=200, blank=True)
    input = models.JSONField(default=dict)
    # The API's `task_id`.
    vidgo_id = models.CharField(
        max_length=200, null=True, blank=True, unique=True, db_column="task_id"
    )
    # One form is one task, however often its button is pressed.
    form_key = models.UUIDField(unique=True)
    # What the API makes only once ("create-music-video:<task_id>:<audio_id>"); null when free.
    once_key = models.CharField(max_length=500, null=True, unique=True)  # noqa: DJ001
    callback_token = models.CharField(max_length=43, unique=True, default=unguessable)
    # Names the public address of the task's sound, for as long as the task needs it (`sharing`).
    sound_token = models.CharField(max_length=43, unique=True, default=unguessable)
    source_track = models.ForeignKey(
        "Track", models.SET_NULL, null=True, blank=True, related_name="uses"
    )
    source_upload = models.ForeignKey(
        "Upload", models.SET_NULL, null=True, blank=True, related_name="uses"
    )
    source_stem = models.ForeignKey(
        "Asset", models.SET_NULL, null=True, blank=True, related_name="uses", db_index=False
    )
    again_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # The intent to send, committed before the request leaves; null again after a sure "not taken".
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # When the query told of the same end; a callback alone is a hint (`lifecycle.following`).
    confirmed_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    # How many deliveries came beyond those that are kept of one task.
    dropped = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    credits_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    # The account's credits around an unconfirmed send (`evidence`): before, before_at, after,
    # after_at, and how many seconds such a task usually took then.
    evidence = models.JSONField(default=dict, blank=True)
    # The request that it came with: a job's lines of the log bear it too.
    request = models.CharField(  # noqa: DJ001
        max_length=12, null=True, editable=False, default=request_name
    )
    # The words it is found by, kept by `search`.
    search = models.TextField(blank=True, editable=False, default="", db_default="")

    objects = models.Manager()
    kept = KeptManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="task_trash"
            ),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="task_due"),
            models.Index(fields=["status", "-id"], name="task_status"),
            models.Index(fields=["operation", "-id"], name="task_model"),
            models.Index(fields=["created_by", "-id"], name="task_person"),
            models.Index(fields=["created_at"], name="task_created"),
            models.Index(fields=["status", "finished_at"], name="task_ended"),
            models.Index(
                fields=["source_stem"], condition=Q(source_stem__isnull=False), name="task_stem"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the task's own page."""
        return reverse("task", args=[self.pk])

    @property
    def is_final(self) -> bool:
        """Return whether nothing more is expected from the API."""
        return self.status in self.FINAL


class Delivery(models.Model):
    """A body that came from the API, kept raw before anything is done with it."""

    class Origin(models.TextChoices):
        """How it came."""

        CALLBACK = "callback", "Callback"
        QUERY = "query", "Asked for"

    task = models.ForeignKey(Task, models.CASCADE, related_name="deliveries")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    body = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    # Why it was not applied, or what was odd about it.
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(applied_at__isnull=True),
                name="delivery_unapplied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} for task {self.task_id}"


class Event(models.Model):
    """One line of a task's history. Its newest id tells an open page whether anything changed."""

    task = models.ForeignKey(Task, models.CASCADE, null=True, blank=True, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
