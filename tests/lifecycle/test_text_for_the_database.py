"""Text that no column takes (too long, NUL, broken) is refused or cut: never an error of ours."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client

PASSWORD = "correct horse battery"
LONG = "x" * 5000


@pytest.mark.parametrize("name", [LONG, "x" * 151, "\ufdfa" * 150, "a\0b", "\ud800"])
def test_a_name_that_no_account_can_have_is_refused_at_sign_in(name: str, db: None) -> None:
    body = f"username={'%ED%A0%80' if name == chr(0xD800) else name}&password=x"
    answer = Client().post("/login/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text or "error-text" in answer.text
    assert all(len(attempt.username) <= 150 for attempt in AccessAttempt.objects.all())


@pytest.mark.parametrize(
    "header", ["USER_AGENT", "ACCEPT", "X_FORWARDED_FOR", "REFERER", "ACCEPT_LANGUAGE"]
)
@pytest.mark.parametrize("value", [LONG, "\u00ed\u00a0\u0080", "%00"])
def test_headers_of_a_wrong_guess_are_cut(header: str, value: str, ann: User) -> None:
    form = {"username": "ann", "password": "wrong"}
    sent: dict[str, Any] = {f"HTTP_{header}": value}
    answer = Client().post(f"/login/?q={value}", form, **sent)
    assert answer.status_code == 200
    assert AccessAttempt.objects.get().username == "ann"


@pytest.mark.parametrize("key", [LONG, '"\\000aaaaaaaaa"', '"\\377aaaaaaaaa"', "%00aaaaaaaaa"])
def test_a_made_up_session_is_no_session(key: str, db: None) -> None:
    answer = Client().get("/", headers={"cookie": f"sessionid={key}; known={key}; csrftoken={key}"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")
