"""A song's versions stand together; one of them is starred, and the others fold away."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from studio.models import Task, Track

Make = Callable[..., Task]
DOOR = re.compile(r'<a class="door"\s+href="([^"]+)"')


def family(make: Make, **values: Any) -> list[Track]:
    """Make a song of two variations; return them."""
    task = make("finished", operation="generate-music", title="Open Road", **values)
    for order in range(2):
        task.tracks.create(audio_id=f"{task.pk}-{order}", title="Open Road", order=order)
    return list(task.tracks.order_by("order"))


def star(client: Client, track: Track, value: str = "1") -> Any:
    return client.post(f"/songs/{track.pk}/star/", {"starred": value})


def versions(client: Client, track: Track) -> tuple[list[str], list[str]]:
    """Return the names of the versions that a song's page shows, and of those folded away."""
    page = client.get(f"/songs/{track.pk}/").text
    section = page.partition('id="versions"')[2].partition("</section>")[0]
    found = []
    for part in section.partition("<details")[::2]:
        titles = re.findall(r'class="row-title">(.*?)</h3>', part, re.S)
        found.append([" ".join(re.sub("<[^>]+>", "", title).split()) for title in titles])
    return found[0], found[1]


def test_all_versions_stand_together(signed_in: Client, make: Make) -> None:
    first, second = family(make)
    longer = make("finished", operation="extend-music", source_track=first)
    extended = longer.tracks.create(audio_id="e", title="Open Road, longer")
    gone = make(operation="extend-music", source_track=first, deleted_at=longer.created_at)
    gone.tracks.create(audio_id="g", title="Thrown away")

    assert versions(signed_in, first) == (["Version 1", "Version 2", "Extension"], [])
    assert versions(signed_in, second) == (["Version 1", "Version 2", "Extension"], [])
    assert versions(signed_in, extended) == (["New song", "Version 1"], [])
    page = signed_in.get(f"/songs/{first.pk}/").text
    assert f'href="/songs/{second.pk}/">Version 2' in page
    assert "Open Road, longer" in page


def test_a_song_of_one_version_says_nothing_of_versions(signed_in: Client, song: Task) -> None:
    assert 'id="versions"' not in signed_in.get(f"/songs/{song.tracks.get().pk}/").text


def test_the_others_fold_away_behind_the_starred(signed_in: Client, make: Make, ann: User) -> None:
    first, second = family(make)

    assert star(signed_in, second)["Location"] == f"/songs/{second.pk}/"

    assert versions(signed_in, second) == (["Version 2"], ["Version 1"])
    # The one that is looked at is never folded.
    assert versions(signed_in, first) == (["Version 1", "Version 2"], [])
    event = first.task.events.latest("pk")
    assert (event.text, event.actor) == ("Starred: version 2", ann)


def test_one_star_a_song_and_pressed_twice_it_is_the_same(signed_in: Client, make: Make) -> None:
    first, second = family(make)
    for track in (second, first, first):
        star(signed_in, track)

    assert Track.objects.get(is_starred=True) == first
    assert first.task.events.filter(text__startswith="Starred").count() == 2

    star(signed_in, first, "0")
    assert not Track.objects.filter(is_starred=True).exists()
    assert first.task.events.latest("pk").text == "No longer starred: version 1"


def test_a_viewer_sees_the_star_and_gives_none(client: Client, make: Make) -> None:
    first, second = family(make)
    Track.objects.filter(pk=second.pk).update(is_starred=True)
    client.force_login(User.objects.create_user("vera"))

    assert star(client, first).status_code == 403
    page = client.get(f"/songs/{first.pk}/").text
    assert "/star/" not in page
    assert "Starred" in page


def test_a_star_on_nothing_is_not_found(signed_in: Client) -> None:
    assert signed_in.post("/songs/999999/star/", {"starred": "1"}).status_code == 404
    assert signed_in.get("/songs/999999/star/").status_code == 405


def test_what_a_song_became_has_doors_on_its_page(signed_in: Client, make: Make) -> None:
    first, second = family(make)
    video = make("finished", operation="create-music-video", source_track=first)
    stems = [make("finished", source_track=first) for _ in range(2)]
    covers = [make(operation="generate-music-cover", source_track=each) for each in (first, second)]

    page = signed_in.get(f"/songs/{first.pk}/").text

    assert DOOR.findall(page) == [
        f"/tasks/{video.pk}/",
        # No page shows what both variations became.
        f"/tasks/{covers[1].pk}/",
        f"/songs/{first.pk}/#made",
    ]
    made = page.partition('id="made"')[2]
    assert all(f'id="task-{task.pk}"' in made for task in stems)


def test_two_results_of_one_kind_are_told_apart(signed_in: Client, make: Make) -> None:
    (first, _) = family(make)
    given = ({"output_type": "drums", "title": "One"}, {"output_type": "bass", "title": "Two"})
    for each in given:
        make("finished", source_track=first, input=each)
    make("finished", operation="create-music-video", source_track=first, input={"author": "Ann"})

    made = signed_in.get(f"/songs/{first.pk}/").text.partition('id="made"')[2]

    assert "Stems: Drums" in made
    assert "Stems: Bass" in made
    # What is alone of its kind needs nothing.
    assert "Ann" not in made
