"""A form that comes when the sign-in is over or another: it is not sent, and nothing is lost."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studio.models import Task
from studio.operations import OPERATIONS, Operation
from studio.team.unsent import MOST

FORM = "/new/add-instrumental/"
TYPED = {"title": "Low tide", "tags": "slow", "negative_tags": "fast", "style_weight": "0,5"}
OWN = {"Origin": "http://testserver"}
WHO = {"username": "ann", "password": "correct horse battery"}


@pytest.fixture
def browser(ann: User) -> Client:
    """Return a browser whose forms are checked as they are outside of tests."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    return client


def token(client: Client, path: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def typed(page: str) -> bool:
    return all(value in page for value in TYPED.values())


def test_with_another_sign_in_the_form_comes_back_as_it_was_typed(
    browser: Client, ann: User
) -> None:
    old = token(browser, FORM)
    browser.logout()
    browser.force_login(ann)
    browser.cookies["csrftoken"] = "a" * 32

    answer = browser.post(FORM, {**TYPED, "csrfmiddlewaretoken": old}, headers=OWN)

    assert not Task.objects.exists()
    assert answer.status_code == 302
    for _ in ("shown", "and loaded anew"):
        page = browser.get(answer["Location"]).text
        assert typed(page)
    assert "Low tide" not in browser.get(FORM).text


def test_signed_out_the_form_comes_back_after_signing_in(browser: Client) -> None:
    old = token(browser, FORM)
    del browser.cookies["sessionid"]

    gate = browser.post(FORM, {**TYPED, "csrfmiddlewaretoken": old}, headers=OWN)

    assert gate.status_code == 403
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', gate.text))
    fields["unsent"] = fields["unsent"].replace("&quot;", '"')
    wrong = browser.post("/login/", {**fields, **WHO, "password": "wrong"}, headers=OWN)
    assert "Low tide" in wrong.text
    answer = browser.post("/login/", {**fields, **WHO}, headers=OWN)
    page = browser.get(answer["Location"]).text
    assert typed(page)
    assert "nothing was sent" in page
    assert not Task.objects.exists()


def test_what_came_back_is_sent_once_and_then_forgotten(browser: Client) -> None:
    ids = {"upload_url": "https://sounds.example.com/a.mp3"}
    browser.cookies["csrftoken"] = "a" * 32
    back = browser.post(
        FORM, {**TYPED, **ids, "csrfmiddlewaretoken": "a" * 32 + "b" * 32}, headers=OWN
    )["Location"]

    sent = browser.post(
        back, {**TYPED, **ids, "csrfmiddlewaretoken": token(browser, back)}, headers=OWN
    )

    assert sent.status_code == 302
    assert Task.objects.get().input["style_weight"] == 0.5
    assert "Low tide" not in browser.get(back).text


def test_a_strange_page_has_nothing_typed_here(browser: Client) -> None:
    strange = {"Origin": "https://strange.example.com"}

    assert browser.post(FORM, TYPED, headers=strange).status_code == 403
    assert "Low tide" not in browser.get(f"{FORM}?unsent=1").text


@pytest.mark.once
@pytest.mark.parametrize(
    "unsent", ["", "x", "[]", '{"title": 1}', "[" * 50_000, '{"title": ["' + "x" * MOST + '"]}']
)
def test_what_is_no_form_is_no_matter_at_signing_in(browser: Client, unsent: str) -> None:
    given = {**WHO, "next": FORM, "csrfmiddlewaretoken": token(browser, "/login/")}

    answer = browser.post("/login/", {**given, "unsent": unsent}, headers=OWN)

    assert answer["Location"] == FORM


def test_a_password_never_comes_back(browser: Client) -> None:
    answer = browser.post("/account/password/", {"old_password": "secret-word"}, headers=OWN)

    assert answer.status_code == 403
    assert "secret-word" not in answer.text


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_longest_form_is_kept(operation: Operation) -> None:
    fields = operation.form.base_fields.values()

    # A letter can take twelve in JSON: two halves, each six.
    assert 12 * sum(getattr(field, "max_length", None) or 0 for field in fields) < MOST


@pytest.mark.parametrize(
    ("before", "page"),
    [
        ("http://testserver/tasks/?q=low", "/tasks/?q=low"),
        ("https://elsewhere.example/tasks/", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_signed_out_a_button_leads_back_to_its_page(
    client: Client, ann: User, before: str, page: str
) -> None:
    headers = {"Referer": before} if before else {}
    gate = client.post("/tasks/1/restore/", headers=headers)
    shown = client.get(gate["Location"])
    assert "nothing was sent. Sign in, and press again." in shown.text

    answer = client.post("/login/", {**WHO, "next": shown.context["next"]})

    assert answer["Location"] == page
