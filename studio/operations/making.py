"""What the makers of songs share: their fields, the two ways of asking, and each version's limits.

docs.vidgo.ai/api-manual/music-series/: generate-music, extend-music, upload-and-cover-audio,
upload-and-extend-audio, add-vocals, replace-section.
"""

import json
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeVar

from django import forms

from studio.operations.fields import ModeField, PersonaField, WordsField
from studio.operations.forms import (
    OperationForm,
    SoundForm,
    SoundURLField,
    longest_sound,
    weight,
)

VERSIONS = [(name, name.replace("_", ".")) for name in ("V5", "V4_5PLUS", "V4_5", "V4_5ALL", "V4")]
GENDERS = [("", "Either"), ("m", "Male"), ("f", "Female")]
WEIGHTS = ("style_weight", "weirdness_constraint", "audio_weight")
# What may be said wherever everything may be.
OPTIONS = ("negative_tags", "vocal_gender", *WEIGHTS, "persona_id")
# Characters of a description, in the way that needs nothing else.
LONGEST_DESCRIPTION = 500
# Seconds by which a song as we have measured it, and show it, may be longer than Vidgo tells.
MEASURED_BEYOND = 0.1


@dataclass(frozen=True)
class Way:
    """What one way of asking sends: what it needs, and what it may have.

    `is_sung` is whether its `prompt` are the lyrics: those are nothing to an instrumental.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    is_sung: bool = True


def longest(version: str, title: int = 100) -> dict[str, int]:
    """Return how many characters `version` takes of each text; `title` of the best of them."""
    is_old = version == "V4"
    styles = 200 if is_old else 1000
    return {
        "prompt": 3000 if is_old else 5000,
        "style": styles,
        "tags": styles,
        "title": min(80, title) if version in ("V4", "V4_5ALL") else title,
    }


def styles(help_text: str = "") -> forms.CharField:
    """Make the field of the styles, whatever the API names it."""
    return forms.CharField(
        label="Styles",
        max_length=1000,
        error_messages={"required": "Say which styles."},
        help_text=help_text or "What it should sound like, e.g. “folk pop, warm, acoustic guitar”.",
        widget=forms.TextInput(attrs={"data-tags": ""}),
    )


class MakingForm(OperationForm):
    """A form that makes a song; of the fields here it has those that one of its ways sends."""

    # Sent in every way, the field whose value is the way among them, "" where there is but one.
    always: tuple[str, ...] = ()
    way_field = ""
    ways: dict[Any, Way] = {}
    longest_title = 100
    more: tuple[str, ...] = ("mv", "model", "vocal_gender", *WEIGHTS)
    details: tuple[str, ...] = ("upload_url", "task_id", "audio_id")

    prompt = WordsField(
        label="Lyrics",
        max_length=5000,
        widget=forms.Textarea,
        error_messages={"required": "Write the lyrics."},
        help_text="Marks such as [Verse] and [Chorus] give it a shape.",
    )
    instrumental = forms.BooleanField(label="Instrumental, nobody sings")
    title = forms.CharField(
        label="Title", max_length=100, error_messages={"required": "Give it a title."}
    )
    style = styles()
    negative_tags = forms.CharField(
        label="Styles to avoid",
        max_length=1000,
        error_messages={"required": "Say which styles to avoid."},
        help_text="What it should not sound like, e.g. “heavy metal, fast drums”.",
        widget=forms.TextInput(attrs={"data-tags": ""}),
    )
    persona_id = PersonaField(
        label="Persona", help_text="Sings with the voice and style of one of your songs."
    )
    mv = forms.ChoiceField(label="Version", choices=VERSIONS, initial="V5")
    vocal_gender = forms.ChoiceField(
        label="Voice", choices=GENDERS, help_text="More likely, not guaranteed."
    )
    style_weight = weight("Style", "How closely to follow the styles. 0 loosely, 1 strictly.")
    weirdness_constraint = weight("Weirdness", "How far it may stray. 0 safe, 1 wild.")
    audio_weight = weight("Audio", "How closely to follow your recording.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - {*self.always}:
            # Whether one is needed, the way says.
            self.fields[name].required = False
        if "instrumental" in self.fields:
            self.fields["instrumental"].required = False

    def clean(self) -> dict[str, Any]:
        """Hold what is typed against what the chosen way needs and its version takes."""
        data = super().clean() or self.cleaned_data
        if self.way_field in self.errors:
            return data
        sent = self.sent()
        for name in self.errors.keys() & set(self.wire) - {*sent}:
            # What stands in the way that was not chosen waits there as it is.
            del self.errors[name]
        for name in self._way().required:
            if name in sent and data.get(name) in (None, "") and name not in self.errors:
                is_idea = name == "prompt" and not self._way().is_sung
                words = self.fields[name].error_messages["required"]
                self.add_error(name, "Say what it should be." if is_idea else words)
        version = self.version(data)
        self._check_lengths(version, data, sent)
        if isinstance(self, SoundForm):
            self.hold_length(version)
        return data

    def version(self, data: dict[str, Any]) -> str:
        """Return the version whose limits count."""
        return str(data.get("mv") or data.get("model") or "")

    def way_of(self, name: str) -> str:
        """Return the value of the only way that has the field `name`, "" where all have it."""
        having = [way for way, has in self.ways.items() if name in (*has.required, *has.optional)]
        alone = self.way_field and name not in self.always and len(having) == 1
        return str(having[0]).lower() if alone else ""

    @classmethod
    def label_of(cls, name: str, given: dict[str, Any]) -> str:
        """Return the field's label; a description is none of lyrics."""
        way = cls.ways.get(given.get(cls.way_field))
        is_idea = name == "prompt" and way is not None and not way.is_sung
        return "Description" if is_idea else super().label_of(name, given)

    @property
    def needed(self) -> set[str]:  # type: ignore[override]
        """The fields that one of the ways cannot do without."""
        return {name for way in self.ways.values() for name in way.required}

    @property
    def is_described(self) -> bool:  # type: ignore[override]
        """Whether one of the ways asks for a description in the place of the lyrics."""
        return any(not way.is_sung for way in self.ways.values())

    @property
    def limits(self) -> str:
        """The characters of each text by way and version, and the seconds of a sound, as JSON."""
        versions = [value for value, _ in VERSIONS]
        table: dict[str, Any] = {"sounds": {name: longest_sound(name) for name in versions}}
        for value, way in self.ways.items():
            described = {} if way.is_sung else {"prompt": LONGEST_DESCRIPTION}
            table[str(value).lower() if self.way_field else ""] = {
                name: longest(name, self.longest_title) | described for name in ("", *versions)
            }
        return json.dumps(table)

    def sent(self) -> tuple[str, ...]:
        """Return the fields that the chosen way sends."""
        way = self._way()
        names = (*self.always, *way.required, *way.optional)
        is_silent = way.is_sung and self.cleaned_data.get("instrumental")
        return tuple(name for name in names if not (is_silent and name == "prompt"))

    def hold_within(self, *names: str, is_inside: bool = False) -> None:
        """Refuse a place that is not in the chosen sound; `is_inside`: nor at its very ends."""
        seconds = self.seconds()
        for name in () if self.way_field in self.errors else {*names} & {*self.sent()}:
            at = self.cleaned_data.get(name)
            if at is not None and is_inside and at <= 0:
                self.add_error(name, "Somewhere after the beginning.")
            elif at is not None and seconds and (at >= seconds if is_inside else at > seconds):
                self._hold_at_end(name, at, seconds, is_inside)

    def _hold_at_end(self, name: str, at: Decimal, seconds: float, is_inside: bool) -> None:
        """Bring the end as we have measured it back to the end that Vidgo tells, or refuse it."""
        if is_inside or float(at) > seconds + MEASURED_BEYOND:
            self.add_error(name, f"It is only {seconds:.2f} seconds long.")
        else:
            self.cleaned_data[name] = Decimal(seconds).quantize(Decimal("0.01"), ROUND_DOWN)

    def _way(self) -> Way:
        return self.ways[self.cleaned_data.get(self.way_field)]

    def _check_lengths(self, version: str, data: dict[str, Any], sent: tuple[str, ...]) -> None:
        limits = longest(version, self.longest_title)
        if not self._way().is_sung:
            limits["prompt"] = LONGEST_DESCRIPTION
        for name in limits.keys() & {*sent} & set(self.fields):
            length = len(data.get(name) or "")
            if length > limits[name] and name not in self.errors:
                self.add_error(name, f"At most {limits[name]} characters; this has {length}.")


