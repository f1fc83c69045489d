"""The parts that forms share: choosing a song, choosing a sound, the folds."""

import uuid
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.validators import URLValidator

from studio.models import Asset, Track, Upload
from studio.operations.fields import NumberField, SecondsField
from studio.operations.wording import in_plain_words
from vidgo_site.addresses import has_public_host

# Characters of a title or name, for which Vidgo's pages know no limit. Lists show its beginning.
MAX_NAME = 1000
# Files of one form, each a task of its own.
MAX_FILES = 20


class OperationForm(forms.Form):
    """A form whose fields carry the API's own names; `to_input` gives what is sent."""

    # Names of the fields that go into `input`, and those folded under "More" and "Details".
    wire: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    # The field that chooses between two ways of asking; the fields that one of these cannot do
    # without; whether one of them asks for a description where the other asks for lyrics.
    way_field = ""
    needed: Collection[str] = ()
    is_described = False
    # A template that reads one of these from `operation.form` would make a form of it each time.
    do_not_call_in_templates = True

    form_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_key"].initial = uuid.uuid4
        for field in self.fields.values():
            in_plain_words(field)
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 4)

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The few fields that are always seen."""
        sources = {"track", "upload", "stem", "file"}
        folded = {*self.more, *self.details, *sources, "form_key", self.way_field}
        placed = {field.name for field in self.place_fields}
        return [field for field in self if field.name not in folded | placed]

    @property
    def way(self) -> forms.BoundField | None:
        """The choice between two ways of asking, which stands before what they ask for."""
        return self[self.way_field] if self.way_field else None

    @property
    def place_fields(self) -> list[forms.BoundField]:
        """The place in the sound, or the beginning and end of a stretch, chosen on its waveform."""
        return [field for field in self if isinstance(field.field, SecondsField)]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The fields under "More"."""
        return [self[name] for name in self.more if name in self.fields]

    @property
    def detail_fields(self) -> list[forms.BoundField]:
        """The API's ids, for whoever has them at hand."""
        return [self[name] for name in self.details if name in self.fields]

    def way_of(self, name: str) -> str:
        """Return the value of the only way of asking that has the field `name`, "" for all."""
        return ""

    @classmethod
    def label_of(cls, name: str, given: dict[str, Any]) -> str:
        """Return what the field `name` was in a task's `input`, in a musician's words."""
        return str(cls.base_fields[name].label)

    def sent(self) -> tuple[str, ...]:
        """Return the names of the fields that go into `input`."""
        return self.wire

    def seconds(self) -> float | None:
        """Return how long what it starts from is, None where that is not known."""
        return None

    def to_input(self) -> dict[str, Any]:
        """Return `input` as the API's page types it, without the optional fields left alone."""
        values = ((name, self.cleaned_data.get(name)) for name in self.sent())
        return {name: _wire_value(value) for name, value in values if value not in (None, "")}


