"""One player for the whole studio: what was begun plays on from page to page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.pages import LISTEN, Visit, choose_song, is_there, listened, plays, violations
from tests.material import put, sound
from tests.product import Product

HANDLERS = """
window.handlers = {};
const set = MediaSession.prototype.setActionHandler;
MediaSession.prototype.setActionHandler = function (name, handler) {
  window.handlers[name] = handler;
  return set.call(this, name, handler);
};
"""
SOUND = "#bar audio"
PAUSED = f"() => document.querySelector('{SOUND}').paused"
TAKEN = "() => navigator.mediaSession.metadata?.title"


@pytest.fixture(scope="module")
def songs(product: Product, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Return the tasks of two songs of two minutes."""
    folder = tmp_path_factory.mktemp("songs")
    found = []
    for number, name in enumerate(("First light", "Second sight")):
        sound(folder / "song.wav", 120, seed=number)
        file = {"name": "song.wav", "kind": "audio", "type": "audio/x-wav", "label": name}
        found.append(put(product, folder, "generate-music", name, files=[{**file, "song": True}]))
    listened(product)
    return found


@pytest.fixture
def page(visit: Visit, product: Product, songs: list[int]) -> Page:
    """Return the page of the first song's task, on which it plays."""
    page = visit(product, "/credits/")
    page.add_init_script(HANDLERS)
    page.goto(f"/tasks/{songs[0]}/")
    page.locator("studio-player").get_by_role("button").click()
    plays(page.locator(SOUND))
    return page


def follow(page: Page, name: str) -> None:
    """Follow a link of the main navigation."""
    page.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_a_song_plays_on_through_pages_and_a_sent_form(page: Page, songs: list[int]) -> None:
    """Without a pause, a wait or a jump; each page has its own address, title and focus."""
    audio = page.locator(SOUND)
    is_there(audio)
    handle = audio.element_handle()
    assert handle
    handle.evaluate(LISTEN)
    clock = "audio => [audio.currentTime, performance.now() / 1000]"
    begin = handle.evaluate(clock)

    for name in ("Library", "Personas", "Activity"):
        follow(page, name)
        expect(page.locator("#main")).to_be_focused()
    page.locator(f"#task-{songs[1]} .row-title a").click()
    expect(page).to_have_url(f"{page.url.split('/tasks')[0]}/tasks/{songs[1]}/")
    expect(page).to_have_title("New song – Second sight · Vidgo Studio")
    page.locator(".menu.new summary").click()
    page.locator(".sheet a[href='/new/upload-and-separate-vocals/']").click()
    expect(page.get_by_role("heading", level=1, name="Split a song into stems")).to_be_visible()
    choose_song(page)
    page.locator("#id_title").fill("My stems")
    page.locator(".send button").click()
    page.wait_for_url("**/tasks/*/")
    expect(page.get_by_role("heading", level=1, name="My stems")).to_be_visible()
    page.go_back()
    expect(page.locator("#id_title")).to_have_value("My stems")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Second sight")).to_be_visible()
    for _ in range(4):
        page.go_back()
    expect(page).to_have_title("New song – First light · Vidgo Studio")

    end = handle.evaluate(clock)
    assert page.evaluate("window.gaps") == []
    assert handle.evaluate("audio => audio.isConnected && !audio.paused")
    # No more song than time: nothing was left out. Less it may be, where the machine is too busy.
    assert 0 < end[0] - begin[0] < end[1] - begin[1] + 0.2


def test_a_form_that_is_refused_keeps_what_was_typed_and_the_song(page: Page) -> None:
    page.locator(".menu.new summary").click()
    page.locator(".sheet a[href='/new/create-music-video/']").click()
    page.get_by_label("Artist").fill("The Tides")
    page.locator(".send button").click()
    expect(page.locator("main [role=alert]").first).to_be_visible()
    expect(page.get_by_label("Artist")).to_have_value("The Tides")
    assert not page.evaluate(PAUSED)


def test_a_file_under_way_arrives_while_its_form_is_left(page: Page, tmp_path: Path) -> None:
    page.locator(".menu.new summary").click()
    page.locator(".sheet a[href='/new/upload-and-separate-vocals/']").click()
    files = page.locator("[data-upload]")
    # Its module is there, too; without it the form would carry the files.
    expect(page.locator("html.visiting")).to_have_count(0)
    held: list[Route] = []
    page.route("**/new/*/upload/", lambda route: held.append(route), times=1)
    names = ["Riff one", "Riff two"]
    with page.expect_request("**/new/*/upload/"):
        files.set_input_files(
            [sound(tmp_path / f"{name}.wav", 1, seed=n) for n, name in enumerate(names)]
        )
    follow(page, "Personas")
    with page.expect_request("**/new/*/upload/"):
        held[0].continue_()

    page.go_back()

    expect(page.locator("[data-under-way] li")).to_have_count(0)
    for name in names:
        expect(page.locator("#upload-options li").filter(has_text=name)).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/tasks/", "/personas/", "/new/create-music-video/"])
