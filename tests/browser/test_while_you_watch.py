"""What an open page does by itself: it shows what is new, and it never disturbs.

How soon, the bench measures.
"""

from playwright.sync_api import Page, expect

from studio.pages.lists import PAGE
from tests.browser.pages import (
    LISTEN,
    Visit,
    choose_song,
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


def test_an_idle_open_list_shows_a_teammates_task_finished(scripted: Product, visit: Visit) -> None:
    teammate = scripted.session()
    page = visit(scripted, "/tasks/")
    page.evaluate("window.sameDocument = true")
    path = send(teammate, scripted, "upload-and-separate-vocals")
    row = page.locator(f"#task-{path.split('/')[2]} [data-status=finished]")
    expect(row).to_be_visible()
    assert page.evaluate("window.sameDocument")


def test_a_tasks_own_page_goes_from_sent_to_ready_without_a_reload(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/new/add-instrumental/")
    choose_song(page)
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
    until(lambda: is_status(teammate, product, first, "finished"), "a sound in the list")
    page = visit(product, "/tasks/")
    playing = page.locator(f"#task-{first.split('/')[2]}")
    playing.get_by_role("button", name="Play").click()
    sound = page.locator("#bar audio")
    plays(sound)
    is_there(sound)
    # As slowly as can be: it goes on for six minutes, longer than any machine takes for the second.
    sound.evaluate("sound => { sound.playbackRate = 0.0625; }")
    sound.evaluate(LISTEN)

    second = send(teammate, product, "upload-and-separate-vocals", output_type="bass")
    row = page.locator(f"#task-{second.split('/')[2]}")
    row.locator(".row-title a").focus()
    expect(row.locator("[data-status]")).to_have_attribute("data-status", "finished")

    # Before it is asked whether it plays: what stopped it says more than that it stands.
    assert page.evaluate("window.gaps") == []
    plays(sound, 0.05)
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
        until(lambda: is_status(teammate, scripted, path, "unconfirmed"), "no answer")
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
    until(lambda: is_status(teammate, scripted, first, "finished"), "a list of more than songs")
    listened(scripted)
    page = visit(scripted, "/tasks/")
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
    # A page of the list has its end: what was last on it gives way.
    expect(before).to_have_count(min(old + 1, PAGE))
    assert before.first.get_attribute("id") == new.get_attribute("id")
    still = page.evaluate(
        "[...document.querySelectorAll('.row')].filter(row => row.wasHere).length"
    )
    assert old / 2 < still <= old


def test_a_list_that_nobody_sees_asks_for_nothing_until_it_is_looked_at(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/tasks/")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "hx-request" in r.headers else None)
    page.clock.install()
    page.reload()
    page.clock.run_for(5_000)
    until(lambda: asked, "a refresh of what is seen")

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
