"""What tasks gave, the team's own files, and what is made of both."""

import secrets
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.urls import reverse

from studio.models.tasks import Task
from studio.models.trash import KeptManager, Trashable
from studio.models.work import Work
from studio.storage.names import extension


def asset_path(asset: "Asset", filename: str) -> str:
    """Return the storage name of `asset`'s file; the name a person sees is made when it is sent."""
    known = extension(asset.content_type)
    return f"results/{asset.task_id}/{asset.pk}-{secrets.token_hex(4)}{known}"


def shown_path(asset: "Asset", filename: str) -> str:
    """Return the storage name of the copy that pages show; `filename` tells its ending."""
    ending = PurePosixPath(filename).suffix
    return f"results/{asset.task_id}/{asset.pk}-{secrets.token_hex(4)}-shown{ending}"


def upload_path(upload: "Upload", filename: str) -> str:
    """Return the storage name of `upload`'s file: nothing of what the sender called it."""
    return f"uploads/{secrets.token_hex(16)}{extension(upload.content_type)}"


def preview_path(preview: "Preview", filename: str) -> str:
    """Return the storage name of what was made from a saved file."""
    return f"previews/{preview.pk}-{secrets.token_hex(4)}"


class Asset(Work):
    """One thing a task gave: a file of ours copied from the provider, a persona's id, words."""

    class Kind(models.TextChoices):
        """What a page can do with it."""

        VIDEO = "video", "Video"
        AUDIO = "audio", "Track"
        STEM = "stem", "Stem"
        IMAGE = "image", "Picture"
        PERSONA = "persona", "Persona"
        WORDS = "words", "Words"
        TIMES = "times", "Words in time"
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
    # Of words: `title` and `text`; of words in time: `words`, each with `word`, `start_s`, `end_s`.
    data = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    file = models.FileField(upload_to=asset_path, max_length=200, blank=True)
    # What pages show in the file's place, where not every browser shows the file itself.
    shown = models.FileField(upload_to=shown_path, max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Seconds.
    duration = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    found_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = models.Manager()
    kept = KeptManager("task__")

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
        """Return the address of our copy, for signed-in users."""
        return reverse("media", args=[self.pk])

    @property
    def name(self) -> str:
        """Return what a persona is called."""
        return str(self.task.input.get("name") or self.label)

    @property
    def files(self) -> tuple[FieldFile, ...]:
        """Return what is stored of it, or could be."""
        return self.file, self.shown

    @property
    def is_here(self) -> bool:
        """Return whether it can be shown: saved, or one before it while a newer file is to come."""
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
    # The variation that the band keeps: one of its task's at the most.
    is_starred = models.BooleanField(default=False, db_default=False)
    sound = models.OneToOneField(
        Asset, models.SET_NULL, null=True, blank=True, related_name="sound_of"
    )
    image = models.OneToOneField(
        Asset, models.SET_NULL, null=True, blank=True, related_name="image_of"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager()
    kept = KeptManager("task__")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "audio_id"], name="track_once"),
            models.UniqueConstraint(
                fields=["task"], condition=Q(is_starred=True), name="track_star_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Upload(Trashable):
    """A sound file of the team's own, kept once however often it is sent."""

    file = models.FileField(upload_to=upload_path, max_length=200)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    # Of the file as it was sent.
    sha256 = models.CharField(max_length=64, unique=True)
    # What was sent, in a musician's words ("AIFF"), where FLAC was made of it; "" otherwise.
    sent_as = models.CharField(max_length=40, blank=True, default="")
    # What somebody must say yes to, by choosing the file, before it is everybody's; "" for nothing.
    question = models.CharField(max_length=200, blank=True, default="")
    # Seconds.
    duration = models.FloatField()
    tags = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager()
    kept = KeptManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the file's address, for signed-in users."""
        return reverse("upload-media", args=[self.pk])

    @property
    def files(self) -> tuple[FieldFile, ...]:
        """Return what is stored of it."""
        return (self.file,)


class Preview(Work):
    """What a page needs of a saved file before it is opened (`media.analysis`)."""

    asset = models.OneToOneField(Asset, models.CASCADE, null=True, blank=True)
    upload = models.OneToOneField(Upload, models.CASCADE, null=True, blank=True)
    # How far the sound goes up, and down, in each of equal parts: 0 to 255. Earlier releases kept
    # only the higher of the two, as `peaks`.
    peaks = models.JSONField(default=list, blank=True)
    troughs = models.JSONField(null=True, blank=True)
    # LUFS; of a stem without a gate.
    loudness = models.FloatField(null=True, blank=True)
    # Beats a minute, 0 where none were found, and the second of the first one; found by listening,
    # or put right by hand.
    tempo = models.FloatField(null=True, blank=True)
    beat = models.FloatField(null=True, blank=True)
    musical_key = models.CharField(max_length=8, blank=True, db_default="")
    is_put_right = models.BooleanField(default=False, db_default=False)
    # Of a stem, and of what it was taken from: every sample, as FLAC; without `frames` plain, as
    # earlier releases kept them.
    samples = models.FileField(upload_to=preview_path, max_length=200, blank=True)
    # How many samples a side; at which byte each second of them begins, and where the last ends.
    frames = models.PositiveIntegerField(null=True, blank=True)
    offsets = models.JSONField(null=True, blank=True)
    poster = models.FileField(upload_to=preview_path, max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(upload__isnull=False) ^ Q(asset__isnull=False), name="preview_of_one"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="preview_due"),
            # Those that earlier releases have made.
            models.Index(
                fields=["id"],
                condition=Q(frames__isnull=True) & ~Q(samples=""),
                name="preview_plain",
            ),
            models.Index(
                fields=["id"],
                condition=Q(tempo__isnull=True) & Q(poster=""),
                name="preview_unheard",
            ),
        ]

    def __str__(self) -> str:
        return f"preview {self.pk}"

    @property
    def files(self) -> tuple[FieldFile, ...]:
        """Return what is stored of it, or could be."""
        return self.samples, self.poster
