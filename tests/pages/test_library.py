"""The front page: songs and recordings, each once, with what was made of it."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from studio.models import Event, Task, Track, Upload
from studio.pages import shelf

Make = Callable[..., Task]
HTMX = {"HX-Request": "true"}
LINE = re.compile(r'<li id="((?:song|recording)-\d+)".*?</ul>\s*</li>', re.S)
DOOR = re.compile(
    r'<a class="door"\s+href="([^"]*)"(?:\s+data-status="(\w+)")?.*?(?:</svg>|</i></span>)(.*?)'
    r'<span class="unseen">',
    re.S,
)


def lines(page: str) -> dict[str, str]:
    """Return the lines of a page of the library, by what each is of."""
    return {match[1]: match[0] for match in LINE.finditer(page)}


def titles(client: Client, path: str = "/") -> list[str]:
    """Return what a page of the library shows, by title, in order."""
    found = re.findall(
        r'<a href="/(?:songs|recordings)/\d+/"><bdi>([^<]*)</bdi>', client.get(path).text
    )
    return [html.unescape(title) for title in found]


def doors(line: str) -> list[tuple[str, str, str]]:
    """Return where the doors of a line lead, their state and their words."""
    found = DOOR.findall(line)
    return [
        (url, status, " ".join(re.sub("<[^>]+>", "", words).split()))
        for url, status, words in found
    ]


def family(make: Make, title: str, versions: int = 2, **values: Any) -> Task:
    """Make a task that gave so many variations of one song."""
    task = make("finished", operation="generate-music", title=title, **values)
    for order in range(versions):
        name = f"{title} {order}" if order else title
        task.tracks.create(audio_id=f"{title}-{order}", title=name, tags="folk", order=order)
    return task


def recording(title: str, **values: Any) -> Upload:
    """Keep a recording without its file."""
    values.setdefault("duration", 61)
    return Upload.objects.create(
        title=title,
        name=title,
        sha256=uuid.uuid4().hex,
        size=1,
        content_type="audio/mpeg",
        **values,
    )


def test_a_song_stands_once_with_the_way_to_its_versions(signed_in: Client, make: Make) -> None:
    task = family(make, "Open Road", 3)
    first = task.tracks.get(order=0)

    (line,) = lines(signed_in.get("/").text).values()

    assert f'href="/songs/{first.pk}/"><bdi>Open Road</bdi>' in line
    assert doors(line) == [(f"/songs/{first.pk}/#versions", "", "3 versions")]


def test_the_starred_variation_stands_for_its_song(signed_in: Client, make: Make) -> None:
    task = family(make, "Open Road")
    family(make, "Night Bus")
    assert titles(signed_in, "/?kind=starred") == []

    task.tracks.filter(order=1).update(is_starred=True)
    Event.objects.create(text="Starred")

    assert titles(signed_in) == ["Night Bus", "Open Road 1"]
    assert titles(signed_in, "/?kind=starred") == ["Open Road 1"]


def test_of_one_song_one_variation_is_starred(make: Make) -> None:
    task = family(make, "Open Road")
    task.tracks.filter(order=1).update(is_starred=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        task.tracks.filter(order=0).update(is_starred=True)


class TestDoors:
    """What was made of a song or a recording, each kind a door with its state."""

    def line(self, client: Client, place: str) -> list[tuple[str, str, str]]:
        return doors(lines(client.get("/").text)[place])

    def test_each_kind_is_a_door(self, signed_in: Client, make: Make, song: Task) -> None:
        track = song.tracks.get()
        of = {"source_track": track}
        video = make("finished", operation="create-music-video", **of)
        make("failed", operation="create-music-video", **of)
        cover = make("failed", operation="generate-music-cover", **of)
        make("cancelled", operation="generate-persona", **of)
        stems = [make("finished", **of) for _ in range(2)]
        lost = make("unconfirmed", **of)

        found = self.line(signed_in, f"song-{song.pk}")

        assert found == [
            (f"/tasks/{video.pk}/", "finished", "Music video"),
            (f"/tasks/{cover.pk}/", "failed", "Cover: failed"),
            (f"/songs/{track.pk}/#made", "finished", "Stems ×2"),
            (f"/tasks/{lost.pk}/", "unconfirmed", "Stems: needs you"),
        ]
        assert len(stems) == 2

    def test_a_recording_has_them_too(self, signed_in: Client, make: Make) -> None:
        upload = recording("rehearsal-07")
        made = make("running", source_upload=upload)

        assert self.line(signed_in, f"recording-{upload.pk}") == [
            (f"/tasks/{made.pk}/", "running", "Stems: making")
        ]

    def test_what_is_made_of_any_variation_is_on_the_songs_line(
        self, signed_in: Client, make: Make
    ) -> None:
        task = family(make, "Open Road")
        cover = make(
            "finished", operation="generate-music-cover", source_track=task.tracks.get(order=1)
        )

        assert (f"/tasks/{cover.pk}/", "finished", "Cover") in self.line(
            signed_in, f"song-{task.pk}"
        )


class TestTheStripOnTop:
    """What is being made and what needs somebody; nothing where there is nothing."""

    def strip(self, client: Client) -> str:
        return client.get("/").text.partition('id="strip"')[2].partition("</section>")[0]

    def test_it_is_not_there_when_nothing_happens(self, signed_in: Client, make: Make) -> None:
        family(make, "Open Road")
        assert 'id="strip"' not in signed_in.get("/").text

    def test_it_names_what_is_made_and_what_needs_somebody(
        self, signed_in: Client, make: Make
    ) -> None:
        tasks = [make("running", title=f"Making {n}") for n in range(5)]
        lost = make("unconfirmed", title="Lost")

        strip = self.strip(signed_in)

        assert f'href="{lost.get_absolute_url()}"' in strip
        assert [task.get_absolute_url() in strip for task in tasks] == [False, *[True] * 4]
        assert 'href="/tasks/"' in strip

    def test_it_goes_by_itself_when_all_is_ready(self, signed_in: Client, make: Make) -> None:
        family(make, "Open Road")
        task = make("running", title="Making", sent_at=timezone.now() - timedelta(seconds=65))
        first = signed_in.get("/", headers=HTMX)
        assert re.search(r'data-since="[^"]+">1:0\d<', first.text)
        again = {**HTMX, "If-None-Match": first["ETag"]}
        assert signed_in.get("/", headers=again).status_code == 304

        Task.objects.filter(pk=task.pk).update(status="finished")
        Event.objects.create(task=task, text="Ready")

        after = signed_in.get("/", headers=again)
        assert (after.status_code, "<html" in after.text) == (200, False)
        assert 'id="strip"' not in after.text


def test_a_line_that_the_page_has_is_not_sent_again(signed_in: Client, make: Make) -> None:
    task = family(make, "Open Road")
    upload = recording("rehearsal-07")
    first = signed_in.get("/", headers=HTMX).text
    revs = dict(re.findall(r'<li id="((?:song|recording)-\d+)"[^>]*?data-rev="(\w+)"', first))

    shown = ",".join(f"{place}:{rev}" for place, rev in revs.items())
    again = signed_in.get("/", headers={**HTMX, "Shown": shown}).text

    assert set(revs) == {f"song-{task.pk}", f"recording-{upload.pk}"}
    assert again.count("data-stays") == 2
    assert "Open Road" not in again


class TestNarrowed:
    """The library narrowed down and put in order, all in the address."""

    @pytest.fixture(autouse=True)
    def _shelf(self, make: Make, ann: User) -> None:
        bob = User.objects.create_user("bob", first_name="Zoë")
        family(make, "open road", created_by=ann)
        recording("Éclair", created_by=bob, tags="shoegaze")
        task = family(make, "Night Bus", created_by=bob)
        task.tracks.filter(order=1).update(tags="bossa nova")

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/", ["Night Bus", "Éclair", "open road"]),
            ("/?order=oldest", ["open road", "Éclair", "Night Bus"]),
            ("/songs/", ["Night Bus", "open road"]),
            ("/recordings/", ["Éclair"]),
            ("/recordings/?q=bus", []),
            ("/songs/?order=oldest", ["open road", "Night Bus"]),
            ("/?q=ZOE", ["Night Bus", "Éclair"]),
            ("/?q=ann", ["open road"]),
            ("/?q=eclair", ["Éclair"]),
            ("/?q=bossa", ["Night Bus"]),
            ("/?q=zoe+shoegaze", ["Éclair"]),
            ("/?q=nothing", []),
            ("/?kind=starred", []),
            ("/?kind=nonsense&order=nonsense", ["Night Bus", "Éclair", "open road"]),
        ],
    )
    def test_the_library_shows(self, signed_in: Client, path: str, expected: list[str]) -> None:
        assert titles(signed_in, path) == expected

    def test_titles_go_from_a_to_z_whatever_their_case(self, signed_in: Client) -> None:
        assert titles(signed_in, "/songs/?order=title") == ["Night Bus", "open road"]

    @pytest.mark.parametrize(
        "query",
        [
            *("at=x", "at=1", "at=.", "at=1.2.3.4", "at=-1.-1", "at=1.1.a%00b", "q=a%00b"),
            *(
                "at=99999999999999999999.1",
                "at=" + "9" * 5000,
                "q=" + "x" * 5000,
                "order=title&at=1.1",
            ),
        ],
    )
    def test_whatever_stands_in_the_address_is_no_error(
        self, signed_in: Client, query: str
    ) -> None:
        for path in ("/", "/songs/", "/recordings/"):
            assert signed_in.get(f"{path}?{query}").status_code == 200

    def test_what_was_looked_for_is_still_there(self, signed_in: Client) -> None:
        page = signed_in.get("/?q=bossa&order=title").text

        assert 'value="bossa"' in page
        assert re.search(r'<option value="title"\s+selected', page)


@pytest.mark.parametrize("order", ["", "oldest", "title"])
def test_each_stands_on_one_page_while_others_come(
    signed_in: Client, make: Make, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(shelf, "PAGE", 7)
    monkeypatch.setattr("studio.pages.library.PAGE", 7)
    for number in range(9):
        family(make, f"Song {number % 3}", 1)
        recording(f"Song {number % 4}")
    expected = set(lines(signed_in.get("/").text))
    places = [f"song-{pk}" for pk in Track.objects.values_list("task", flat=True)]
    places += [f"recording-{pk}" for pk in Upload.objects.values_list("pk", flat=True)]

    seen: list[str] = []
    address, page = f"/?order={order}", ""
    while address:
        page = signed_in.get(address).text
        seen += lines(page)
        # What comes meanwhile moves nothing on the pages below.
        if order == "":
            family(make, "Song 1", 1)
        found = re.search(r'href="(\?[^"]*at=[^"]*)"', page)
        address = "/" + html.unescape(found[1]) if found else ""

    assert expected <= set(seen)
    assert sorted(seen) == sorted(places)


def test_where_the_list_of_tasks_was_the_way_to_it_goes_on(signed_in: Client, ann: User) -> None:
    answer = signed_in.get(f"/?status=running&q=bus&person={ann.pk}")

    assert answer.status_code == 302
    assert answer["Location"] == f"/tasks/?status=running&q=bus&person={ann.pk}"


def test_a_newcomer_is_welcome(signed_in: Client, song: Task) -> None:
    """Songs from elsewhere are what one begins with, not yet work of the band."""
    assert 'id="welcome"' in signed_in.get("/").text
    assert titles(signed_in, "/songs/") == ["Harbour Lights"]

    recording("rehearsal-07")
    Event.objects.create(text="Something")

    assert titles(signed_in) == ["rehearsal-07", "Harbour Lights"]


def test_a_recording_nobody_said_yes_to_is_not_on_the_shelf(signed_in: Client, ann: User) -> None:
    upload = recording("Asked", question="Is it yours?", created_by=None)

    assert titles(signed_in, "/recordings/") == []
    assert signed_in.get(f"/recordings/{upload.pk}/").status_code == 404


def test_a_result_leads_back_to_where_it_came_from(
    signed_in: Client, make: Make, song: Task
) -> None:
    track, upload = song.tracks.get(), recording("rehearsal-07")
    stem = make("finished", source_upload=upload).assets.create(
        key="v", kind="stem", label="Vocals"
    )

    for source, address in (
        ({"source_track": track}, f"/songs/{track.pk}/"),
        ({"source_upload": upload}, f"/recordings/{upload.pk}/"),
        ({"source_stem": stem}, f"/tasks/{stem.task_id}/"),
    ):
        page = signed_in.get(make("finished", **source).get_absolute_url()).text
        assert f'href="{address}"' in page.partition('id="task-head"')[2].partition("</section>")[0]
