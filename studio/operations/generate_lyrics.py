"""`generate-lyrics` (docs.vidgo.ai/api-manual/music-series/generate-lyrics): words for a song."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, read_entries
from studio.operations.fields import WordsField
from studio.operations.forms import OperationForm
from studio.vidgo.payloads import text

MAX_WORDS = 200
# Characters of one variation that are kept.
MAX_TEXT = 20_000


class Form(OperationForm):
    """What the words are to be about."""

    wire = ("prompt",)

    prompt = WordsField(
        label="What it is about",
        max_length=3000,
        widget=forms.Textarea,
        error_messages={"required": "Say what it is about."},
        help_text="Theme, mood, a story: at most 200 words.",
    )

    def clean_prompt(self) -> str:
        """Return the text; raises ValidationError for one with too many words."""
        prompt = str(self.cleaned_data["prompt"])
        if (count := len(prompt.split())) > MAX_WORDS:
            raise forms.ValidationError(f"At most {MAX_WORDS} words; these are {count}.")
        return prompt


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the variations: entries of `title` and `text`."""
    found = []
    for index, entry in enumerate(files):
        if words := text(entry.get("text"))[:MAX_TEXT]:
            title = text(entry.get("title"))[:200]
            label = title[:100] or f"Lyrics {index + 1}"
            data = {"title": title, "text": words}
            found.append(Found(f"{index}.text", Kind.WORDS, label, index, data=data))
    return found + read_entries(files, lambda *_: None)


operation = Operation(
    name="generate-lyrics",
    order=200,
    verb="Write lyrics",
    noun="Lyrics",
    help="Words for a song, in several variations.",
    icon="song",
    form=Form,
    read=read,
    tells=("text",),
    fills=("prompt", "full_lyrics"),
)
