"""The parts of the five forms that they share: choosing a song, choosing a sound, the folds."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.validators import URLValidator

from studio.models import Track, Upload
from vidgo_site.addresses import has_public_host

# Files of one form, each a task of its own.
MAX_FILES = 20


class OperationForm(forms.Form):
    """A form whose fields carry the API's own names; `to_input` gives what is sent."""

    # Names of the fields that go into `input`, and those folded under "More" and "Details".
    wire: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    form_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_key"].initial = uuid.uuid4
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 4)

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The few fields that are always seen."""
        folded = {*self.more, *self.details, "form_key", "track", "upload", "file"}
        return [field for field in self if field.name not in folded]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The fields under "More"."""
        return [self[name] for name in self.more]

    @property
    def detail_fields(self) -> list[forms.BoundField]:
        """The API's ids, for whoever has them at hand."""
        return [self[name] for name in self.details]

    def to_input(self) -> dict[str, Any]:
        """Give `input` as the API's page types it, without the optional fields left alone."""
        values = ((name, self.cleaned_data.get(name)) for name in self.wire)
        return {name: _wire_value(value) for name, value in values if value not in (None, "")}


def _wire_value(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


class SongForm(OperationForm):
    """A form that starts from a song: chosen from the team's, or its ids by hand."""

    needs_audio_id = True

    track = forms.ModelChoiceField(
        Track.objects.none(), required=False, label="Song", widget=forms.RadioSelect
    )
    task_id = forms.CharField(
        label="task_id",
        required=False,
        max_length=200,
        help_text="Task ID from a completed music generation.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["track"].queryset = Track.objects.select_related("task")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Fill the ids from the chosen song; ids typed by hand win over it."""
        data = super().clean() or self.cleaned_data
        track = data.get("track")
        names = ["task_id", "audio_id"] if self.needs_audio_id else ["task_id"]
        typed = [name for name in names if data.get(name)]
        if not typed and track:
            data["task_id"] = track.task.task_id
            data["audio_id"] = track.audio_id
        elif len(typed) < len(names) and not {*names, "track"} & set(self.errors):
            if typed:
                missing = next(name for name in names if name not in typed)
                self.add_error(missing, "Give this id too, or choose a song instead.")
            else:
                self.add_error("track", "Choose a song.")
        if typed:
            data["track"] = Track.objects.filter(
                task__task_id=data.get("task_id"),
                **({"audio_id": data.get("audio_id")} if self.needs_audio_id else {}),
            ).first()
        return data


class SoundForm(OperationForm):
    """A form that starts from a sound: files of the team's, one of its songs, or a URL by hand.

    `refused` are the sentences about sent files that were not taken. Where `several` is true, each
    chosen file is a task of its own.
    """

    url_field = ""
    several = False

    file = forms.FileField(required=False, label="A file from this device")
    upload = forms.ModelMultipleChoiceField(
        Upload.objects.none(), required=False, label="Your files"
    )
    track = forms.ModelChoiceField(
        Track.objects.none(), required=False, label="Song", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, refused: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused = refused
        self.fields["upload"].queryset = Upload.objects.order_by("pk")  # type: ignore[attr-defined]
        self.fields["track"].queryset = Track.objects.filter(  # type: ignore[attr-defined]
            sound__file__gt=""
        ).select_related("task", "sound")

    def clean(self) -> dict[str, Any]:
        """Ask for one sound. A URL by hand wins over chosen files, and those over a song."""
        data = super().clean() or self.cleaned_data
        sources = (self.url_field, "upload", "track")
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


def weight(label: str, help_text: str) -> forms.DecimalField:
    """Make a field for one of the API's weights: 0 to 1, 2 decimals, or left alone."""
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(1),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "data-slider": ""}),
    )
