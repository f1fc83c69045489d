"""Songs and files as a musician brings them: chosen, dropped, imported, by keyboard alone."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Visit, choose_song, status, violations
from tests.product import Product, until
from tests.sounds import silence, tone
from vidgo_sandbox import SONGS, Sandbox

MB = 1024**2
SEPARATE, ACCOMPANY = "/new/upload-and-separate-vocals/", "/new/add-instrumental/"


class Line:
    """A connection to `port` that is slow, and that can break: a browser goes to `url`."""

    def __init__(self, port: int, rate: int) -> None:
        self.rate = rate
        self.is_up = True
        self._target = port
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        # Little room, so that the browser notices how slow it is.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection there is, and each that a browser tries again, until `is_up`."""
        self.is_up = False
        for one in self._sockets:
            with suppress(OSError):
                # A reset: whoever has no room to send would not notice that the other end has gone.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
                one.close()

    def close(self) -> None:
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._server.accept()
                if not self.is_up:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [here, there]
                for source, target in ((here, there), (there, here)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(16 * 1024):
                target.sendall(piece)
                if len(piece) > 8 * 1024:
                    time.sleep(len(piece) / self.rate)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(studio: Product) -> Iterator[Line]:
    """A slow line to the product."""
    line = Line(studio.port, rate=MB)
    yield line
    line.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with an API of its own, and no song yet."""
    with Sandbox(tmp_path_factory.mktemp("api"), pace=0.1, light=True) as api:
        data = tmp_path_factory.mktemp("studio")
        with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as running:
            yield running


def tab_to(target: Locator) -> None:
    """Press Tab until `target` has the focus, as often as the whole page may need."""
    keyboard = target.page.keyboard
    for _ in range(150):
        keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never comes to {target}")


def press(target: Locator, key: str = "Enter") -> None:
    """Go to `target` and press a key on it."""
    tab_to(target)
    target.page.keyboard.press(key)


def open_form(page: Page, name: str) -> None:
    """Open one of the forms by the menu."""
    press(page.locator("details.new > summary"))
    press(page.locator("details.new").get_by_role("link", name=name))
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def send(page: Page) -> None:
    """Press the form's button and wait for the result."""
    press(page.locator(".send button"))
    page.wait_for_url("**/tasks/*/")
    status(page, "finished")


def under_way(page: Page) -> Locator:
    return page.locator("[data-under-way] > li")


def chosen(page: Page) -> Locator:
    return page.locator("#upload-options :checked")


def test_all_of_it_by_keyboard_alone(studio: Product, visit: Visit, tmp_path: Path) -> None:
    page = visit(studio)
    sound = tone(tmp_path / "Low tide.wav")

    open_form(page, "Split a song into stems")
    # Asked for before Tab: only its round trips make sure that the browser waits for the key.
    with page.expect_file_chooser() as chooser:
        press(page.locator("#id_file"), "Space")
    chooser.value.set_files(sound)
    expect(chosen(page)).to_have_count(1)
    expect(page.locator("#id_title")).to_have_value("Low tide")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Low tide")

    press(page.get_by_role("navigation").get_by_role("link", name="Library"))
    press(page.get_by_role("link", name="Import songs").first)
    tab_to(page.locator("#id_task_id"))
    page.keyboard.type(SONGS[0].task_id)
    press(page.get_by_role("button", name="Import"))
    status(page, "finished")
    expect(page.get_by_role("heading", level=1)).to_have_text(SONGS[0].title)

    for name in ("Make a music video", "Make a cover", "Make a persona"):
        open_form(page, name)
        press(page.locator("#track-options [data-source]").first, "Space")
        expect(page.locator("#track-options :checked")).to_have_count(1)
        if "persona" in name:
            tab_to(page.locator("#id_name"))
            page.keyboard.type("The harbour voice")
            tab_to(page.locator("#id_description"))
            page.keyboard.type("Warm and close")
        send(page)


def test_files_are_dropped_on_the_page_and_each_is_a_task(
    studio: Product, visit: Visit, tmp_path: Path
) -> None:
    # The browser itself complains of the refusal.
    page = visit(studio, SEPARATE, complaints=[])
    names = ["First take.mp3", "Second take.mp3", "Nothing.wav"]
    for number, name in enumerate(names[:2]):
        tone(tmp_path / name, pitch=300 + 100 * number)
    silence(tmp_path / names[2])
    files = [{"name": name, "bytes": [*(tmp_path / name).read_bytes()]} for name in names]
    dropped = page.evaluate_handle(
        """(files) => {
          const data = new DataTransfer();
          for (const { name, bytes } of files) {
            data.items.add(new File([new Uint8Array(bytes)], name));
          }
          return data;
        }""",
        files,
    )

    page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    page.dispatch_event("main", "drop", {"dataTransfer": dropped})

    expect(chosen(page)).to_have_count(2)
    expect(under_way(page)).to_contain_text("This sound is silent")
    expect(page.locator("#live")).to_contain_text("Nothing.wav")
    assert not violations(page)
    under_way(page).get_by_role("button", name="Remove").click()
    page.locator(".send button").click()
    page.wait_for_url(studio.url + "/tasks/")
    for name in names[:2]:
        expect(page.get_by_role("link", name=Path(name).stem).first).to_be_visible()


def test_the_progress_moves_and_the_form_goes_when_the_file_is_there(
    studio: Product, visit: Visit, line: Line, tmp_path: Path
) -> None:
    page = visit(studio, line.url + SEPARATE)
    # Much more than the buffers on the way hold.
    sound = tone(tmp_path / "Long take.wav", seconds=180)
    line.rate = 4 * MB
    page.evaluate(
        """() => {
          window.seen = [];
          const list = document.querySelector("[data-under-way]");
          new MutationObserver(() => {
            const value = list.querySelector("progress")?.getAttribute("value");
            if (value && value !== window.seen.at(-1)) window.seen.push(value);
          }).observe(list, { subtree: true, childList: true, attributes: true });
        }"""
    )

    page.locator("#id_file").set_input_files(sound)
    page.wait_for_function("() => window.seen.length > 3")
    moved = [float(value) for value in page.evaluate("window.seen")]
    assert moved == sorted(moved)
    page.locator(".send button").click()
    expect(page.locator("#live")).to_have_text("This goes as soon as the files are there.")

    page.wait_for_url("**/tasks/*/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Long take")


def test_a_broken_connection_says_so_and_can_be_tried_again(
    studio: Product, visit: Visit, line: Line, tmp_path: Path
) -> None:
    # The browser itself complains of the broken connection.
    page = visit(studio, line.url + ACCOMPANY, complaints=[])
    sound = tone(tmp_path / "Broken take.wav", seconds=60)
    page.locator("#id_negative_tags").fill("metal")
    page.locator("#id_file").set_input_files(sound)
    until(lambda: [*(studio.data / "incoming").glob("*.upload*")], what="its beginning on disk")

    line.cut()

    expect(under_way(page)).to_contain_text("The connection broke. Nothing of this file was kept.")
    expect(chosen(page)).to_have_count(0)
    until(lambda: not [*(studio.data / "incoming").glob("*.upload*")], what="nothing left of it")
    line.rate, line.is_up = 10 * MB, True
    under_way(page).get_by_role("button", name="Try again").click()
    expect(chosen(page)).to_have_count(1)
    expect(page.locator("#id_title")).to_have_value("Broken take")
    expect(page.locator("#id_negative_tags")).to_have_value("metal")


def test_a_file_over_the_limit_is_told_at_once_and_without_scripts_too(
    studio: Product, visit: Visit, tmp_path: Path
) -> None:
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(202 * MB)
    page = visit(studio, ACCOMPANY)
    page.locator("#id_file").set_input_files(large)
    expect(under_way(page)).to_contain_text("This file is larger than 200 MB.")

    plain = visit(studio, ACCOMPANY, java_script_enabled=False)
    plain.locator("#id_title").fill("Low tide")
    plain.locator("#id_file").set_input_files(large)
    plain.locator(".send button").click()
    expect(plain.locator("#id_file_error")).to_have_text("This file is larger than 200 MB.")
    expect(plain.locator("#id_title")).to_have_value("Low tide")


def test_without_scripts_a_file_becomes_a_task(
    studio: Product, visit: Visit, tmp_path: Path
) -> None:
    page = visit(studio, ACCOMPANY, java_script_enabled=False)
    tagged = ("-metadata", "title=From the harbour", "-metadata", "genre=Ambient")
    page.locator("#id_file").set_input_files(tone(tmp_path / "take 3.mp3", *tagged, pitch=500))
    page.locator(".send button").click()

    # What was left out is asked for; the file is there, and so is what it says of itself.
    expect(page.locator("#id_negative_tags_error")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("From the harbour")
    expect(page.locator("#id_tags")).to_have_value("Ambient")
    expect(chosen(page)).to_have_count(1)
    page.locator("#id_negative_tags").fill("metal")
    page.locator(".send button").click()
    page.wait_for_url("**/tasks/*/")


def test_a_chosen_song_fills_title_and_tags_and_gives_way_to_a_file(
    studio: Product, visit: Visit, tmp_path: Path
) -> None:
    page = visit(studio, "/songs/import/")
    page.locator("#id_task_id").fill(SONGS[1].task_id)
    page.get_by_role("button", name="Import").click()
    status(page, "finished")
    page.wait_for_selector("[data-unsettled]", state="detached")
    page.goto(ACCOMPANY)

    choose_song(page)
    expect(page.locator("#id_title")).to_have_value(SONGS[1].title)
    expect(page.locator("#id_tags")).to_have_value(SONGS[1].tags)
    page.locator("#id_file").set_input_files(tone(tmp_path / "Mine.mp3", pitch=700))
    expect(chosen(page)).to_have_count(1)
    expect(page.locator("#track-options :checked")).to_have_count(0)
    expect(page.locator("#id_title")).to_have_value("Mine")
    # What a person typed stays, whatever is chosen next.
    page.locator("#id_title").fill("My own title")
    page.get_by_role("button", name="Change").click()
    choose_song(page)
    expect(chosen(page)).to_have_count(0)
    expect(page.locator("#id_title")).to_have_value("My own title")