Form = TypeVar("Form", bound=MakingForm)


def asked_in_ways(form: type[Form]) -> type[Form]:
    """Have `form` only those fields that its ways send: a class decorator."""
    said = [name for way in form.ways.values() for name in (*way.required, *way.optional)]
    form.wire = tuple(dict.fromkeys((*form.always, *said)))
    others = MakingForm.base_fields.keys() - OperationForm.base_fields.keys() - {*form.wire}
    form.base_fields = {n: field for n, field in form.base_fields.items() if n not in others}
    return form


# What makes a song with a version of its own where none is chosen, whatever it was made from.
BY_DEFAULT = ("add-vocals", "add-instrumental")
DEFAULT = "V4_5PLUS"


def model() -> forms.ChoiceField:
    """Make the field of the version, where it is named `model`."""
    return forms.ChoiceField(
        label="Version",
        choices=[("", "Default"), (DEFAULT, "V4.5PLUS"), ("V5", "V5")],
        help_text="V5: superior musical expressiveness with faster generation. "
        "V4.5PLUS: enhanced tonal richness (default).",
    )


def upload_url() -> SoundURLField:
    """Make the field of a sound's address by hand."""
    return SoundURLField(
        label="upload_url",
        required=False,
        max_length=2048,
        assume_scheme="https",
        help_text="URL of the audio file to process.",
    )


def mode(label: str, describe: str, write: str) -> ModeField:
    """Make the field of the two ways: `false` is what `describe` says, `true` what `write` does."""
    return ModeField(label=label, choices=[("false", describe), ("true", write)], initial="false")


def version_of(task: Any) -> str:
    """Return the version that made a song, as far as the tasks before it tell; "" otherwise."""
    for _ in range(10):
        if task is None:
            break
        if made := task.input.get("mv") or task.input.get("model"):
            return str(made)
        if task.operation in BY_DEFAULT:
            return DEFAULT
        task = task.source_track.task if task.source_track else None
    return ""
