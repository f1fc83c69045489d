"""`boost-music-style` (docs.vidgo.ai/api-manual/music-series/boost-music-style): richer styles."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, read_entries
from studio.operations.forms import OperationForm
from studio.vidgo.payloads import text


class Form(OperationForm):
    """A few words of style."""

    wire = ("content",)

    content = forms.CharField(
        label="Styles",
        max_length=1000,
        error_messages={"required": "Say which styles."},
        help_text="Genre, mood, instruments, e.g. “pop, mysterious”.",
    )


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the styles: each entry's `style`."""
    found = [
        Found(f"{index}.style", Kind.WORDS, "Styles", index, data={"title": "", "text": style})
        for index, entry in enumerate(files)
        if (style := text(entry.get("style"))[:5000])
    ]
    return found + read_entries(files, lambda *_: None)


operation = Operation(
    name="boost-music-style",
    order=210,
    verb="Better styles",
    noun="Styles",
    help="A few words of style, spelt out.",
    icon="song",
    form=Form,
    read=read,
    tells=("style",),
    fills=("style", "tags"),
    rewrites=True,
)
