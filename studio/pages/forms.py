"""The small forms that are no operation's."""

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.http import QueryDict

from studio import operations
from studio.lifecycle import NotPossibleError
from studio.models import Task, Upload
from studio.operations.fields import DayField

MAX_IMPORTS = 50


def first_problem(form: forms.Form) -> str:
    """Return the first sentence about what is wrong in a small form, "" where nothing is."""
    return next((str(error) for errors in form.errors.values() for error in errors), "")


class AdoptForm(forms.Form):
    """A `task_id` for an unconfirmed task."""

    task_id = forms.CharField(
        label="task_id", max_length=200, help_text="As Vidgo's console shows it for this task."
    )

    def given(self) -> str:
        """Return the id; raises NotPossibleError."""
        if not self.is_valid():
            raise NotPossibleError("Give the task_id from Vidgo's console.")
        return str(self.cleaned_data["task_id"])


class ImportForm(forms.Form):
    """One or several `task_id`s of songs made elsewhere."""

    task_id = forms.CharField(
        label="Song ids",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="As Vidgo's console shows them. One per line.",
    )

    def clean_task_id(self) -> list[str]:
        """Return the ids, each once, in the order typed."""
        ids = list(dict.fromkeys(self.cleaned_data["task_id"].replace(",", " ").split()))
        if len(ids) > MAX_IMPORTS:
            raise forms.ValidationError(f"At most {MAX_IMPORTS} at once.")
        if any(len(task_id) > 200 for task_id in ids):
            raise forms.ValidationError("One of these is too long to be a task id.")
        return ids


class MixForm(forms.Form):
    """A name for what is set in a mixer, which is what its address says."""

    NAMES = ("mix", "master", "loop", "pace", "click")

    name = forms.CharField(max_length=60, error_messages={"required": "Give it a name."})
    query = forms.CharField(max_length=1000, required=False)

    def clean_query(self) -> str:
        """Return only what a mixer takes of the address."""
        given = QueryDict(self.cleaned_data["query"].lstrip("?"))
        kept = {name: given[name] for name in self.NAMES if name in given}
        query = urlencode(kept, safe=":,.-")
        # A letter that no mixer writes takes more room than it came in.
        self.fields["query"].run_validators(query)
        return query


class TitleForm(forms.Form):
    """Another title for a recording."""

    title = forms.CharField(
        label="Title",
        max_length=Upload._meta.get_field("title").max_length,
        error_messages={"required": "Give it a title."},
    )


_PEOPLE = get_user_model().objects.order_by("username")


class FilterForm(forms.Form):
    """What the list is narrowed to; all of it stands in the address."""

    q = forms.CharField(label="Search", required=False, max_length=100)
    model = forms.ChoiceField(
        label="What",
        required=False,
        choices=[
            ("", "Everything"),
            *((kind.name, kind.noun) for kind in operations.OPERATIONS.values()),
            (operations.IMPORT.name, operations.IMPORT.noun),
        ],
    )
    status = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any state"), *Task.Status.choices]
    )
    person = forms.ModelChoiceField(
        _PEOPLE,
        label="Who",
        required=False,
        empty_label="Everyone",
    )
    since = DayField(
        label="Since",
        required=False,
        # Long before there was anything to show, and within what every time zone can count.
        earliest=date(2000, 1, 1),
    )

    @property
    def people(self) -> list[tuple[int, str]]:
        """Return who can be chosen: beside what was asked for, all that differs in the form."""
        return [*_PEOPLE.values_list("pk", "username")]
