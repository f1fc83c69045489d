"""Passwords: guesses at the old one end as those at the door do, and no account has a weak one."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

OLD, NEW = "correct horse battery", "quite another thing"
PAGE = "/account/password/"


def change(client: Client, old: str, new: str = NEW, **more: Any) -> int:
    """Send the form for another password. Return the status: 302 if it was changed."""
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(PAGE, form, **more).status_code


def test_guesses_at_the_old_password_end_as_guesses_at_the_door_do(
    ann: User, signed_in: Client
) -> None:
    answers = [change(signed_in, f"guess {i}") for i in range(12)]
    assert answers[:9] == [200] * 9
    assert set(answers[9:]) == {429}
    # Not even the right one is looked at any more, here or there.
    assert change(signed_in, OLD) == 429
    door = Client().post("/login/", {"username": "ann", "password": OLD})
    assert door.status_code == 429
    ann.refresh_from_db()
    assert ann.check_password(OLD)
    # The session goes on, and the page leads back into the studio.
    assert "Back to the studio" in signed_in.post(PAGE, {"old_password": OLD}).text


def test_guesses_from_elsewhere_do_not_keep_the_owner_from_changing_it(
    ann: User, signed_in: Client
) -> None:
    for i in range(12):
        change(signed_in, f"guess {i}", REMOTE_ADDR="198.51.100.1")
    assert change(signed_in, OLD) == 302
    assert signed_in.get("/").status_code == 200


def test_the_admin_has_no_second_way(admin_client: Client) -> None:
    form = {"old_password": "guess", "new_password1": NEW, "new_password2": NEW}
    answer = admin_client.post("/admin/password_change/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)


def test_no_row_of_guesses_keeps_what_was_typed(ann: User, signed_in: Client) -> None:
    change(signed_in, "a very secret guess", "a very secret wish")
    (attempt,) = AccessAttempt.objects.all()
    assert "very secret" not in f"{attempt.get_data}{attempt.post_data}"


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PASSWORD", "abc", "too short"),
        ("PASSWORD", "password1", "too common"),
        ("PASSWORD", "74839201746", "numeric"),
        ("PASSWORD", "bandleader1", "similar to the username"),
        ("USERNAME", "x" * 200, "150 characters"),
        ("USERNAME", "a name", "username"),
        ("EMAIL", "nowhere", "email"),
    ],
)
def test_the_first_account_passes_the_rules_of_any_other(
    name: str, value: str, told: str, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"USERNAME": "bandleader", "PASSWORD": OLD, "EMAIL": ""}
    for key, given in (good | {name: value}).items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{key}", given)
    with pytest.raises(ImproperlyConfigured, match=f"^DJANGO_SUPERUSER_{name} is wrong") as stop:
        call_command("prepare")
    assert told in str(stop.value)
    assert "\n" not in str(stop.value)
    assert name != "PASSWORD" or value not in str(stop.value)
    assert not User.objects.exists()
