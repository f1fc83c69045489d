"""What an open page does by itself: quick to send, quick to show, and it never disturbs."""

import time

from playwright.sync_api import Page, expect

from tests.browser.pages import (
    LISTEN,
    Visit,
    is_status,
    is_there,
    listened,
    plays,
    send,
    stalled,
    status,
    submit,
)
from tests.product import Product, until
from vidgo_sandbox import Sandbox


def test_the_api_has_the_request_within_a_second_of_the_forms_post(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    page = visit(scripted, "/new/upload-and-separate-vocals/")
    page.locator("input[name=track]:enabled").first.check()
    known = len(api.requests())
    with page.expect_request(lambda request: request.method == "POST") as posted:
        submit(page)
    request = until(lambda: api.requests()[known:], 10, "the request")[0]
    assert request["received"] - posted.value.timing["startTime"] / 1000 < 1


def test_an_idle_open_list_shows_a_teammates_task_finished_within_3_seconds_of_its_end(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    teammate = scripted.session()
    page = visit(scripted)
    page.evaluate("window.sameDocument = true")
    known = len(api.ledger())
    path = send(teammate, scripted, "upload-and-separate-vocals")
    until(lambda: len(api.ledger()) > known, 10, "the submit")
    # The callback leaves when the API has finished: later than this, never earlier.
    until(lambda: api.ledger()[known]["status"] == "finished", 20, "the API's end")
    ended = time.monotonic()
    # Looked at with each frame: an expectation is looked at twice a second.
    page.wait_for_function(
        "row => document.querySelector(row)?.checkVisibility()",
        arg=f"#task-{path.split('/')[2]} [data-status=finished]",
    )
    assert time.monotonic() - ended < 3
    assert page.evaluate("window.sameDocument")


def test_a_tasks_own_page_goes_from_sent_to_ready_without_a_reload(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/new/add-instrumental/")
    page.locator("input[name=track]:enabled").first.check()
    page.get_by_label("Title").fill("Low tide")
    page.locator("#id_tags").fill("ambient")
    page.locator("#id_negative_tags").fill("metal")
    submit(page)
    page.evaluate("window.sameDocument = true")
    status(page, "finished")
    expect(page.locator("#variations studio-player")).to_have_count(2)
    assert page.evaluate("window.sameDocument")


def test_focus_and_a_playing_sound_outlive_the_refreshing_of_the_list(
    product: Product, visit: Visit
) -> None:
    teammate = product.session()
    first = send(teammate, product, "upload-and-separate-vocals", output_type="drums")
    until(lambda: is_status(teammate, product, first, "finished"), 60, "a sound in the list")
    page = visit(product)
    playing = page.locator(f"#task-{first.split('/')[2]}")
    playing.get_by_role("button", name="Play").click()
    sound = playing.locator("audio")
    plays(sound)
    is_there(sound)
    sound.evaluate(LISTEN)

    second = send(teammate, product, "upload-and-separate-vocals", output_type="bass")
    row = page.locator(f"#task-{second.split('/')[2]}")
    row.locator(".row-title a").focus()
    expect(row.locator("[data-status]")).to_have_attribute(
        "data-status", "finished", timeout=60_000
    )

    plays(sound)
    assert page.evaluate("window.gaps") == []
    # The row itself was drawn anew, and who stood on it still does.
    expect(row.locator(".row-title a")).to_be_focused()


def test_what_is_open_and_what_is_typed_outlive_the_refreshing_of_a_task(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    teammate = scripted.session()
    api.script.append(("submit", "drop_after"))
    with stalled(api):
        path = send(teammate, scripted, "upload-and-separate-vocals")
        until(lambda: is_status(teammate, scripted, path, "unconfirmed"), 20, "no answer")
    page = visit(scripted, path)
    field = page.locator("#id_task_id")
    field.fill("half a")
    _refreshed(page)
    expect(field).to_be_focused()
    page.keyboard.type("n id")
    expect(field).to_have_value("half an id")


def test_a_changed_list_is_put_together_from_what_is_there_and_what_is_new(
    scripted: Product, api: Sandbox, visit: Visit
) -> None:
    teammate = scripted.session()
    first = send(teammate, scripted, "upload-and-separate-vocals")
    until(lambda: is_status(teammate, scripted, first, "finished"), 60, "a list of more than songs")
    listened(scripted)
    page = visit(scripted)
    before = page.locator("#rows > .row")
    expect(before.first).to_be_visible()
    page.evaluate("document.querySelectorAll('.row').forEach(row => { row.wasHere = true; })")
    old = before.count()
    with (
        page.expect_response(
            lambda response: "hx-request" in response.request.headers and response.status == 200
        ) as answered,
        stalled(api),
    ):
        path = send(teammate, scripted, "upload-and-separate-vocals")
    # To the line it is counted in test_list.py; here others of the band are still being made, too.
    assert old / 2 < answered.value.text().count("data-stays") <= old

    new = page.locator(f"#task-{path.split('/')[2]}")
    expect(new.locator(".row-title")).to_be_visible()
    expect(before).to_have_count(old + 1)
    assert before.first.get_attribute("id") == new.get_attribute("id")
    still = page.evaluate(
        "[...document.querySelectorAll('.row')].filter(row => row.wasHere).length"
    )
    assert old / 2 < still <= old


def test_a_list_that_nobody_sees_asks_for_nothing_until_it_is_looked_at(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "hx-request" in r.headers else None)
    page.clock.install()
    page.reload()
    page.clock.run_for(5_000)
    until(lambda: asked, 10, "a refresh of what is seen")

    _look_away(page, True)
    page.clock.run_for(1_000)
    # The clock ran faster than the answers came: htmx asks once more for what it kept waiting.
    expect(page.locator(".htmx-request")).to_have_count(0)
    asked.clear()
    page.clock.run_for(120_000)
    page.evaluate("() => fetch('/healthz')")
    assert asked == []

    with page.expect_request(lambda request: "hx-request" in request.headers):
        _look_away(page, False)


def _look_away(page: Page, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def _refreshed(page: Page) -> None:
    """Have the page ask for its content now, and wait for the answer."""
    with page.expect_response(lambda response: "hx-request" in response.request.headers):
        page.evaluate("htmx.trigger(document.querySelector('[data-refresh]'), 'refresh')")
