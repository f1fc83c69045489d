"""What no callback told is asked for: soon at first, then less often, and not for ever."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from studio.lifecycle import account
from studio.lifecycle.changes import MAX_ASKED
from studio.lifecycle.polling import MAX_SILENT, MAX_UNKNOWN
from studio.models import Account, Task
from tests.recorder import Recorder, body

SUBMIT, QUERY = "/api/generate/submit", "/api/generate/detail/music"
Ask = Callable[..., Task]
DRUMS = {"drums": "https://cdn.example.com/drums.mp3"}


@pytest.fixture
def sent(submit: Callable[..., Any]) -> Task:
    """A task that the API has taken."""
    submit("create-music-video", task_id="song-1", audio_id="audio-1")
    task = Task.objects.get()
    assert (task.status, bool(task.vidgo_id)) == ("not_started", True)
    return task


@pytest.fixture
def ask(work: Callable[[], None]) -> Ask:
    """Return a call that asks for a task as if it were its turn, `age` after it was taken."""

    def run(task: Task, age: timedelta = timedelta(0)) -> Task:
        now = timezone.now()
        Task.objects.filter(pk=task.pk).update(
            due_at=now, held_until=None, accepted_at=now - age if age else task.accepted_at
        )
        work()
        task.refresh_from_db()
        return task

    return run


def wait(task: Task) -> float:
    """Return the seconds until a task is asked for next."""
    assert task.due_at
    return (task.due_at - timezone.now()).total_seconds()


@pytest.mark.once
def test_a_question_names_the_task_and_carries_the_key(
    api: Recorder, sent: Task, ask: Ask, settings: LazySettings
) -> None:
    ask(sent)

    (got,) = api.queries
    assert (got.method, got.query) == ("GET", {"task_id": [sent.vidgo_id]})
    assert got.headers["Authorization"] == f"Bearer {settings.VIDGO_API_KEY}"


def test_a_finished_task_is_found_though_no_callback_came(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id}
    api.answer(QUERY, {"code": 200, "data": told})

    task = ask(sent)

    assert task.status == "finished"
    assert task.assets.get().url == "https://cdn.example.com/video.mp4"
    assert [event.text for event in task.events.all()].count(
        "Vidgo finished (told when asked)"
    ) == 1


def test_a_failed_task_is_found_with_its_reason(api: Recorder, sent: Task, ask: Ask) -> None:
    told = {"task_id": sent.vidgo_id, "status": "failed", "error_message": "The voice is refused."}
    api.answer(QUERY, {"code": 200, "data": told})

    task = ask(sent)

    assert (task.status, task.error) == ("failed", "The voice is refused.")
    assert (task.error_code, task.due_at) == ("vidgo", None)


def test_the_kind_of_a_failure_is_kept(api: Recorder, sent: Task, ask: Ask) -> None:
    error = {"type": "moderation", "message": "The voice is refused."}
    api.told[str(sent.vidgo_id)] = {"status": "failed", "error": error}

    task = ask(sent)

    assert (task.error, task.error_code) == ("The voice is refused.", "moderation")


def test_the_older_a_task_the_less_often_it_is_asked_for(sent: Task, ask: Ask) -> None:
    ages = [timedelta(seconds=1), timedelta(minutes=2), timedelta(minutes=20), timedelta(days=1)]

    waits = [wait(ask(sent, age)) for age in ages]

    assert 0 < waits[0] <= 5
    assert waits[1:3] == [pytest.approx(30, abs=4), pytest.approx(300, abs=4)]
    assert 590 < waits[3] <= 600


ANSWERS: dict[str, tuple[Any, ...]] = {
    "unknown": ({"code": 404}, 404),
    "away": ({"code": 503}, 503),
    "later": ({"code": 429}, 429, {"Retry-After": "120"}),
    "refused": ({"code": 401}, 401),
    "none": (b"<html>gateway</html>",),
}


@pytest.mark.parametrize(
    ("answer", "young", "old"),
    [
        ("unknown", 5, 300),
        ("away", 5, 300),
        ("later", 120, 300),
        ("refused", 60, 300),
        ("none", 5, 300),
    ],
)
def test_whatever_the_answer_the_next_question_has_its_time(
    api: Recorder, sent: Task, ask: Ask, answer: str, young: float, old: float
) -> None:
    for age, seconds in ((timedelta(seconds=1), young), (timedelta(minutes=20), old)):
        api.answer(QUERY, *ANSWERS[answer])

        assert wait(ask(sent, age)) == pytest.approx(seconds, abs=4)


def test_a_task_that_is_final_is_not_asked_for(api: Recorder, sent: Task, ask: Ask) -> None:
    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id}
    api.answer(QUERY, {"code": 200, "data": told})

    assert ask(sent).due_at is None


def test_a_task_without_an_end_is_given_up_after_days(sent: Task, ask: Ask) -> None:
    assert ask(sent, timedelta(days=2)).status == "running"

    task = ask(sent, timedelta(days=4))

    assert (task.status, task.error_code) == ("failed", "lost")
    assert "three days" in task.error
    assert task.events.latest("pk").text == task.error


@pytest.mark.parametrize("answer", ["unknown", "away", "refused"])
def test_who_was_away_for_days_gives_nothing_up_before_vidgo_has_been_asked(
    api: Recorder, sent: Task, ask: Ask, answer: str
) -> None:
    api.answer(QUERY, *ANSWERS[answer])
    task = ask(sent, timedelta(days=4))
    assert (task.status, task.due_at is None) == ("not_started", False)

    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id}
    api.answer(QUERY, {"code": 200, "data": told})
    assert ask(sent, timedelta(days=4)).status == "finished"


def test_of_what_nothing_is_told_for_days_is_given_up_after_many_questions(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    for number in range(MAX_SILENT):
        api.answer(QUERY, *ANSWERS["away"])
        task = ask(sent, timedelta(days=4))
        assert (task.status == "failed") is (number == MAX_SILENT - 1)
    assert (task.error_code, task.due_at) == ("lost", None)
    assert task.events.latest("pk").text == task.error


@pytest.mark.parametrize(("age", "trouble"), [(timedelta(days=2), ""), (timedelta(days=4), "key")])
def test_not_before_days_and_not_while_the_account_is_in_trouble(
    api: Recorder, sent: Task, ask: Ask, age: timedelta, trouble: str
) -> None:
    Task.objects.update(evidence={"silent": MAX_SILENT})
    account.get()
    Account.objects.update(trouble=trouble)
    api.answer(QUERY, *ANSWERS["none"])
    assert ask(sent, age).status == "not_started"


def test_a_word_of_vidgo_s_begins_the_count_anew(api: Recorder, sent: Task, ask: Ask) -> None:
    Task.objects.update(evidence={"silent": MAX_SILENT})

    assert "silent" not in ask(sent, timedelta(days=1)).evidence


def test_a_fresh_task_may_be_unknown_a_few_times(api: Recorder, sent: Task, ask: Ask) -> None:
    for _ in range(3):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
        assert ask(sent).status == "not_started"

    assert ask(sent).status == "running"


def test_a_moment_of_404_fails_no_task(api: Recorder, sent: Task, ask: Ask) -> None:
    for _ in range(12):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
        assert ask(sent).status == "not_started"


def test_a_task_that_stays_unknown_has_failed(api: Recorder, sent: Task, ask: Ask) -> None:
    def is_failed() -> bool:
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
        return ask(sent, timedelta(minutes=20)).status == "failed"

    assert [is_failed() for _ in range(MAX_UNKNOWN)] == [False] * (MAX_UNKNOWN - 1) + [True]
    assert sent.error == "Vidgo does not know this task: No such task."
    assert (sent.error_code, sent.due_at) == ("404", None)
    assert sent.events.latest("pk").text == sent.error


def test_what_vidgo_knows_again_in_between_is_not_unknown(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    for _ in range(2):
        for _ in range(MAX_UNKNOWN - 1):
            api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
            assert not ask(sent, timedelta(minutes=20)).is_final
        assert ask(sent, timedelta(minutes=20)).status == "running"


@pytest.mark.parametrize("answer", [{"code": 404}, {"code": 200, "data": {"progress": 1}}])
@pytest.mark.parametrize("status", ["finished", "failed"])
def test_of_an_end_that_only_a_callback_told_vidgo_is_asked_so_often(
    api: Recorder, sent: Task, ask: Ask, status: str, answer: dict[str, Any]
) -> None:
    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id, "status": status}
    Task.objects.update(attempts=MAX_UNKNOWN)
    Client().post(f"/callback/{sent.callback_token}/", told, "application/json")
    for number in range(MAX_ASKED):
        api.answer(QUERY, answer)
        task = ask(sent)
        assert (task.due_at is None) is (number == MAX_ASKED - 1)

    assert (task.status, task.assets.count(), task.confirmed_at) == (status, 1, None)


def test_in_an_outage_of_days_such_an_end_is_believed(api: Recorder, sent: Task, ask: Ask) -> None:
    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id}
    Client().post(f"/callback/{sent.callback_token}/", told, "application/json")
    dues = []
    for age in (timedelta(days=2), timedelta(days=4)):
        api.answer(QUERY, {"code": 503}, 503)
        dues.append(ask(sent, age).due_at)

    assert dues[0]
    assert dues[1] is None


def test_ready_without_a_result_is_asked_for_less_and_less_often(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    api.told[str(sent.vidgo_id)] = {"status": "finished"}

    waits = []
    for _ in range(MAX_ASKED):
        waits.append(wait(ask(sent)))
        assert (sent.error, sent.error_code) == ("", "")
    task = ask(sent)

    assert waits == [pytest.approx(min(5 * 2**n, 600), abs=4) for n in range(MAX_ASKED)]
    assert (task.status, task.error_code, task.due_at) == ("finished", "empty", None)


def test_the_same_answer_is_kept_once_and_another_besides(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    for number in (1, 1, 2, 2, 1):
        api.told[str(sent.vidgo_id)] = {"progress": number}
        ask(sent)

    kept = sent.deliveries.filter(origin="query")
    assert [json.loads(one.body)["data"]["progress"] for one in kept] == [1, 2, 1]


def test_each_task_keeps_its_own_answer_though_it_is_anothers_too(
    api: Recorder, make: Callable[..., Task], ask: Ask
) -> None:
    for task in [make("running", vidgo_id=f"t-{number}") for number in range(2)]:
        api.answer(QUERY, {"code": 200, "data": {"status": "finished", "files": [DRUMS]}})
        ask(task)
        assert task.deliveries.count() == 1
        assert task.status == "finished"


def test_an_outage_does_not_make_a_task_unknown(api: Recorder, sent: Task, ask: Ask) -> None:
    for _ in range(8):
        api.answer(QUERY, {"code": 503}, 503)
        assert ask(sent).status == "not_started"
    api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)

    assert ask(sent).status == "not_started"


@pytest.mark.parametrize("status", [200, 429])
def test_too_fast_waits_as_long_as_the_api_says(
    api: Recorder, sent: Task, ask: Ask, status: int
) -> None:
    api.answer(QUERY, {"code": 429, "error": "Slow down."}, status, {"Retry-After": "120"})

    task = ask(sent)

    assert task.status == "not_started"
    assert 110 < wait(task) <= 121


def test_a_submit_that_was_too_fast_waits_as_long_as_the_api_says(
    api: Recorder, signed_in: Client, work: Callable[[], None]
) -> None:
    api.answer(SUBMIT, {"code": 429, "error": "Slow down."}, 429, {"Retry-After": "120"})
    signed_in.post("/new/create-music-video/", {"task_id": "song-1", "audio_id": "audio-1"})
    work()

    task = Task.objects.get()
    assert task.status == "pending"
    assert 110 < wait(task) <= 121
    work()
    assert len(api.submits) == 1

    Task.objects.update(due_at=timezone.now())
    work()
    task.refresh_from_db()
    assert (task.status, len(api.submits)) == ("not_started", 2)


@pytest.mark.once
@pytest.mark.parametrize("after", ["soon", "-5", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_retry_after_that_is_no_number_is_taken_in_stride(
    api: Recorder, sent: Task, ask: Ask, after: str
) -> None:
    api.answer(QUERY, {"code": 429}, 429, {"Retry-After": after})

    assert 0 < wait(ask(sent)) <= 3600


@pytest.mark.once
@pytest.mark.parametrize(
    "answer", [b"", b"<html>gateway</html>", b"[]", b"null", b"{}", b'{"code": 200, "data": []}']
)
def test_an_answer_that_is_none_changes_nothing(
    api: Recorder, sent: Task, ask: Ask, answer: bytes
) -> None:
    api.answer(QUERY, answer)

    task = ask(sent)

    assert task.status == "not_started"
    assert wait(task) > 0


def test_an_answer_without_news_leaves_the_task_a_turn_of_its_own(
    api: Recorder, sent: Task, ask: Ask
) -> None:
    ask(sent)  # now it is known to be running, and stays so

    task = ask(sent)

    assert task.status == "running"
    assert wait(task) > 0
    assert task.held_until is None


def test_an_answer_is_applied_at_once_though_callbacks_wait(
    api: Recorder, sent: Task, ask: Ask, make: Callable[..., Task]
) -> None:
    # What came for a task that is being sent waits until that is over.
    other = make("pending", sent_at=timezone.now(), held_until=timezone.now() + timedelta(hours=1))
    waiting = other.deliveries.create(origin="callback", body="{}")
    told = {**body("callback-create-music-video"), "task_id": sent.vidgo_id}
    api.answer(QUERY, {"code": 200, "data": told})

    task = ask(sent)

    waiting.refresh_from_db()
    assert waiting.applied_at is None
    assert task.status == "finished"


def test_a_person_can_have_it_asked_at_once(
    api: Recorder, sent: Task, signed_in: Client, work: Callable[[], None]
) -> None:
    work()
    assert api.queries == []

    signed_in.post(f"/tasks/{sent.pk}/ask/")
    work()

    assert len(api.queries) == 1


class TestImport:
    """Songs made elsewhere, asked for by their task ids."""

    @pytest.fixture
    def bring(
        self, api: Recorder, signed_in: Client, work: Callable[[], None]
    ) -> Callable[[str], str]:
        """Return a call that imports ids and gives the page that the musician is led to."""

        def run(ids: str) -> str:
            answer = signed_in.post("/songs/import/", {"task_id": ids})
            assert answer.status_code == 302, answer.content.decode()
            work()
            return signed_in.get(answer["Location"]).content.decode()

        return run

    def test_a_song_comes_with_its_variations(
        self, api: Recorder, bring: Callable[[str], str]
    ) -> None:
        told = {**body("callback-add-instrumental"), "task_id": "elsewhere-1"}
        api.answer(QUERY, {"code": 200, "data": told})

        page = bring("elsewhere-1")

        assert 'data-status="finished"' in page
        assert "Relaxing Piano" in page
        assert Task.objects.get().tracks.count() == 2
        assert api.submits == []

    def test_an_id_that_nobody_knows_says_so_at_once(
        self, api: Recorder, bring: Callable[[str], str]
    ) -> None:
        api.answer(QUERY, {"code": 404, "msg": "There is no such task."}, 404)

        page = bring("elsewhere-1")

        assert 'data-status="failed"' in page
        assert "Vidgo has no song with the id elsewhere-1." in page

    def test_a_song_that_failed_says_why(self, api: Recorder, bring: Callable[[str], str]) -> None:
        told = {"task_id": "elsewhere-1", "status": "failed", "error_message": "Lyrics refused."}
        api.answer(QUERY, {"code": 200, "data": told})

        page = bring("elsewhere-1")

        assert 'data-status="failed"' in page
        assert "Lyrics refused." in page

    def test_one_that_failed_is_asked_for_again(
        self, api: Recorder, bring: Callable[[str], str]
    ) -> None:
        api.answer(QUERY, {"code": 404}, 404)
        bring("elsewhere-1")

        bring("elsewhere-1")

        assert len(api.queries) == 2
        assert Task.objects.get().status == "running"

    def test_several_ids_are_each_asked_for_once(
        self, api: Recorder, bring: Callable[[str], str]
    ) -> None:
        bring("one two,three\ntwo\n\n  one ")

        asked = sorted(got.query["task_id"][0] for got in api.queries)
        assert asked == ["one", "three", "two"]

    @pytest.mark.once
    @pytest.mark.parametrize(
        "ids", ["", "   ", "x" * 201, " ".join(str(number) for number in range(51)), "a\x00b"]
    )
    def test_what_are_no_ids_is_told_beside_the_field(self, signed_in: Client, ids: str) -> None:
        page = signed_in.post("/songs/import/", {"task_id": ids})

        assert page.status_code == 200
        assert 'id="id_task_id_error"' in page.content.decode()
        assert not Task.objects.exists()
