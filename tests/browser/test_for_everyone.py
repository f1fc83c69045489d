"""Every page, in every state: for axe, in dark and light, and on a phone 360 pixels wide."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.pages import Visit, open_folds, violations
from tests.browser.places import PLACES, make
from tests.engines.window import promised
from tests.product import Product, until
from vidgo_sandbox import Sandbox

PHONE: Any = {"width": 360, "height": 740}
DESK: Any = {"width": 1280, "height": 800}
# What the colours of the other scheme can break.
COLOURS = ["color-contrast", "link-in-text-block"]

# Django's admin fades from one scheme to the other, reduced motion or not.
SETTLED = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)
)"""

# The kilobytes of a first visit, but for the typeface, and the band's own pictures and sounds.
WEIGHT = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .filter(({ name }) => !name.endsWith(".woff2") && !name.includes("/media/"))
  .reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000"""
# What the mixer is made of comes on top.
HEAVY = {"finished stems": 70, "all stems": 70}

SEEN = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
# What moved by itself since the page was first seen, and how much of the window it took; a menu
# that is read in two pieces counts for less than this.
JUMPS = """() => new Promise((done) => {
  const jumps = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].join();
  const what = ({ node, previousRect, currentRect }) =>
    `${node?.outerHTML?.slice(0, 60)} from ${place(previousRect)} to ${place(currentRect)}`;
  new PerformanceObserver((list) => list.getEntries().forEach((jump) => {
    if (jump.value > 0.01) jumps.push(`${jump.value}: ${jump.sources.map(what).join(" | ")}`);
  })).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(jumps)));
})"""


@pytest.fixture(scope="package")
def places(scripted: Product, api: Sandbox) -> dict[str, str]:
    """Return the path of every page in every state."""
    return make(scripted, api)


@pytest.fixture(scope="package")
def empty(api: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a product in which nothing is yet, and whose key the API refuses."""
    data = tmp_path_factory.mktemp("empty")
    with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="wrong") as running:
        yield running


def _check(page: Page) -> None:
    """See that axe finds nothing in either scheme, and that a phone scrolls only downwards.

    What is unfolded in what refreshes stays so by its id.
    """
    assert not page.locator("[data-rev] details:not([id])").count()
    open_folds(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    promised(page, SETTLED)
    assert not violations(page)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    promised(page, SETTLED)
    assert not violations(page, COLOURS)
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not violations(page, ["target-size"])


@pytest.mark.parametrize("name", PLACES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    scripted: Product, places: dict[str, str], visit: Visit, name: str
) -> None:
    told: list[str] = []
    page = visit(scripted, places[name], complaints=told, viewport=DESK)
    assert 10 < page.evaluate(WEIGHT) < HEAVY.get(name, 60)
    _check(page)
    # A page that is not there is told on the console; nothing else is.
    assert [line for line in told if "status of 404" not in line] == []
    assert bool(told) == (name == "a page that is not there")


@pytest.mark.parametrize(
    ("name", "viewport"),
    [
        *(
            ("the library", PHONE),
            ("the list", PHONE),
            ("finished covers", PHONE),
            ("two variations", PHONE),
        ),
        *(("finished stems", PHONE), ("finished stems", DESK)),
        *(("a song", DESK), ("a finished video", DESK)),
    ],
)
def test_nothing_jumps_when_the_scripts_come_late(
    scripted: Product, places: dict[str, str], visit: Visit, name: str, viewport: dict[str, int]
) -> None:
    page = visit(scripted, "/credits/", viewport=viewport)
    if name == "finished stems":
        until(lambda: "<studio-mixer" in _content(page, places[name]), "the mixer")
    late: list[Route] = []
    page.route("**/static/js/*.js", lambda route: late.append(route))
    page.route("**/static/js/theme.*.js", lambda route: route.continue_())
    page.goto(places[name], wait_until="commit")
    page.wait_for_function(SEEN)
    page.unroute("**/static/js/*.js")
    for route in late:
        route.continue_()
    page.wait_for_load_state("networkidle")
    assert late
    assert promised(page, JUMPS) == []


def test_a_cover_stays_where_it_is_when_the_text_beside_it_comes(
    scripted: Product, places: dict[str, str], visit: Visit
) -> None:
    page = visit(scripted, places["a song"], viewport=DESK)
    cover, text = page.locator(".result-picture"), page.locator(".result-title")
    before = cover.bounding_box()
    assert before
    # As high as the text of a long title.
    text.evaluate("text => { text.style.minHeight = '8rem'; }")
    assert text.evaluate("text => text.offsetHeight") > before["height"]

    text.evaluate("text => text.remove()")

    assert cover.bounding_box() == before


def test_the_bar_for_what_is_chosen_waits_for_a_choice_and_for_no_script(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/credits/", viewport=PHONE)
    late: list[Route] = []
    page.route("**/static/js/bulk.*.js", lambda route: late.append(route))
    page.goto("/tasks/", wait_until="commit")
    page.wait_for_function(SEEN)
    expect(page.locator("#bulk")).to_be_attached()
    expect(page.locator("#bulk")).to_be_hidden()

    page.locator(".pick").first.check()
    expect(page.locator("#bulk")).to_be_visible()

    for route in late:
        route.continue_()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator("#bulk")).to_be_hidden()


def _content(page: Page, path: str) -> str:
    page.goto(path)
    return page.content()


@pytest.mark.parametrize(
    "path", ["/", "/tasks/", "/recordings/", "/personas/", "/new/create-music-video/"]
)
def test_empty_pages_too(empty: Product, visit: Visit, path: str) -> None:
    _check(visit(empty, path, viewport=DESK))


@pytest.mark.parametrize("model", ["generate-persona", "add-instrumental"])
def test_forms_with_errors_too(scripted: Product, visit: Visit, model: str) -> None:
    page = visit(scripted, f"/new/{model}/", viewport=DESK)
    page.locator(".send button").click()
    page.locator(".box.trouble[role=alert]").wait_for()
    _check(page)


def test_the_sign_in_too_with_its_error(
    scripted: Product, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=scripted.url, viewport=DESK).new_page()
    page.goto("/login/")
    _check(page)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    _check(page)


def test_the_locked_door_too(
    scripted: Product, open_context: Callable[..., BrowserContext]
) -> None:
    wrong = {"username": "guessed", "password": "nothing"}
    stranger = requests.Session()
    stranger.get(f"{scripted.url}/login/")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        scripted.post(stranger, "/login/", wrong)
    told: list[str] = []
    page = open_context(complaints=told, base_url=scripted.url, viewport=DESK).new_page()
    page.goto("/login/")
    page.get_by_label("Username").fill(wrong["username"])
    page.get_by_label("Password").fill(wrong["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Too many").wait_for()
    _check(page)


def test_menus_too(scripted: Product, visit: Visit) -> None:
    # Where an open menu covers nothing in part.
    page = visit(scripted, "/songs/import/", viewport=DESK)
    for menu in page.locator("details.menu > summary").all():
        menu.click()
        assert not violations(page)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.set_viewport_size(DESK)


def test_a_refused_key_too(empty: Product, visit: Visit) -> None:
    page = visit(empty, "/songs/import/", viewport=DESK)
    page.get_by_label("Song ids").fill("task-of-a-song")
    page.locator(".send button").click()
    page.wait_for_url("**/tasks/*/")
    told = page.get_by_text("Vidgo refuses the key.")

    def is_told() -> bool:
        page.reload()
        return told.count() > 0

    until(is_told, "the refusal")

    _check(page)