def test_space_pauses_from_each_page_and_resumes(page: Page, path: str) -> None:
    page.evaluate(
        "path => { window.same = true; document.querySelector('.brand').href = path; }", path
    )
    page.locator(".brand").click()
    page.wait_for_url(f"**{path}")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_function(PAUSED)
    page.keyboard.press("Space")
    plays(page.locator(SOUND))
    assert page.evaluate("window.same")


def test_space_types_where_one_types(page: Page) -> None:
    page.locator(".menu.new summary").click()
    page.locator(".sheet a[href='/new/create-music-video/']").click()
    field = page.get_by_label("Artist")
    field.press("Space")
    expect(field).to_have_value(" ")
    assert not page.evaluate(PAUSED)


def test_keys_of_a_headset_and_of_a_lock_screen_are_for_what_plays(page: Page) -> None:
    follow(page, "Activity")
    assert page.evaluate(TAKEN) == "First light"
    page.evaluate("() => handlers.pause()")
    page.wait_for_function(PAUSED)
    page.evaluate("() => handlers.seekto({ seekTime: 40 })")
    page.evaluate("() => handlers.play()")
    plays(page.locator(SOUND))
    assert page.locator(SOUND).evaluate("audio => audio.currentTime") >= 40
    page.evaluate("() => handlers.seekbackward({})")
    assert page.locator(SOUND).evaluate("audio => audio.currentTime") < 40
    # What stands beside it on this page, and back.
    names = page.locator("studio-player").evaluate_all("all => all.map(one => one.dataset.title)")
    place = names.index("First light")
    step, back = (
        ("nexttrack", "previoustrack") if place + 1 < len(names) else ("previoustrack", "nexttrack")
    )
    page.evaluate("step => handlers[step]({})", step)
    expect(page.locator("#bar [data-name]")).not_to_have_text("First light")
    page.evaluate("step => handlers[step]({})", back)
    expect(page.locator("#bar [data-name]")).to_have_text("First light")
    assert page.evaluate(TAKEN) == "First light"


def test_the_volume_is_kept_and_a_page_loaded_anew_shows_what_was_on(page: Page) -> None:
    page.locator("#bar").get_by_label("Volume").fill("0.4")
    assert page.locator(SOUND).evaluate("audio => audio.volume") == pytest.approx(0.4)
    page.locator("#bar").get_by_role("button", name="Pause").click()
    page.wait_for_function(PAUSED)
    time = page.locator(SOUND).evaluate("audio => audio.currentTime")
    page.goto("/personas/")
    expect(page.locator("#bar [data-name]")).to_have_text("First light")
    expect(page.locator("#bar").get_by_label("Volume")).to_have_value("0.4")
    page.locator("#bar").get_by_role("button", name="Play").click()
    plays(page.locator(SOUND))
    assert page.locator(SOUND).evaluate("audio => audio.currentTime") >= time


def test_a_video_takes_over_and_gives_back(page: Page) -> None:
    """One thing sounds at a time, and the player goes on from where it was."""
    page.evaluate(
        "() => { const video = document.createElement('video'); video.id = 'film';"
        " video.src = document.querySelector('#bar audio').src;"
        " document.getElementById('main').append(video); video.play(); }"
    )
    page.wait_for_function(PAUSED)
    plays(page.locator("#film"))
    page.locator("#bar").get_by_role("button", name="Play").click()
    plays(page.locator(SOUND))
    assert page.locator("#film").evaluate("film => film.paused")


@pytest.mark.parametrize("window", [{"width": 1280, "height": 800}, {"width": 360, "height": 740}])
def test_the_player_is_for_everyone(page: Page, window: Any) -> None:
    page.set_viewport_size(window)
    follow(page, "Activity")
    assert violations(page) == ""
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    bar = page.locator("#bar").bounding_box()
    assert bar
    assert bar["height"] <= 72
    expect(page.locator("#bar").get_by_role("button", name="Pause")).to_be_in_viewport(ratio=1)
    # What stands last on the page can be seen above it.
    page.locator(".foot").scroll_into_view_if_needed()
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    foot = page.locator(".foot p").last.bounding_box()
    assert foot
    assert foot["y"] + foot["height"] <= bar["y"]


def test_downloads_and_other_ways_out_end_nothing(page: Page, songs: list[int]) -> None:
    with page.expect_download():
        page.get_by_role("link", name="Download").first.click()
    assert not page.evaluate(PAUSED)
    # Closed, it is gone from the next page, too.
    page.get_by_role("button", name="Close the bar").click()
    expect(page.locator("#bar")).to_be_hidden()
    page.goto("/personas/")
    expect(page.locator("#bar")).to_be_hidden()
