"""`generate-persona` (page 002): a voice and style to make further songs with."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, entry_id, joined, read_entries
from studio.operations.forms import SongForm
from studio.vidgo.payloads import text


class Form(SongForm):
    """A song, and the persona's name and description."""

    wire = ("task_id", "audio_id", "name", "description")
    details = ("task_id", "audio_id")

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="A descriptive name that captures the musical style or character.",
    )
    description = forms.CharField(
        label="Description",
        max_length=5000,
        widget=forms.Textarea,
        help_text="Genre and mood, instrumentation, vocal characteristics, personality.",
    )
    audio_id = forms.CharField(
        label="audio_id",
        required=False,
        max_length=200,
        help_text="Specific audio track identifier from the callback data.",
    )


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the personas: each entry's `persona_id`."""
    personas = [
        Found(f"{entry_id(entry, index)}.persona_id", Kind.PERSONA, "Persona", index, value=value)
        for index, entry in enumerate(files)
        if (value := text(entry.get("persona_id"))[:300])
    ]
    return personas + read_entries(files, lambda *_: None)


def once_key(input: dict[str, Any]) -> str:
    """One persona per audio track (vidgo-api.md, "Submit")."""
    return joined(("generate-persona", input["task_id"], input["audio_id"]))


operation = Operation(
    model="generate-persona",
    verb="Make a persona",
    noun="Persona",
    help="A voice and style taken from a song, to sing others with.",
    icon="persona",
    form=Form,
    read=read,
    once_key=once_key,
    sources=("import-song",),
    sources_words="Vidgo makes personas only from songs it wrote, extended or covered.",
)
