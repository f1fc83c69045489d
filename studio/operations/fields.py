"""Fields for numbers and dates, as text fields: a browser's own leave out what they cannot read.

What is typed into `<input type="number">` or `type="date"` is an empty value as soon as it is none
to the browser, such as `0,5` where points are written, and `novalidate` lets it go
(https://html.spec.whatwg.org/multipage/input.html#value-sanitization-algorithm).
"""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator

from studio.models import Asset

# What stands before a number's decimals besides a point: a comma, and the Arabic mark.
_MARKS = str.maketrans({",": ".", "٫": "."})


class NumberField(forms.DecimalField):
    """A number with decimals, after a comma or a point."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what a phone shows its keys by."""
        return {**super().widget_attrs(widget), "inputmode": "decimal"}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Return the number, None for nothing typed; raises ValidationError."""
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).translate(_MARKS).strip()
        return super().to_python(value)


class SecondsField(NumberField):
    """A place in a sound in seconds, which can be typed as `62.5` and as `1:02.5`."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Return the seconds, None for nothing typed; raises ValidationError."""
        minutes, colon, seconds = (
            value.strip().partition(":") if isinstance(value, str) else [""] * 3
        )
        if not (colon and minutes.isdecimal() and len(minutes) < 4):
            return super().to_python(value)
        rest = super().to_python(seconds)
        if rest is None or not 0 <= rest < 60:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return 60 * int(minutes) + rest


class WholeNumberField(forms.IntegerField):
    """A number without decimals. `1,000` is refused: it is a thousand to some and one to others."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what a phone shows its keys by."""
        return {**super().widget_attrs(widget), "inputmode": "numeric"}

    def to_python(self, value: Any) -> int | None:
        """Return the number, None for nothing typed; raises ValidationError."""
        if isinstance(value, str) and not set(value).isdisjoint(".,"):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DayField(forms.DateField):
    """A day, written as 2026-11-27 or 27.11.2026."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "Write a day as 2026-11-27 or 27.11.2026."}

    def __init__(self, *, earliest: date, **kwargs: Any) -> None:
        too_early = MinValueValidator(earliest, f"No day before {earliest:%Y-%m-%d}.")
        super().__init__(
            input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"], validators=[too_early], **kwargs
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what says how a day is written."""
        return {**super().widget_attrs(widget), "placeholder": "2026-11-27"}


class WordsField(forms.CharField):
    """A text of several lines. A browser sends each line break as two characters, we as one."""

    def to_python(self, value: Any) -> str | None:
        """Return the text with its line breaks as the API counts them."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text


class ModeField(forms.TypedChoiceField):
    """One of two ways, `true` or `false` on the wire."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=lambda value: value == "true", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return an earlier task's way as the page names it."""
        return str(value).lower() if isinstance(value, bool) else value


class PersonaField(forms.ModelChoiceField):
    """One of the team's personas by its id at Vidgo; empty for none."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Asset.kept.filter(kind=Asset.Kind.PERSONA)
            .exclude(value="")
            .select_related("task__source_track__sound", "task__source_track__image")
            .order_by("-pk"),
            to_field_name="value",
            empty_label="None",
            blank=True,
            required=False,
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        """Return the persona's name and the song that it came from."""
        track = obj.task.source_track
        return f"{obj.name} (from {track.title})" if track else str(obj.name)

    def to_python(self, value: Any) -> Any:
        """Return the persona; two tasks can have told the same one. Raises ValidationError."""
        if value in self.empty_values:
            return None
        found = None
        if isinstance(value, str) and "\x00" not in value:
            found = self.queryset.filter(value=value).first()  # type: ignore[union-attr]
        if found is None:
            raise forms.ValidationError("This persona is not here any more.", code="invalid_choice")
        return found

    def clean(self, value: Any) -> str:
        """Return the persona's id, "" for none."""
        found = super().clean(value)
        return found.value if found else ""
