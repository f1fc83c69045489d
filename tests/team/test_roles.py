"""Accounts: how they are made, what each role sees, what a password change ends."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studio.models import Task
from studio.team import roles

PASSWORD = "correct horse battery"


@pytest.fixture
def chief(db: None) -> User:
    """An administrator."""
    return User.objects.create_superuser("chief", password=PASSWORD)


@pytest.fixture
def office(chief: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(chief)
    return client


def of(name: str, role: roles.Role) -> Client:
    """Return the browser of a new account."""
    user = User.objects.create_user(name, password=PASSWORD)
    roles.give(user, role)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", roles.Role.values)
def test_an_administrator_makes_an_account_of_each_role(office: Client, role: str) -> None:
    form = {"username": "dan", "role": role, "usable_password": "true"}
    form |= {"password1": "a long enough one", "password2": "a long enough one"}
    assert office.post("/admin/auth/user/add/", form).status_code == 302
    dan = User.objects.get(username="dan")
    assert roles.role_of(dan) == role
    assert dan.check_password("a long enough one")


def test_an_administrator_changes_a_role(office: Client) -> None:
    of("dan", roles.Role.ADMINISTRATOR)
    dan = User.objects.get(username="dan")
    change(office, dan, role="viewer", is_active="on")
    dan.refresh_from_db()
    assert roles.role_of(dan) == roles.Role.VIEWER
    assert not any((dan.is_staff, dan.is_superuser))
    assert not dan.get_all_permissions()


def test_an_account_that_is_switched_off_is_out_at_once(office: Client) -> None:
    client = of("dan", roles.Role.MEMBER)
    change(office, User.objects.get(username="dan"), role="member")
    assert client.get("/").status_code == 302


def test_an_administrator_cannot_lock_themselves_out(office: Client, chief: User) -> None:
    change(office, chief, role="viewer")
    assert office.get("/admin/").status_code == 200


def test_an_account_without_any_role_can_only_look(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("somebody"))
    assert client.get("/").status_code == 200
    assert client.get("/new/create-music-video/").status_code == 403
    assert client.post("/songs/import/", {"task_id": "x"}).status_code == 403


def test_a_viewer_is_offered_nothing_that_is_not_theirs(make_task: Any, ann: User) -> None:
    task = make_task(user=ann)
    viewer, member = of("vera", roles.Role.VIEWER), of("mona", roles.Role.MEMBER)
    for path in ("/", "/tasks/", f"/tasks/{task.pk}/", "/songs/", "/personas/"):
        page = viewer.get(path).text
        assert "/new/" not in page, path
        assert "/songs/import/" not in page, path
        assert "/cancel/" not in page, path
        assert "/admin/" not in page, path
    assert "/cancel/" in member.get(f"/tasks/{task.pk}/").text
    assert "/new/" in member.get("/").text


def test_one_login_shared_by_the_whole_team_works_in_several_browsers(ann: User) -> None:
    browsers = [Client() for _ in range(5)]
    for browser in browsers:
        browser.post("/login/", {"username": "ann", "password": PASSWORD})
    assert [browser.get("/").status_code for browser in browsers] == [200] * 5


def test_a_password_change_ends_the_other_sessions(ann: User) -> None:
    here, there = Client(), Client()
    for browser in (here, there):
        browser.post("/login/", {"username": "ann", "password": PASSWORD})
    assert "Change your password" in here.get("/account/password/").text
    form = {"old_password": PASSWORD, "new_password1": "quite another thing"}
    form["new_password2"] = form["new_password1"]
    assert here.post("/account/password/", form).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").headers["Location"].startswith("/login/")


def test_a_weak_or_wrong_password_changes_nothing(ann: User, signed_in: Client) -> None:
    for old, new in ((PASSWORD, "password"), ("wrong", "quite another thing")):
        form = {"old_password": old, "new_password1": new, "new_password2": new}
        assert signed_in.post("/account/password/", form).status_code == 200
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_an_administrator_sets_a_new_password_and_the_old_sessions_end(
    office: Client, ann: User, signed_in: Client
) -> None:
    form = {"password1": "quite another thing", "password2": "quite another thing"}
    form |= {"usable_password": "true", "set-password": "Change password"}
    path = f"/admin/auth/user/{ann.pk}/password/"
    assert office.post(path, form).status_code == 302
    assert signed_in.get("/").status_code == 302


def test_an_administrator_lets_a_locked_name_in_again(office: Client, ann: User) -> None:
    for i in range(10):
        Client().post("/login/", {"username": "ann", "password": f"guess {i}"})
    right = {"username": "ann", "password": PASSWORD}
    assert Client().post("/login/", right).status_code == 429
    office.post("/admin/auth/user/", {"action": "let_in", "_selected_action": ann.pk})
    assert Client().post("/login/", right).status_code == 302


def test_what_a_person_did_keeps_their_name_after_they_left(office: Client, ann: User) -> None:
    assert office.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ann.pk).exists()
    assert not Task.objects.exists()


def change(office: Client, user: User, **form: str) -> None:
    """Save the admin's form of an account."""
    form = {"username": user.username, "date_joined_0": "2026-01-01", **form}
    assert office.post(f"/admin/auth/user/{user.pk}/change/", form).status_code == 302
