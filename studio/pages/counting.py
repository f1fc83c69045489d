"""What a band counts by: the tempo, the beats and the key that a page shows of a sound."""

from typing import Any

from django import forms
from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace, Round

from studio.media.rhythm import KEYS
from studio.models import Asset, Preview
from studio.operations.fields import NumberField

# Beats a minute that somebody can play to.
SLOWEST, FASTEST = 20, 400


class RhythmForm(forms.Form):
    """A tempo and a key that are put right by hand."""

    tempo = NumberField(
        label="Tempo",
        min_value=SLOWEST,
        max_value=FASTEST,
        error_messages={
            "required": "Give the tempo in beats a minute.",
            "invalid": "Give the tempo in beats a minute, such as 120.",
            "min_value": f"A tempo is from {SLOWEST} to {FASTEST} beats a minute.",
            "max_value": f"A tempo is from {SLOWEST} to {FASTEST} beats a minute.",
        },
    )
    # The second of the first beat. Only scripts know it: without them the one that was found stays.
    beat = forms.FloatField(min_value=0, max_value=3600, required=False)
    key = forms.ChoiceField(
        label="Key", choices=[("", "Unknown"), *((key, key) for key in KEYS)], required=False
    )


def context(found: "QuerySet[Preview]") -> dict[str, Any]:
    """Return what a page shows of the first of `found` that was listened to."""
    return {"counted": found.filter(tempo__isnull=False).first(), "keys": KEYS}


def words(preview: str) -> tuple[Any, ...]:
    """Return the fields that a sound is found by: "120 bpm", its key, and that as it is typed."""
    whole = Cast(Round(F(f"{preview}__tempo")), IntegerField())
    key = f"{preview}__musical_key"
    typed = Replace(Replace(F(key), Value("♭"), Value("b")), Value("♯"), Value("#"))
    return Concat(Cast(whole, CharField()), Value(" bpm")), key, typed


def of_song(original: Preview | None, stems: list[Asset]) -> Preview | None:
    """Return the preview that says how to count what was taken apart.

    That of the song itself; where it says nothing, that of the drums or of another stem.
    """
    drums_first = sorted(stems, key=lambda stem: "drum" not in stem.label.lower())
    found = [original] if original else []
    found += [stem.preview for stem in drums_first if hasattr(stem, "preview")]
    return next((preview for preview in found if preview.tempo), found[0] if found else None)
