"""What is wrong with a form as it was sent, listed on top with links to the fields."""

from dataclasses import dataclass

from django.forms import BaseForm, BoundField

# They are chosen in one place of the page.
_SOURCES = {"file", "upload", "track", "stem"}
# The id of that place, and of the box that says yes to a question.
SOURCES = "sources"


@dataclass(frozen=True)
class Problem:
    """One sentence; `anchor` is the id of the control it speaks of, "" for the whole form."""

    text: str
    label: str = ""
    anchor: str = ""


def problems(form: BaseForm) -> list[Problem]:
    """Return what is wrong with the whole form, then field by field in the page's order."""
    found = [Problem(str(error)) for error in form.non_field_errors()]
    for field in form:
        found += [_of(field, str(error)) for error in field.errors]
    return sorted(found, key=lambda one: bool(one.anchor) and one.anchor != SOURCES)


def _of(field: BoundField, text: str) -> Problem:
    if field.name in _SOURCES:
        return Problem(text, anchor=SOURCES)
    if field.is_hidden:
        return Problem("This page is not as it was. Load it anew, and send it once more.")
    return Problem(text, str(field.label), field.auto_id)