def _wire_value(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


class SongForm(OperationForm):
    """A form that starts from a song: chosen from the team's, or its ids by hand."""

    # Those by which the API wants the song named.
    ids: tuple[str, ...] = ("task_id", "audio_id")
    # Where nothing else is asked for.
    wire: tuple[str, ...] = ("task_id", "audio_id")
    details: tuple[str, ...] = ("task_id", "audio_id")

    track = forms.ModelChoiceField(
        Track.objects.none(), required=False, label="Song", widget=forms.RadioSelect
    )
    task_id = forms.CharField(
        label="task_id",
        required=False,
        max_length=200,
        help_text="Task ID from a completed music generation.",
    )
    audio_id = forms.CharField(
        label="audio_id",
        required=False,
        max_length=200,
        help_text="Specific audio track identifier from the callback data.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"task_id", "audio_id"} - {*self.ids}:
            del self.fields[name]
        self.fields["track"].queryset = Track.kept.select_related("task")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Fill the ids from the chosen song; beside one, ids by hand must be its own."""
        data = super().clean() or self.cleaned_data
        track = data.get("track")
        typed = [name for name in self.ids if data.get(name)]
        own = {"task_id": track.task.vidgo_id, "audio_id": track.audio_id} if track else {}
        if track and any(data[name] != own[name] for name in typed):
            # Never guessed at: one of them would be paid for without being meant.
            self.add_error(typed[0], "This names another song than the one you chose. Empty it.")
        if not typed and track:
            data["task_id"] = track.task.vidgo_id
            data["audio_id"] = track.audio_id
        elif len(typed) < len(self.ids) and not {*self.ids, "track"} & set(self.errors):
            if typed:
                missing = next(name for name in self.ids if name not in typed)
                self.add_error(missing, "Give this id too, or choose a song instead.")
            else:
                self.add_error("track", "Choose a song.")
        if typed:
            fields = {"task_id": "task__vidgo_id", "audio_id": "audio_id"}
            by_ids = {fields[name]: data.get(name) for name in self.ids}
            data["track"] = Track.objects.filter(**by_ids).first()
        return data

    def seconds(self) -> float | None:
        """Return how long the chosen song is, as the API tells it."""
        track = self.cleaned_data.get("track")
        return track.duration if track else None


class SoundForm(OperationForm):
    """A form that starts from a sound: files of the team's, one of its songs, or a URL by hand.

    `refused` are the sentences about sent files that were not taken. Where `several` is true, each
    chosen file is a task of its own.
    """

    url_field = "upload_url"
    several = False

    file = forms.FileField(required=False, label="A file from this device")
    upload = forms.ModelMultipleChoiceField(Upload.objects.none(), required=False, label="Uploads")
    track = forms.ModelChoiceField(
        Track.objects.none(), required=False, label="Song", widget=forms.RadioSelect
    )
    stem = forms.ModelChoiceField(
        Asset.objects.none(), required=False, label="Stem", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, refused: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused
        self.fields["upload"].queryset = Upload.kept.order_by("pk")  # type: ignore[attr-defined]
        stems = Asset.kept.filter(kind=Asset.Kind.STEM, file__gt="").select_related("task")
        self.fields["stem"].queryset = stems  # type: ignore[attr-defined]
        self.fields["track"].queryset = Track.kept.filter(  # type: ignore[attr-defined]
            sound__file__gt=""
        ).select_related("task", "sound")

    def clean(self) -> dict[str, Any]:
        """Ask for one sound. A URL by hand wins over files, then a song, then a stem."""
        data = super().clean() or self.cleaned_data
        sources = (self.url_field, "upload", "track", "stem")
        chosen = [name for name in sources if data.get(name)]
        for name in chosen[1:]:
            data[name] = None
        for reason in self.refused:
            self.add_error("file", reason)
        if not chosen and not {*sources, "file"} & set(self.errors):
            self.add_error("file", "Choose a file or a song.")
        elif "upload" in chosen[:1] and len(data["upload"]) > (MAX_FILES if self.several else 1):
            most = f"At most {MAX_FILES} files" if self.several else "One file"
            self.add_error("upload", f"{most} at once.")
        return data

    def seconds(self) -> float | None:
        """Return how long the longest chosen sound is, as we have measured it."""
        track, stem = (self.cleaned_data.get(name) for name in ("track", "stem"))
        lengths = [upload.duration for upload in self.cleaned_data.get("upload") or ()]
        if track:
            lengths.append(track.sound.duration or track.duration)
        if stem:
            lengths.append(stem.duration)
        return max(filter(None, lengths), default=None)

    def hold_length(self, version: str = "") -> None:
        """Refuse a sound that is longer than Vidgo, or the chosen `version`, takes."""
        seconds = self.seconds()
        limit = longest_sound(version)
        if seconds is not None and seconds > limit:
            minutes = "1 minute" if limit == 60 else f"{limit // 60} minutes"
            who = version.replace("_", ".") or "Vidgo"
            text = f"{who} takes at most {minutes}: this one is longer."
            self.add_error("mv" if "mv" in self.fields else None, text)


def longest_sound(version: str) -> int:
    """Return how many seconds of an upload `version` takes."""
    return 60 if version == "V4_5ALL" else 8 * 60


class SoundURLField(forms.URLField):
    """A URL by hand, from which the API itself fetches the sound: from the open web alone."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def clean(self, value: Any) -> str:
        """Refuse what Vidgo could not fetch, and what it had better not see."""
        url: str = super().clean(value)
        if url and "@" in urlsplit(url).netloc:
            raise forms.ValidationError(
                "A name or password in the address would be shown to Vidgo: leave it out."
            )
        if url and not settings.API_ON_LOOPBACK and not has_public_host(url):
            raise forms.ValidationError("Vidgo cannot reach this address: it is not on the web.")
        return url


def weight(label: str, help_text: str) -> NumberField:
    """Make a field for one of the API's weights: 0 to 1, 2 decimals, or left alone."""
    return NumberField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(1),
        decimal_places=2,
        widget=forms.TextInput(
            attrs={"data-slider": "", "data-min": "0", "data-max": "1", "data-step": "0.01"}
        ),
    )


def place(label: str, help_text: str = "") -> SecondsField:
    """Make a field for a place in the chosen sound: seconds, 2 decimals."""
    return SecondsField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        decimal_places=2,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
