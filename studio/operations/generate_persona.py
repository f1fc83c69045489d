"""`generate-persona` (page 002): a voice and style to make further songs with."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, entry_id, once, read_entries
from studio.operations.forms import MAX_NAME, SongForm
from studio.vidgo.payloads import text


class Form(SongForm):
    """A song, and the persona's name and description."""

    wire = ("task_id", "audio_id", "name", "description")
    details = ("task_id", "audio_id")

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        help_text="A descriptive name that captures the musical style or character.",
    )
    description = forms.CharField(
        label="Description",
        max_length=5000,
        widget=forms.Textarea,
        help_text="Genre and mood, instrumentation, vocal characteristics, personality.",
    )


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the personas: each entry's `persona_id`."""
    personas = [
        Found(f"{entry_id(entry, index)}.persona_id", Kind.PERSONA, "Persona", index, value=value)
        for index, entry in enumerate(files)
        if (value := text(entry.get("persona_id"))[:300])
    ]
    return personas + read_entries(files, lambda *_: None)


operation = Operation(
    name="generate-persona",
    order=30,
    in_menu=True,
    verb="Make a persona",
    noun="Persona",
    help="Save a song’s voice and style, and use it in new songs.",
    icon="persona",
    form=Form,
    read=read,
    tells=("persona_id",),
    # vidgo-api.md, "Submit": one persona per audio track.
    once_key=once("generate-persona", "task_id", "audio_id"),
)
