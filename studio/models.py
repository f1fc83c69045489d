"""What the product keeps: data and constraints only. Who changes a status: `lifecycle`."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from studio.names import extension


def unguessable() -> str:
    """Give a fresh token of 43 URL-safe characters: 256 bits, for what must not be guessed."""
    return secrets.token_urlsafe(32)


def asset_path(asset: "Asset", filename: str) -> str:
    """Give the storage name of `asset`'s file; the name a person sees is made when it is sent."""
    known = extension(asset.content_type)
    return f"results/{asset.task_id}/{asset.pk}-{secrets.token_hex(4)}{known}"


def upload_path(upload: "Upload", filename: str) -> str:
    """Give the storage name of `upload`'s file: nothing of what the sender called it."""
    return f"uploads/{secrets.token_hex(16)}{extension(upload.content_type)}"


def preview_path(preview: "Preview", filename: str) -> str:
    """Give the storage name of what was made from a saved file."""
    return f"previews/{preview.pk}-{secrets.token_hex(4)}"


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


class Task(Work):
    """One request to the API, from the form to the saved result."""

    class Status(models.TextChoices):
        """The API's four words, and ours for what the API does not know of."""

        PENDING = "pending", "Waiting to be sent"
        UNCONFIRMED = "unconfirmed", "Unconfirmed"
        NOT_STARTED = "not_started", "In the queue"
        RUNNING = "running", "Being made"
        FINISHED = "finished", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    model = models.CharField("operation", max_length=40)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    title = models.CharField(max_length=200, blank=True)
    input = models.JSONField(default=dict)
    task_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
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
    saved_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    credits_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    # The account's credits around an unconfirmed send: before, before_at, after, after_at.
    evidence = models.JSONField(default=dict, blank=True)
    # The words it is found by, kept by `search`.
    search = models.TextField(blank=True, editable=False, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="task_due"),
            models.Index(fields=["status", "-id"], name="task_status"),
            models.Index(fields=["model", "-id"], name="task_model"),
            models.Index(fields=["created_by", "-id"], name="task_person"),
            models.Index(fields=["created_at"], name="task_created"),
            models.Index(fields=["status", "finished_at"], name="task_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.pk}"

    def get_absolute_url(self) -> str:
        """Give the address of the task's own page."""
        return reverse("task", args=[self.pk])

    @property
    def is_final(self) -> bool:
        """Say whether nothing more is expected from the API."""
        return self.status in (self.Status.FINISHED, self.Status.FAILED, self.Status.CANCELLED)


class Asset(Work):
    """One thing a task gave: a file of ours copied from the provider, or a persona's id."""

    class Kind(models.TextChoices):
        """What a page can do with it."""

        VIDEO = "video", "Video"
        AUDIO = "audio", "Track"
        STEM = "stem", "Stem"
        IMAGE = "image", "Picture"
        PERSONA = "persona", "Persona"
        FILE = "file", "File"

    class State(models.TextChoices):
        """How far the copy into our storage is."""

        WAITING = "waiting", "Not saved yet"
        SAVED = "saved", "Saved"
        FAILED = "failed", "Could not be saved"

    task = models.ForeignKey(Task, models.CASCADE, related_name="assets")
    # Which thing of the task it is, the same at every stage: "0.video_url", "<audio_id>.audio_url".
    key = models.CharField(max_length=300)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=100)
    order = models.PositiveSmallIntegerField(default=0)
    url = models.URLField(max_length=4000, blank=True)
    value = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    file = models.FileField(upload_to=asset_path, max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Seconds.
    duration = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    found_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "key"], name="asset_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="asset_due"),
            models.Index(fields=["state", "-task"], name="asset_state"),
        ]

    def __str__(self) -> str:
        return f"{self.label} of task {self.task_id}"

    def get_absolute_url(self) -> str:
        """Give the address of our copy, for signed-in users."""
        return reverse("media", args=[self.pk])

    @property
    def is_here(self) -> bool:
        """Say whether it can be shown: saved, or one before it while a newer file is to come."""
        return self.state == self.State.SAVED or bool(self.file)


class Track(models.Model):
    """One song: what video, cover and persona are made from."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="tracks")
    audio_id = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    tags = models.CharField(max_length=1000, blank=True)
    prompt = models.TextField(blank=True)
    # Seconds, as the API tells them.
    duration = models.FloatField(null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    sound = models.OneToOneField(
        Asset, models.SET_NULL, null=True, blank=True, related_name="sound_of"
    )
    image = models.OneToOneField(
        Asset, models.SET_NULL, null=True, blank=True, related_name="image_of"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "audio_id"], name="track_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def audio(self) -> Asset | None:
        return self.sound


class Upload(models.Model):
    """A sound file of the team's own, kept once however often it is sent."""

    file = models.FileField(upload_to=upload_path, max_length=200)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)
    # Seconds.
    duration = models.FloatField()
    tags = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Give the file's address, for signed-in users."""
        return reverse("upload-media", args=[self.pk])


class Preview(Work):
    """What a page needs of a saved sound or film before it is played (`previews`)."""

    asset = models.OneToOneField(Asset, models.CASCADE, null=True, blank=True)
    upload = models.OneToOneField(Upload, models.CASCADE, null=True, blank=True)
    # The highest level in each of equal parts, 0 to 255.
    peaks = models.JSONField(default=list, blank=True)
    # LUFS.
    loudness = models.FloatField(null=True, blank=True)
    # Of a stem: every sample, 16 bit, stereo, 44,100 a second, without a header.
    samples = models.FileField(upload_to=preview_path, max_length=200, blank=True)
    poster = models.FileField(upload_to=preview_path, max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(upload__isnull=False) ^ Q(asset__isnull=False), name="preview_of_one"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="preview_due"),
        ]

    def __str__(self) -> str:
        return f"preview {self.pk}"


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


class Account(models.Model):
    """The team's one account with the API, as last seen: a single row."""

    class Trouble(models.TextChoices):
        """What keeps every task waiting."""

        NONE = "", "None"
        KEY = "key", "The key is refused"
        CREDITS = "credits", "The credits are gone"

    trouble = models.CharField(max_length=7, choices=Trouble.choices, blank=True, default="")
    trouble_since = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    balance_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)
    # When a worker was last heard of.
    worker_at = models.DateTimeField(null=True, blank=True)
    # What an administrator sets: when to warn, and for how many days what is kept (empty: always).
    warn_below = models.DecimalField(
        "warn below",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Credits. Below this balance everybody sees a warning; empty for none.",
    )
    keep_results = models.PositiveIntegerField(
        "keep results for", null=True, blank=True, help_text="Days; empty for ever."
    )
    keep_uploads = models.PositiveIntegerField(
        "keep uploads for", null=True, blank=True, help_text="Days; empty for ever."
    )
    keep_deliveries = models.PositiveIntegerField(
        "keep what Vidgo sent for", null=True, blank=True, help_text="Days; empty for ever."
    )
    # Nothing goes before it has been listed for a while.
    removes_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "account and rules"

    def __str__(self) -> str:
        return "Vidgo account"

    @property
    def is_low(self) -> bool:
        """Say whether the balance is below what the administrator wants to be warned of."""
        if self.balance is None or self.warn_below is None:
            return False
        return self.balance < self.warn_below
