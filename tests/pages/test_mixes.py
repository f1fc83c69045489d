"""Mixes that the band keeps of a song's stems."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studio.models import Mix, Task
from studio.views.mixes import MOST

pytestmark = pytest.mark.once


@pytest.fixture
def task(make_task: Callable[..., Task]) -> Task:
    """Return a separation."""
    return make_task("upload-and-separate-vocals", audio_url="x")


def test_one_is_kept_under_its_name_and_replaced_under_the_same(
    signed_in: Client, task: Task
) -> None:
    address = f"/tasks/{task.pk}/mixes/"
    given = {"name": "Chorus", "query": "?mix=1:80m,2:100p-30&loop=12.5-30&evil=<b>"}
    page = signed_in.post(address, given)
    assert f'href="/tasks/{task.pk}/?mix=1:80m,2:100p-30&amp;loop=12.5-30"' in page.text
    assert "evil" not in page.text
    signed_in.post(address, {"name": "Chorus", "query": "master=50"})
    assert [(mix.name, mix.query) for mix in Mix.objects.all()] == [("Chorus", "master=50")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": " "}, "Give it a name."),
        ({"name": "x" * 61}, "at most 60"),
        ({"name": "x", "query": "mix=" + "1" * 1000}, "at most 1000"),
        ({"name": "x", "query": "mix=" + "é" * 300}, "at most 1000"),
    ],
)
def test_what_cannot_be_kept_is_told(
    signed_in: Client, task: Task, given: dict[str, str], told: str
) -> None:
    assert told in signed_in.post(f"/tasks/{task.pk}/mixes/", given).text
    assert not Mix.objects.exists()


def test_so_many_are_kept_and_each_can_be_deleted(signed_in: Client, task: Task) -> None:
    address = f"/tasks/{task.pk}/mixes/"
    Mix.objects.bulk_create(Mix(task=task, name=f"{n}", query="master=50") for n in range(MOST))
    assert "Delete one first." in signed_in.post(address, {"name": "One more"}).text
    first = Mix.objects.first()
    assert first
    signed_in.post(f"/mixes/{first.pk}/delete/")
    assert Mix.objects.count() == MOST - 1


def test_what_each_person_left_it_with_is_offered_to_them_alone(
    signed_in: Client, task: Task, django_user_model: type[User]
) -> None:
    address = f"/tasks/{task.pk}/mixes/"
    other = Client()
    other.force_login(django_user_model.objects.create_user("bob"))
    for query in ("?mix=1:80m", "?mix=1:70&evil=1"):
        assert signed_in.post(f"{address}last/", {"query": query}).status_code == 204
    assert other.post(f"{address}last/", {"query": "x" * 1001}).status_code == 400
    assert f'href="/tasks/{task.pk}/?mix=1:70"' in signed_in.get(address).text
    assert "As you left it" not in other.get(address).text
    # As it was at first: there is nothing to come back to.
    signed_in.post(f"{address}last/", {"query": ""})
    assert not Mix.objects.exists()
