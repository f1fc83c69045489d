"""The pages: who may see them, what list and detail show, and how they refresh."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio import lifecycle
from studio.models import Asset, Event, Task, Track
from studio.operations import OPERATIONS
from studio.pages import search
from studio.team import roles
from tests.pages.test_library import recording
from tests.timing import forget

STATUSES = (
    "pending",
    "not_started",
    "running",
    "finished",
    "failed",
    "cancelled",
    "unconfirmed",
)
HTMX = {"HX-Request": "true"}
Make = Callable[..., Task]


def shown(client: Client, path: str) -> list[str]:
    """Return the tasks that a list shows, by their titles, in order."""
    page = client.get(path).content.decode()
    assert "</html>" in page
    return re.findall(r'<a href="/tasks/\d+/"><bdi>([^<]*)</bdi>', page)


PAGES = (
    "/",
    "/tasks/",
    "/tasks/{task}/",
    *(f"/new/{model}/" for model in OPERATIONS),
    "/songs/",
    "/songs/import/",
    "/songs/{track}/",
    "/personas/",
)
ACTIONS = tuple(
    f"/tasks/{{task}}/{name}/"
    for name in ("cancel", "ask", "adopt", "send-again", "give-up", "save-again")
)


def filled(path: str, song: Task, **more: object) -> str:
    return path.format(task=song.pk, track=song.tracks.get().pk, **more)


@pytest.mark.once
@pytest.mark.parametrize("path", [*PAGES, *ACTIONS, "/new/", "/tasks/{task}/files.zip"])
def test_a_stranger_is_sent_to_the_login(client: Client, song: Task, path: str) -> None:
    address = filled(path, song)

    read, sent = client.get(address), client.post(address)

    assert (read.status_code, sent.status_code) == (302, 302)
    assert read["Location"] == f"/login/?next={address}"
    # What is only sent has no page: it is the one before that is led back to.
    assert sent["Location"] == "/login/?next=%2F&ended=1"


@pytest.mark.once
def test_a_stranger_does_not_learn_which_pages_exist(client: Client, db: None) -> None:
    for path in ("/tasks/999999/", "/songs/999999/", "/new/no-such-thing/"):
        assert client.get(path)["Location"] == f"/login/?next={path}"


@pytest.mark.once
def test_the_login_leads_to_the_list_and_out_again(client: Client, ann: User) -> None:
    page = client.get("/login/")
    assert page.status_code == 200

    wrong = client.post("/login/", {"username": "ann", "password": "wrong"})
    assert wrong.status_code == 200

    right = client.post("/login/", {"username": "ann", "password": "correct horse battery"})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert client.get("/").status_code == 200

    client.post("/logout/")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_and_is_only_read(signed_in: Client, song: Task, path: str) -> None:
    address = filled(path, song)

    assert signed_in.get(address).status_code == 200
    assert signed_in.head(address).status_code == 200
    assert signed_in.put(address).status_code == 405


@pytest.mark.parametrize("path", PAGES[:3])
def test_every_page_opens_when_there_is_nothing_yet(signed_in: Client, path: str) -> None:
    assert signed_in.get(path.format(task=1)).status_code in (200, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/999999/",
        "/tasks/99999999999999999999999/",
        "/songs/999999/",
        "/songs/99999999999999999999999/",
        "/new/no-such-thing/",
        "/new/import-song/",
        "/tasks/x/",
        "/nothing/",
        "/media/99999999999999999999999/",
    ],
)
def test_what_is_not_there_is_not_found(signed_in: Client, path: str) -> None:
    answer = signed_in.get(path)

    assert answer.status_code == 404
    assert "</html>" in answer.content.decode()


@pytest.mark.once
@pytest.mark.parametrize("path", ACTIONS)
def test_an_action_is_no_link(signed_in: Client, song: Task, path: str) -> None:
    answer = signed_in.get(filled(path, song))

    assert answer.status_code == 405
    song.refresh_from_db()
    assert song.status == "finished"


@pytest.mark.parametrize("path", ACTIONS)
def test_an_action_on_no_task_is_not_found(signed_in: Client, path: str) -> None:
    assert signed_in.post(path.format(task=999999)).status_code == 404


@pytest.mark.once
def test_an_action_wants_the_pages_own_token(ann: User, make: Make) -> None:
    task = make("pending")
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(ann)

    assert stranger.post(f"/tasks/{task.pk}/cancel/").status_code == 403

    task.refresh_from_db()
    assert task.status == "pending"


@pytest.mark.parametrize("status", STATUSES)
def test_list_and_detail_carry_the_status(signed_in: Client, make: Make, status: str) -> None:
    task = make(status, operation="add-instrumental", vidgo_id="t" if status != "pending" else None)

    for path in ("/tasks/", f"/tasks/{task.pk}/"):
        page = signed_in.get(path).content.decode()
        assert re.findall(r'data-status="([^"]*)"', page) == [status], path


@pytest.mark.parametrize("model", [*OPERATIONS, "import-song"])
def test_every_operation_shows_in_every_state(signed_in: Client, make: Make, model: str) -> None:
    tasks = [make(status, operation=model, error="Because.") for status in STATUSES]

    assert signed_in.get("/tasks/").status_code == 200
    for task in tasks:
        assert signed_in.get(f"/tasks/{task.pk}/").status_code == 200


AWKWARD = ("<script>alert(1)</script>", "שיר ערב", "🎹" * 200, "a" * 200, "x\u202eevil", "&amp;")


@pytest.mark.once
@pytest.mark.parametrize("title", AWKWARD)
def test_whatever_a_title_holds_is_text(signed_in: Client, make: Make, title: str) -> None:
    task = make("finished", title=title, error=title, input={"title": title})
    task.tracks.create(audio_id="a", title=title, tags=title, prompt=title)

    for path in (
        "/",
        "/tasks/",
        f"/tasks/{task.pk}/",
        "/songs/",
        f"/songs/{task.tracks.get().pk}/",
    ):
        page = signed_in.get(path).content.decode()
        assert "<script>alert" not in page
        assert title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


class TestFilters:
    """The list narrowed down; all of it stands in the address."""

    @pytest.fixture(autouse=True)
    def _tasks(self, make: Make, ann: User, song: Task) -> None:
        bob = User.objects.create_user("bob")
        song.delete()
        old = make("failed", title="Old drums", created_by=ann, operation="add-instrumental")
        Task.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
        make("finished", title="Night Bus", created_by=bob, vidgo_id="task-unified-77")
        make("running", title="Open Road 🎹", created_by=ann, operation="create-music-video")
        # Named after it was made.
        User.objects.filter(username="bob").update(first_name="Zoë", last_name="Ångström")

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("", ["Open Road 🎹", "Night Bus", "Old drums"]),
            ("q=night", ["Night Bus"]),
            ("q=unified-77", ["Night Bus"]),
            ("q=bob", ["Night Bus"]),
            ("q=bo", ["Night Bus"]),
            ("q=zoe+ANGSTROM", ["Night Bus"]),
            ("q=STEMS", ["Night Bus"]),
            ("q=bus+night", ["Night Bus"]),
            ("q=night+road", []),
            ("q=task-unified-77", ["Night Bus"]),
            ("q=d", ["Old drums"]),
            ("q=o", ["Open Road 🎹", "Old drums"]),
            ("q=%F0%9F%8E%B9+road", ["Open Road 🎹"]),
            ("q=%22night", []),
            ("q=nigh_", []),
            ("q=%F0%9F%8E%B9", ["Open Road 🎹"]),
            ("q=nothing", []),
            ("q=%25", []),
            ("model=add-instrumental", ["Old drums"]),
            ("status=running", ["Open Road 🎹"]),
            ("status=failed&model=create-music-video", []),
            ("q=d&status=failed", ["Old drums"]),
            ("since=2100-01-01", []),
            ("since=2000-01-01", ["Open Road 🎹", "Night Bus", "Old drums"]),
            ("since=31.12.2099", []),
            ("since=1.2.2000", ["Open Road 🎹", "Night Bus", "Old drums"]),
            ("since=soon&q=night", ["Night Bus"]),
        ],
    )
    def test_the_list_is_narrowed_by(
        self, signed_in: Client, query: str, titles: list[str]
    ) -> None:
        assert shown(signed_in, f"/tasks/?{query}") == titles

    @pytest.mark.parametrize("typed", ["soon", "31.02.2026", "1999-12-31", "03/04/2026"])
    def test_a_day_that_is_none_is_told_beside_what_was_typed(
        self, signed_in: Client, typed: str
    ) -> None:
        page = signed_in.get("/tasks/", {"since": typed}).text

        assert f'value="{typed}"' in page
        assert 'id="id_since_error"' in page

    def test_everybody_sees_what_they_look_for_themselves(self, signed_in: Client) -> None:
        for q in ("night", "road"):
            assert f'value="{q}"' in signed_in.get(f"/tasks/?q={q}").text
        before = self._people(signed_in)
        User.objects.create_user("aaron")
        User.objects.get(username="ann").save()

        assert before == ["ann", "bob"]
        assert self._people(signed_in) == ["aaron", "ann", "bob"]
        # Another of the same name.
        User.objects.get(username="bob").delete()
        again = User.objects.create_user("bob")
        assert f'<option value="{again.pk}">bob</option>' in signed_in.get("/tasks/").text

    def _people(self, client: Client) -> list[str]:
        choice = client.get("/tasks/").text.partition('name="person"')[2].partition("</select>")[0]
        return re.findall(r"<option[^>]*>([^<]+)</option>", choice)[1:]

    def test_the_list_is_narrowed_by_person_and_day(self, signed_in: Client, ann: User) -> None:
        yesterday = (timezone.now() - timedelta(days=1)).date()

        assert shown(signed_in, f"/tasks/?person={ann.pk}") == ["Open Road 🎹", "Old drums"]
        assert shown(signed_in, f"/tasks/?person={ann.pk}&since={yesterday}") == ["Open Road 🎹"]

    @pytest.mark.parametrize(
        "query",
        [
            "status=nonsense",
            "model=x",
            "person=99999999999999999999",
            "person=x",
            "since=yesterday",
            "since=9999-12-31",
            "since=0001-01-01",
            "before=x",
            "before=99999999999999999999",
            "before=-1",
            "before=%C2%B2",
            "q=" + "x" * 5000,
            "q=a%00b",
            "status=running&status=failed",
        ],
    )
    def test_a_filter_that_is_none_is_no_error(self, signed_in: Client, query: str) -> None:
        assert signed_in.get(f"/tasks/?{query}").status_code == 200

    @pytest.mark.parametrize("q", ["%00", "a%00b", "x" * 5000, "%F0%9F%8E%B9", "%25_"])
    def test_whatever_is_searched_among_the_songs_is_no_error(
        self, signed_in: Client, q: str
    ) -> None:
        assert signed_in.get(f"/songs/?q={q}").status_code == 200


def test_a_task_is_found_by_what_became_of_it_and_what_it_is_made_from(
    signed_in: Client, make: Make, song: Task
) -> None:
    track = song.tracks.get()
    given = {"task_id": "song-1", "audio_id": "audio-1"}
    wish = lifecycle.Wish("create-music-video", given, source_track=track)
    task = lifecycle.create(wish, user=None)[0]
    path = f"/tasks/{task.pk}/"
    assert path in signed_in.get("/tasks/?q=harbour+video").content.decode()

    lifecycle.cancel(task.pk, None)
    track.title = "Low Tide"
    track.save()
    failed = make("failed", title="Slow", error="The sound is too short.")

    assert path not in signed_in.get("/tasks/?q=harbour+video").content.decode()
    assert path in signed_in.get("/tasks/?q=tide+video").content.decode()
    assert shown(signed_in, "/tasks/?q=too+short") == ["Slow"]
    failed.delete()
    assert shown(signed_in, "/tasks/?q=too+short") == []


def test_a_task_whose_id_comes_late_is_found_by_it(signed_in: Client, make: Make) -> None:
    task = make("failed", title="Given up", sent_at=timezone.now())
    assert shown(signed_in, "/tasks/?q=late-1") == []

    lifecycle.receive(task.pk, json.dumps({"task_id": "late-1", "status": "running"}), "callback")

    assert shown(signed_in, "/tasks/?q=late-1") == ["Given up"]


def test_of_much_that_needs_somebody_the_newest_is_shown(signed_in: Client, make: Make) -> None:
    tasks = [make("unconfirmed", title=f"Unknown {n}") for n in range(20)]
    unsaved = make("finished", title="Not saved")
    unsaved.assets.create(kind="audio", state="failed", url="https://example.com/a.mp3")

    needy = signed_in.get("/tasks/").text.partition('id="rows-title"')[0]

    assert unsaved.get_absolute_url() in needy
    assert tasks[1].get_absolute_url() in needy
    assert tasks[0].get_absolute_url() not in needy


@pytest.mark.parametrize("q", ["drums", "old", "o", "stems+drums"])
def test_what_is_long_past_is_found_among_many(
    signed_in: Client, make: Make, monkeypatch: pytest.MonkeyPatch, q: str
) -> None:
    monkeypatch.setattr(search, "NEAR", 3)
    make("failed", title="Old drums")
    for number in range(8):
        make(title=f"Night {number}")

    assert shown(signed_in, f"/tasks/?q={q}") == ["Old drums"]
    assert shown(signed_in, f"/tasks/?q={q}&status=failed") == ["Old drums"]
    assert shown(signed_in, f"/tasks/?q={q}&status=finished") == []


@pytest.mark.parametrize("since", ["", "x", "nan", "inf", "1e308", "-62135596800", "0", "9" * 400])
def test_whatever_moment_news_are_asked_for_since_is_no_error(
    signed_in: Client, since: str
) -> None:
    assert signed_in.get(f"/news.json?since={since}").status_code == 200


@pytest.mark.parametrize("name", ["track_q", "upload_q"])
def test_whatever_is_searched_in_a_form_is_no_error(signed_in: Client, name: str) -> None:
    assert signed_in.get(f"/new/add-instrumental/?{name}=a%00b").status_code == 200


def test_older_pages_go_on_where_the_last_one_ended(signed_in: Client, make: Make) -> None:
    for number in range(65):
        make(title=f"Task {number}")

    first = shown(signed_in, "/tasks/?model=upload-and-separate-vocals")
    page = signed_in.get("/tasks/?model=upload-and-separate-vocals").content.decode()
    seen, pages = first, 1
    while match := re.search(r'href="(\?[^"]*before=\d+)"', page):
        address = "/tasks/" + match.group(1).replace("&amp;", "&")
        assert "model=upload-and-separate-vocals" in address
        # New tasks at the top move nothing on the pages below.
        make(title="New")
        seen, pages = seen + shown(signed_in, address), pages + 1
        page = signed_in.get(address).content.decode()

    assert pages == 3
    assert seen == [f"Task {number}" for number in reversed(range(65))]


@pytest.mark.parametrize("path", ["/", "/tasks/", "/tasks/{}/"])
def test_a_refresh_gets_the_part_alone_and_nothing_while_nothing_changed(
    signed_in: Client, make: Make, path: str
) -> None:
    task = make("running", title="Night Bus", vidgo_id="t")
    address = path.format(task.pk)

    first = signed_in.get(address, headers=HTMX)
    part = first.content.decode()
    assert first.status_code == 200
    assert 'data-status="running"' in part
    assert "<html" not in part

    again = {**HTMX, "If-None-Match": first["ETag"]}
    unchanged = signed_in.get(address, headers=again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["ETag"] == first["ETag"]

    Event.objects.create(task=task, text="Something new")
    changed = signed_in.get(address, headers=again)
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


class TestAChangedList:
    """What an open list gets when something has changed: the changed lines alone."""

    LINE = re.compile(r'<li id="task-(\d+)"[^>]*?data-rev="(\w+)"( data-stays></li>)?')

    def lines(
        self, client: Client, path: str = "/tasks/", shown: str = ""
    ) -> dict[int, tuple[str, bool]]:
        """Return each line's revision and whether it came whole, in the order of the list."""
        part = client.get(path, headers={**HTMX, "Shown": shown}).content.decode()
        return {int(pk): (rev, not stays) for pk, rev, stays in self.LINE.findall(part)}

    def shown(self, lines: dict[int, tuple[str, bool]]) -> str:
        return ",".join(f"{pk}:{rev}" for pk, (rev, _) in lines.items())

    def test_lines_that_the_page_has_are_not_sent_again(
        self, signed_in: Client, make: Make
    ) -> None:
        tasks = [make("running", title=f"Task {n}") for n in range(4)]
        first = self.lines(signed_in)
        assert [whole for _, whole in first.values()] == [True] * 4

        tasks[0].status = "finished"
        tasks[0].save()
        tasks[1].delete()
        new = make("pending", title="New")
        second = self.lines(signed_in, shown=self.shown(first))

        # The order is the list's, whatever came whole.
        assert list(second) == [new.pk, tasks[3].pk, tasks[2].pk, tasks[0].pk]
        assert [whole for _, whole in second.values()] == [True, False, False, True]

    @pytest.mark.parametrize("known", ["", ",", "x", "1", "1:", ":abc", "1:abc,2:abc", "1:abc:abc"])
    def test_a_page_that_has_something_else_gets_it_whole(
        self, signed_in: Client, make: Make, known: str
    ) -> None:
        make("running")

        assert [whole for _, whole in self.lines(signed_in, shown=known).values()] == [True]

    def test_a_page_without_its_script_always_gets_the_whole_list(
        self, signed_in: Client, make: Make
    ) -> None:
        make("running", title="Night Bus")
        known = self.shown(self.lines(signed_in))

        page = signed_in.get("/tasks/", headers={"Shown": known}).content.decode()
        assert "Night Bus" in page

    def test_whatever_a_line_shows_makes_it_another(
        self, signed_in: Client, make: Make, ann: User, song: Task
    ) -> None:
        track = song.tracks.get()
        task = make("finished", created_by=ann, source_track=track)
        seen = set()
        tag = ""

        def hear(song: Task, file: dict[str, str]) -> None:
            body = {"task_id": song.vidgo_id, "status": "finished", "files": [file]}
            lifecycle.receive(song.pk, json.dumps(body), "query")

        def look() -> None:
            nonlocal tag
            answer = signed_in.get("/tasks/", headers={**HTMX, "If-None-Match": tag})
            assert answer.status_code == 200
            tag = answer["ETag"]
            line = self.lines(signed_in)[task.pk][0]
            assert line not in seen
            seen.add(line)

        look()
        ann.first_name = "Anna"
        ann.save()
        look()
        told = {"audio_id": track.audio_id, "title": "Low Tide"}
        hear(song, told)
        look()
        hear(song, {**told, "image_url": "https://cdn.example.com/i.png"})
        image = song.assets.get()
        Asset.objects.filter(pk=image.pk).update(state="saved", file="results/1/1")
        lifecycle.asset_saved(song.pk, "Saved: I")
        look()
        page = signed_in.get("/tasks/").content.decode()
        assert "Low Tide" in page
        assert "Anna" in page
        assert f'src="{image.get_absolute_url()}poster"' in page
        ben = User.objects.create_user("ben")
        Task.objects.filter(pk=task.pk).update(created_by=ben)
        look()
        ben.delete()
        look()

    def test_the_time_that_has_passed_is_todays_in_a_line_drawn_before(
        self, signed_in: Client, make: Make
    ) -> None:
        task = make("running", sent_at=timezone.now() - timedelta(seconds=65))
        assert re.search(r'data-since="[^"]+">1:0\d<', signed_in.get("/tasks/").content.decode())
        Task.objects.filter(pk=task.pk).update(sent_at=timezone.now() - timedelta(hours=2))
        task.refresh_from_db()
        lifecycle.tell(task, "Changed")

        assert re.search(r'data-since="[^"]+">2:00:0\d<', signed_in.get("/tasks/").content.decode())


