"""Sent once: what may have been taken is never sent again without a person's word."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio import jobs, leases, lifecycle
from studio.lifecycle import account
from studio.models import Delivery, Task
from studio.vidgo.client import Accepted, Answer, Away
from studio.vidgo.payloads import Body
from tests.callbacks import call_back, history
from tests.product import until
from tests.recorder import Recorder
from tests.timing import pass_time
from vidgo_sandbox import SONGS, Sandbox

Work = Callable[[], None]
SOUND = {"audio_url": "https://example.com/voice.mp3", "title": "Voice"}
SUBMIT = "/api/generate/submit"
DETAIL = "/api/generate/detail/music"


def ask_for(client: Client, model: str = "upload-and-separate-vocals", **fields: str) -> Task:
    """Post a form as the page does and give the task it leads to."""
    answer = client.post(f"/new/{model}/", fields or SOUND)
    assert answer.status_code == 302, answer.content.decode()
    return Task.objects.get(pk=answer.headers["Location"].strip("/").split("/")[-1])


def ask_for_video(client: Client) -> Task:
    song = SONGS[0]
    ids = {"task_id": song.task_id, "audio_id": song.audio_ids[0]}
    return ask_for(client, "create-music-video", **ids)


def page(client: Client, task: Task) -> str:
    return client.get(f"/tasks/{task.pk}/").content.decode()


def settle(work: Work, task: Task, seconds: float = 3600, times: int = 6) -> None:
    """Let hours pass with the worker at work."""
    for _ in range(times):
        work()
        pass_time(seconds)
    task.refresh_from_db()


def accepted(sandbox: Sandbox) -> int:
    return sum(request["accepted"] for request in sandbox.requests())


class Watcher(ThreadingHTTPServer):
    """An API that looks into the database, from outside, at the moment a submit arrives."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        watcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                watcher.seen.append(Task.objects.values_list("status", "sent_at").get())
                connection.close()
                raw = json.dumps({"code": 200, "data": {"task_id": "t-1"}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.mark.django_db(transaction=True)
def test_the_intent_to_send_is_committed_before_the_request_leaves(
    settings: Settings, signed_in: Client, work: Work
) -> None:
    with Watcher() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.VIDGO_API_URL = f"http://127.0.0.1:{server.server_address[1]}"
        ask_for(signed_in)
        work()
        server.shutdown()

    ((status, sent_at),) = server.seen
    assert status == "pending"
    assert sent_at is not None


def test_a_refusal_is_final_and_told_in_plain_words(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, {"code": 422, "message": "The audio is longer than 8 minutes."})
    task = ask_for(signed_in)

    settle(work, task)

    assert (task.status, task.error_code, len(api.submits)) == ("failed", "422", 1)
    assert history(task)[-1] == "Refused by Vidgo: The audio is longer than 8 minutes."
    shown = page(signed_in, task)
    assert "The audio is longer than 8 minutes." in shown
    assert "Try again" in shown


AWAY = {
    "500": (500, {"code": 500, "message": "Internal error."}),
    "502 without a body": (502, b"<html>Bad gateway</html>"),
    "429": (429, {"code": 429, "message": "Too fast."}),
    "455": (455, {"code": 455, "message": "Maintenance."}),
    "500 in a 200": (200, {"code": 500, "message": "Internal error."}),
    "429 in a 200": (200, {"code": 429, "message": "Too fast."}),
    "455 in a 200": (200, {"code": 455, "message": "Maintenance."}),
}


@pytest.mark.parametrize("name", AWAY)
def test_a_service_that_is_away_is_tried_again_and_the_page_says_when(
    api: Recorder, signed_in: Client, work: Work, name: str
) -> None:
    status, answer = AWAY[name]
    api.answer(SUBMIT, answer, status)
    task = ask_for(signed_in)
    work()
    task.refresh_from_db()
    assert task.status == "pending"
    assert task.due_at
    assert task.due_at > timezone.now()
    assert f"{timezone.localtime(task.due_at):%H:%M:%S}" in page(signed_in, task)

    work()
    assert len(api.submits) == 1, "not before its time"
    pass_time(60)
    work()

    task.refresh_from_db()
    assert (task.status, len(api.submits)) == ("not_started", 2)
    assert (task.error, task.error_code, task.attempts) == ("", "", 0), "as if it had never been"


def test_a_refused_connection_is_tried_again(
    api: Recorder, settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.VIDGO_API_URL = "http://127.0.0.1:9"
    task = ask_for(signed_in)
    work()
    task.refresh_from_db()
    assert (task.status, task.error_code) == ("pending", "away")

    settings.VIDGO_API_URL = api.url
    pass_time(60)
    work()

    task.refresh_from_db()
    assert (task.status, len(api.submits)) == ("not_started", 1)


def test_each_further_try_waits_longer(api: Recorder, signed_in: Client, work: Work) -> None:
    task = ask_for(signed_in)
    waits = []
    for _ in range(4):
        api.answer(SUBMIT, {"code": 503}, 503)
        work()
        task.refresh_from_db()
        assert task.due_at
        waits.append(round((task.due_at - timezone.now()).total_seconds()))
        pass_time(3600)

    assert waits == sorted(set(waits)), "each longer than the one before"
    told = [text for text in history(task) if text.startswith("Sending")]
    assert told == ["Sending to Vidgo", *(f"Sending, try {number}" for number in (2, 3, 4))]


def test_retry_after_is_honoured(api: Recorder, signed_in: Client, work: Work) -> None:
    api.answer(SUBMIT, {"code": 429, "error": "Too fast."}, 429, {"Retry-After": "300"})
    task = ask_for(signed_in)
    work()
    pass_time(280)
    work()
    assert len(api.submits) == 1

    pass_time(30)
    work()

    task.refresh_from_db()
    assert (task.status, len(api.submits)) == ("not_started", 2)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_break_after_the_request_left_is_never_sent_again_by_itself(
    sandbox: Sandbox, signed_in: Client, work: Work, fault: str
) -> None:
    sandbox.script += [("submit", fault), ("callback", "lost"), ("callback", "lost")]
    task = ask_for(signed_in)

    settle(work, task)

    assert task.status == "unconfirmed"
    assert len(sandbox.requests()) == 1
    shown = page(signed_in, task)
    assert "We don’t know if Vidgo got this" in shown


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Welcome</html>",
        b"[]",
        {"code": 200},
        {"code": 200, "data": {}},
        {"code": 200, "data": {"task_id": ""}},
        {"code": 302, "message": "Moved."},
    ],
)
def test_an_answer_that_cannot_be_understood_is_never_sent_again_by_itself(
    api: Recorder, signed_in: Client, work: Work, answer: Any
) -> None:
    api.answer(SUBMIT, answer)
    task = ask_for(signed_in)

    settle(work, task)

    assert (task.status, len(api.submits)) == ("unconfirmed", 1)


def test_a_timeout_is_never_sent_again_by_itself(
    sandbox: Sandbox, settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.VIDGO_READ_TIMEOUT = 0.1
    sandbox.script += [("submit", "delay"), ("callback", "lost"), ("callback", "lost")]
    task = ask_for(signed_in)

    settle(work, task)

    assert (task.status, len(sandbox.requests())) == ("unconfirmed", 1)


class Dripping(ThreadingHTTPServer):
    """An API whose headers come byte by byte. Who waits for ten seconds gets a good answer."""

    def __init__(self) -> None:
        self.submits = 0
        self.was_cut = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                server.submits += 1
                raw = json.dumps({"code": 200, "data": {"task_id": "t-1"}}).encode()
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
                for _ in range(200):
                    time.sleep(0.05)
                    try:
                        self.wfile.write(b"x")
                    except OSError:
                        server.was_cut.set()
                        return
                self.wfile.write(b"\r\nContent-Length: %d\r\n\r\n%b" % (len(raw), raw))

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_byte_by_byte_holds_nobody_up(
    settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.VIDGO_CONNECT_TIMEOUT, settings.VIDGO_READ_TIMEOUT = 0.3, 0.3
    with Dripping() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.VIDGO_API_URL = f"http://127.0.0.1:{server.server_address[1]}"
        task = ask_for(signed_in)
        work()
        assert server.was_cut.wait(60), "who never ends is hung up on"
        server.shutdown()

    task.refresh_from_db()
    assert (task.status, task.error) == ("unconfirmed", "Vidgo did not answer in time.")
    assert server.submits == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_never_comes_about_is_tried_again(
    settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.VIDGO_CONNECT_TIMEOUT, settings.VIDGO_READ_TIMEOUT = 0.3, 0.3
    was_cut = threading.Event()

    def drip(listening: socket.socket) -> None:
        connected, _ = listening.accept()
        with connected:
            # A server's half of a handshake in TLS, which would take ten seconds.
            for byte in b"\x16\x03\x03\x40\x00" + bytes(100):
                try:
                    connected.send(bytes([byte]))
                except OSError:
                    was_cut.set()
                    return
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        settings.VIDGO_API_URL = f"https://127.0.0.1:{listening.getsockname()[1]}"
        task = ask_for(signed_in)
        work()
        assert was_cut.wait(60)

    task.refresh_from_db()
    assert (task.status, task.error_code, task.sent_at) == ("pending", "away", None)


def test_the_callback_of_an_unconfirmed_task_settles_it(
    sandbox: Sandbox, signed_in: Client, work: Work, finish: Callable[[Task], Task]
) -> None:
    sandbox.script += [("submit", "drop_after")]
    task = finish(ask_for(signed_in))

    assert task.status == "finished"
    assert task.vidgo_id == sandbox.ledger()[0]["task_id"]
    assert len(sandbox.requests()) == 1


@pytest.fixture
def unconfirmed(sandbox: Sandbox, signed_in: Client, work: Work) -> Task:
    """A video that the API took without an answer, and that no callback tells of."""
    sandbox.script += [("submit", "drop_after"), ("callback", "lost"), ("callback", "lost")]
    task = ask_for_video(signed_in)
    work()
    task.refresh_from_db()
    assert task.status == "unconfirmed"
    return task


def test_a_person_can_take_up_the_task_id_from_the_console(
    sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task], unconfirmed: Task
) -> None:
    task_id = sandbox.ledger()[0]["task_id"]

    signed_in.post(f"/tasks/{unconfirmed.pk}/adopt/", {"task_id": task_id})

    assert finish(unconfirmed).status == "finished"
    assert accepted(sandbox) == 1


def test_a_task_id_that_vidgo_does_not_know_leaves_the_task_unconfirmed(
    sandbox: Sandbox, signed_in: Client, work: Work, unconfirmed: Task
) -> None:
    signed_in.post(f"/tasks/{unconfirmed.pk}/adopt/", {"task_id": "task-unified-0-typo"})

    settle(work, unconfirmed, times=8)

    assert unconfirmed.status == "unconfirmed"
    assert "task-unified-0-typo" in page(signed_in, unconfirmed)


def test_a_person_can_send_it_again_knowing_that_it_may_cost_twice(
    sandbox: Sandbox, signed_in: Client, work: Work, unconfirmed: Task
) -> None:
    assert "may cost twice" in page(signed_in, unconfirmed)

    first = signed_in.post(f"/tasks/{unconfirmed.pk}/send-again/", {"sure": "1"})
    second = signed_in.post(f"/tasks/{unconfirmed.pk}/send-again/", {"sure": "1"})
    work()

    again = Task.objects.exclude(pk=unconfirmed.pk).get()
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["Location"] == again.get_absolute_url()
    assert len(sandbox.requests()) == 2
    # The video had been made after all, and the API makes only one.
    again.refresh_from_db()
    assert (again.status, again.error_code) == ("failed", "409")


def test_a_person_can_give_it_up_and_what_comes_all_the_same_is_kept(
    sandbox: Sandbox, signed_in: Client, work: Work, unconfirmed: Task, client: Client
) -> None:
    signed_in.post(f"/tasks/{unconfirmed.pk}/give-up/")
    unconfirmed.refresh_from_db()
    assert unconfirmed.status == "failed"

    body = {"task_id": "t-9", "status": "finished", "files": [{"video_url": "https://x.io/v.mp4"}]}
    client.post(f"/callback/{unconfirmed.callback_token}/", body, "application/json")

    unconfirmed.refresh_from_db()
    assert unconfirmed.status == "finished"
    assert unconfirmed.assets.count() == 1
    assert len(sandbox.requests()) == 1


def test_a_task_given_up_is_followed_once_a_callback_names_it(
    sandbox: Sandbox,
    signed_in: Client,
    finish: Callable[[Task], Task],
    unconfirmed: Task,
    client: Client,
) -> None:
    signed_in.post(f"/tasks/{unconfirmed.pk}/give-up/")
    body = {"task_id": sandbox.ledger()[0]["task_id"], "status": "running"}
    client.post(f"/callback/{unconfirmed.callback_token}/", body, "application/json")

    pass_time(5)
    finish(unconfirmed)
    pass_time(5)

    assert finish(unconfirmed).status == "finished"


def test_a_callback_after_an_error_keeps_the_task_from_being_sent_again(
    api: Recorder, signed_in: Client, work: Work, client: Client
) -> None:
    api.answer(SUBMIT, {"code": 500}, 500)
    task = ask_for(signed_in)
    work()

    # Of no status that is known: it tells all the same that the task was taken.
    body = {"task_id": "task-unified-7", "status": "queued"}
    client.post(f"/callback/{task.callback_token}/", body, "application/json")
    settle(work, task)

    assert len(api.submits) == 1
    assert task.vidgo_id == "task-unified-7"


def test_an_answer_that_comes_after_the_lease_still_counts(
    sandbox: Sandbox, settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.STUDIO_LEASE = 0.0
    sandbox.script += [("submit", "delay"), ("callback", "lost"), ("callback", "lost")]
    task = ask_for(signed_in)
    _work_while_another_sweeps(work, sandbox)

    task.refresh_from_db()
    assert any("Unconfirmed" in text for text in history(task))
    assert task.status == "not_started"
    assert task.vidgo_id
    assert len(sandbox.requests()) == 1


def test_a_sure_no_that_comes_after_the_lease_settles_the_task(
    sandbox: Sandbox, settings: Settings, signed_in: Client, work: Work
) -> None:
    settings.STUDIO_LEASE = 0.0
    sandbox.set_balance(0)
    sandbox.script += [("submit", "delay")]
    task = ask_for(signed_in)
    _work_while_another_sweeps(work, sandbox)

    task.refresh_from_db()
    assert any("Unconfirmed" in text for text in history(task))
    assert (task.status, task.error_code, task.sent_at) == ("pending", "credits", None)


def _work_while_another_sweeps(work: Work, sandbox: Sandbox) -> None:
    """Send in a thread: the lease is over before the answer comes, and somebody notices."""

    def send() -> None:
        work()
        connection.close()

    sending = threading.Thread(target=send)
    sending.start()
    # Not before: with no lease at all, a row that is swept before it is sent is not sent.
    until(sandbox.requests, what="the submit")
    while sending.is_alive():
        jobs.sweep()
        sending.join(0.05)


@pytest.mark.once
def test_an_hour_of_waiting_asks_now_and_then_and_not_all_the_time(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    task = ask_for(signed_in)
    work()
    for _ in range(3600 // 30):
        pass_time(30)
        work()

    task.refresh_from_db()
    assert task.accepted_at
    assert timezone.now() - task.accepted_at >= timedelta(minutes=59)
    assert 10 < len(api.queries) < 60


def test_a_status_that_nobody_knows_is_not_asked_for_without_pause(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(DETAIL, {"code": 200, "data": {"task_id": "task-unified-1", "status": "queued"}})
    ask_for(signed_in)
    work()
    pass_time(10)
    for _ in range(5):
        work()

    assert len(api.queries) == 1


TAKEN = Accepted(Body(task_id="paid-1"), "{}")


def take_up(task: Task) -> str:
    """Have a worker take a row, whoever had it before. Return its lease."""
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now(), held_until=None)
    return leases.take(Task, task.pk, 60)


def begin(task: Task) -> str:
    """Have a worker begin to send. Return the lease that its answer is recorded with."""
    begun = lifecycle.begin_send(task.pk, take_up(task))
    assert begun
    return begun.lease


def cut_off(task: Task) -> None:
    """Have the worker that holds a row be gone."""
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(pk=task.pk).update(held_until=past)


@pytest.fixture
def wish(api: Recorder, make_task: Callable[..., Task]) -> Task:
    """A separation that is to be sent."""
    return make_task("upload-and-separate-vocals", **SOUND)


def test_only_the_job_that_holds_the_row_sends_it(wish: Task) -> None:
    late = take_up(wish)
    now = take_up(wish)
    assert lifecycle.begin_send(wish.pk, late) is None
    Task.objects.update(held_until=None)
    leases.hold(Task, wish.pk)
    assert lifecycle.begin_send(wish.pk, "") is None, "it lies in the queue, and nobody has it"
    assert lifecycle.begin_send(wish.pk, now) is None


def test_who_holds_the_row_sends_it_once(wish: Task) -> None:
    assert lifecycle.begin_send(wish.pk, begin(wish)) is None


def test_what_was_taken_back_is_not_sent_by_who_holds_the_row(
    wish: Task, signed_in: Client
) -> None:
    lease = take_up(wish)
    signed_in.post(f"/tasks/{wish.pk}/cancel/")

    assert lifecycle.begin_send(wish.pk, lease) is None


@pytest.mark.parametrize("note", ["", lifecycle.WAITS])
def test_a_callback_that_nobody_has_read_yet_keeps_the_task_from_being_sent(
    wish: Task, note: str
) -> None:
    Delivery.objects.create(task=wish, origin="callback", body="{}", note=note)

    assert lifecycle.begin_send(wish.pk, take_up(wish)) is None


def test_a_callback_that_could_not_be_applied_leaves_the_sending_to_a_person(wish: Task) -> None:
    Delivery.objects.create(
        task=wish, origin="callback", body="{}", note="Could not be applied: KeyError"
    )

    assert lifecycle.begin_send(wish.pk, take_up(wish)) is None

    wish.refresh_from_db()
    assert (wish.status, wish.due_at, wish.sent_at) == ("unconfirmed", None, None)
    assert "could not be applied" in wish.error


def test_what_the_account_has_let_go_of_is_sent_by_who_takes_it_then(wish: Task) -> None:
    Task.objects.update(error_code="credits", error="Not enough.")
    account.block("credits", "Not enough.", Decimal(8))
    early = take_up(wish)
    account.record_balance(Accepted(Body(credits_amount=Decimal(100)), ""))

    assert lifecycle.begin_send(wish.pk, early) is None
    assert begin(wish)


def test_a_sending_that_nobody_holds_is_unconfirmed(wish: Task) -> None:
    begin(wish)
    Task.objects.update(held_until=None)

    assert lifecycle.expire_sends() == [wish.pk]


def test_a_sending_has_its_whole_time_however_long_its_preparation_took(wish: Task) -> None:
    lease = take_up(wish)
    Task.objects.update(held_until=timezone.now() + timedelta(seconds=1))
    assert lifecycle.begin_send(wish.pk, lease)
    pass_time(5)

    assert lifecycle.expire_sends() == []


def test_an_answer_that_is_recorded_twice_leaves_the_next_try_alone(wish: Task) -> None:
    first = begin(wish)
    lifecycle.record_answer(wish.pk, first, Away("Gateway."))
    begin(wish)
    # As after a connection to the database that broke off at the very end.
    lifecycle.record_answer(wish.pk, first, Away("Gateway."))

    assert history(wish)[-1] == "A late answer: Gateway."
    cut_off(wish)
    assert lifecycle.expire_sends() == [wish.pk], "the second may have been taken"


def test_a_task_given_up_is_followed_at_once_when_its_answer_comes_after_all(
    wish: Task, api: Recorder, work: Work
) -> None:
    lease = begin(wish)
    cut_off(wish)
    lifecycle.expire_sends()
    lifecycle.give_up(wish.pk, None)

    lifecycle.record_answer(wish.pk, lease, TAKEN)
    api.told["paid-1"] = {"status": "running"}
    work()

    wish.refresh_from_db()
    assert (wish.status, wish.vidgo_id, wish.error) == ("running", "paid-1", "")


def test_two_answers_with_different_ids_leave_the_first_and_tell_the_second(wish: Task) -> None:
    lease = begin(wish)
    for name in ("paid-1", "paid-1", "paid-2"):
        lifecycle.record_answer(wish.pk, lease, Accepted(Body(task_id=name), "{}"))

    wish.refresh_from_db()
    assert (wish.status, wish.vidgo_id) == ("not_started", "paid-1")
    assert history(wish)[-2:] == ["Vidgo accepted it", "Vidgo also answered with task_id paid-2"]


def test_an_answer_with_the_id_of_another_task_is_told_and_not_guessed_at(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    for _ in range(2):
        api.answer(SUBMIT, {"code": 200, "data": {"task_id": "paid-1"}})
    first = ask_for(signed_in)
    work()
    second = ask_for(signed_in, audio_url="https://example.com/other.mp3")
    settle(work, second)

    assert Task.objects.get(vidgo_id="paid-1") == first
    assert (second.status, len(api.submits)) == ("unconfirmed", 2)
    assert "answered with the task_id of another task" in second.error
    assert second.events.filter(text="Vidgo also answered with task_id paid-1").exists()


@pytest.mark.parametrize("answer", [None, Away("Gateway."), TAKEN])
def test_what_was_called_back_before_the_answer_counts_whatever_that_is(
    wish: Task, answer: Answer | None
) -> None:
    lease = begin(wish)
    call_back(wish, {"task_id": "paid-1", "status": "running"})
    if answer:
        lifecycle.record_answer(wish.pk, lease, answer)
    else:
        cut_off(wish)
        assert lifecycle.expire_sends() == [wish.pk]

    wish.refresh_from_db()
    assert (wish.status, wish.vidgo_id) == ("running", "paid-1")


@pytest.mark.parametrize("answer", [None, TAKEN])
def test_a_worker_that_is_gone_before_or_after_the_sending_leaves_nothing_unclear(
    wish: Task, answer: Answer | None
) -> None:
    if answer:
        lifecycle.record_answer(wish.pk, begin(wish), answer)
    take_up(wish)
    cut_off(wish)

    assert lifecycle.expire_sends() == []


def test_a_result_that_the_answer_holds_is_kept_as_it_came_and_is_sure(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    words = [{"word": "Tide ", "start_s": 1, "end_s": 2}]
    answer = {"code": 200, "data": {"aligned_words": words}}
    api.answer(SUBMIT, answer)
    task = ask_for(signed_in, "get-timestamped-lyrics", task_id="song-1", audio_id="audio-1")
    work()

    task.refresh_from_db()
    kept = task.deliveries.get()
    assert (json.loads(kept.body), kept.origin) == (answer, "query")
    assert (task.status, task.accepted_at) == ("finished", kept.applied_at)
    assert task.accepted_at
    assert task.confirmed_at
    assert history(task)[-2:] == ["Vidgo answered with the result", "Every file is saved"]
    assert "Tide" in page(signed_in, task)