def test_another_day_is_a_change_since_lines_say_yesterday(signed_in: Client, make: Make) -> None:
    make()
    # So far apart that it is never the same day in both.
    with timezone.override("Etc/GMT+12"):
        today = signed_in.get("/tasks/", headers=HTMX)
    with timezone.override("Pacific/Kiritimati"):
        tomorrow = signed_in.get("/tasks/", headers={**HTMX, "If-None-Match": today["ETag"]})

    assert tomorrow.status_code == 200
    names = [re.findall(r'data-rev="(\w+)"', page.text) for page in (today, tomorrow)]
    assert names[0] != names[1]


@pytest.mark.once
def test_a_page_leaves_compressed_and_is_known_again(signed_in: Client, make: Make) -> None:
    make(title="Night Bus")
    plain = signed_in.get("/tasks/", headers=HTMX)
    headers = {**HTMX, "Accept-Encoding": "gzip"}

    packed = signed_in.get("/tasks/", headers=headers)

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in packed["Vary"]
    again = {**headers, "If-None-Match": packed["ETag"]}
    assert signed_in.get("/tasks/", headers=again).status_code == 304


def test_only_a_refresh_is_ever_answered_with_not_modified(signed_in: Client, make: Make) -> None:
    make()
    first = signed_in.get("/tasks/")

    again = signed_in.get("/tasks/", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert "no-store" in again["Cache-Control"]
    assert "HX-Request" in again["Vary"]


def test_nobody_gets_anothers_not_modified(signed_in: Client, make: Make) -> None:
    make()
    tag = signed_in.get("/tasks/", headers=HTMX)["ETag"]
    bob = Client()
    bob.force_login(User.objects.create_user("bob"))

    headers = {**HTMX, "If-None-Match": tag}

    assert bob.get("/tasks/", headers=headers).status_code == 200
    assert signed_in.get("/tasks/?status=running", headers=headers).status_code == 200
    assert Client().get("/tasks/", headers=headers).status_code == 302


def furnish(task: Task, number: int) -> None:
    """Return a task all that a row can have: two songs with sound and picture, a source."""
    for place in range(2):
        pair = [
            Asset.objects.create(
                task=task,
                key=f"{place}.{kind}",
                kind=kind,
                label=f"{kind} {place}",
                state="saved",
                file=f"results/{task.pk}/{place}",
                content_type="audio/mpeg" if kind == "audio" else "image/png",
            )
            for kind in ("audio", "image")
        ]
        track = Track.objects.create(
            task=task,
            audio_id=f"{number}-{place}",
            title=f"Song {number}",
            sound=pair[0],
            image=pair[1],
        )
    Task.objects.filter(pk=task.pk).update(source_track=track)


def queries(client: Client, path: str) -> int:
    """Count what a page asks the database for when nothing of it is kept from before."""
    assert client.get(path).status_code == 200, path
    forget()
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


LISTS = (
    *PAGES,
    "/tasks/?q=song",
    "/tasks/?status=finished&since=2020-01-01",
    "/tasks/?before=999999",
    "/?q=song",
    "/?order=title",
    "/?at=999999.999999",
    "/songs/?q=song",
    "/recordings/",
    "/recordings/{upload}/",
    "/trash/",
    "/tasks/delete/?{chosen}",
    "/news.json",
    "/credits/",
    "/credits.csv",
    "/account/password/",
    "/admin/",
    "/admin/studio/task/",
    "/admin/studio/asset/",
    "/admin/studio/event/",
    "/admin/studio/track/",
    "/admin/auth/user/",
)


@pytest.mark.slow
def test_no_page_takes_more_queries_for_more_rows(
    signed_in: Client, ann: User, make: Make, song: Task
) -> None:
    """40 of everything that a page can list take no more queries than 3."""
    roles.give(ann, roles.Role.ADMINISTRATOR)
    source = song.tracks.get()
    upload = recording("First")

    def add(count: int) -> None:
        for number in range(count):
            user = User.objects.create_user(f"user{Task.objects.count()}")
            # Of 3 one is of each kind; the last has what makes it need somebody.
            status = ("finished", "running", "unconfirmed")[number % 3]
            given = {"task_id": "song-1", "audio_id": "audio-1"}
            task = make(status, created_by=user, title=f"T{number}", input=given)
            furnish(task, number)
            Task.objects.filter(pk=task.pk).update(
                source_track=source, credits_amount=1, finished_at=timezone.now()
            )
            task.assets.create(key="f", kind="file", label="File", state="failed")
            persona = make("finished", operation="generate-persona", input={"name": "P"})
            persona.assets.create(key="p", kind="persona", label="Persona", value="1")
            furnish(persona, number)
            made = make("finished", source_upload=recording(f"R{number}", created_by=user))
            furnish(made, number)
            gone = {"deleted_at": timezone.now()}
            make("finished", source_upload=upload, **gone)
            recording(f"Gone {number}", **gone)
            Task.objects.filter(pk=made.pk).update(source_upload=upload)

    def count() -> dict[str, int]:
        chosen = "&".join(f"task={pk}" for pk in Task.objects.values_list("pk", flat=True))
        return {
            path: queries(signed_in, filled(path, song, chosen=chosen, upload=upload.pk))
            for path in LISTS
        }

    add(3)
    few = count()
    add(37)

    more = {path: queries for path, queries in count().items() if queries > few[path]}
    assert not more, few


def test_a_task_with_more_results_takes_no_more_queries(signed_in: Client, make: Make) -> None:
    small, large = make(operation="add-instrumental"), make(operation="add-instrumental")
    for task, count in ((small, 3), (large, 30)):
        for number in range(count):
            task.tracks.create(audio_id=f"{number}", title="S")
            for kind in ("stem", "audio", "image", "video"):
                key, file = f"{number}.{kind}", f"results/{task.pk}/{number}"
                task.assets.create(key=key, kind=kind, label=kind, state="saved", file=file)
            Event.objects.create(task=task, text=f"Event {number}")

    few = queries(signed_in, f"/tasks/{small.pk}/")

    assert queries(signed_in, f"/tasks/{large.pk}/") <= few


@pytest.mark.parametrize(
    ("status", "model"),
    [
        ("finished", "add-instrumental"),
        ("finished", "upload-and-separate-vocals"),
        ("running", "create-music-video"),
        ("unconfirmed", "generate-persona"),
        ("failed", "generate-music-cover"),
    ],
)
def test_a_tasks_page_takes_at_most_ten_queries(
    signed_in: Client, make: Make, song: Task, status: str, model: str
) -> None:
    task = make(status, operation=model, source_track=song.tracks.get())
    furnish(task, 1)

    assert queries(signed_in, f"/tasks/{task.pk}/") <= 10
