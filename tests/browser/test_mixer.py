"""The stems of a whole song in a real browser: at once, in step, bounded, to take home."""

import json
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.pages import Visit, at, fade, open_mixer, violations
from tests.browser.recording import connect, place, record, samples
from tests.material import RATE, STEMS, put_stems
from tests.product import Product, until

SECONDS = 150.0
INEXACT = """
const { decodeAudioData } = BaseAudioContext.prototype;
BaseAudioContext.prototype.decodeAudioData = async function (data) {
  const sound = await decodeAudioData.call(this, data);
  return this.createBuffer(2, sound.length + 1105, this.sampleRate);
};
"""


@pytest.fixture(scope="module")
def song(product: Product, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """Return a separation of a song: its number, and the folder of its stems."""
    folder = tmp_path_factory.mktemp("song")
    return put_stems(product, folder, SECONDS), folder


@pytest.fixture
def mixer(visit: Visit, product: Product, song: tuple[int, Path]) -> Page:
    """Return the page of the song, with its mixer."""
    return open_mixer(visit, product, f"/tasks/{song[0]}/")


@pytest.fixture
def recorded(visit: Visit, product: Product, song: tuple[int, Path]) -> Page:
    """Return the same page with our recorder, which its policy would keep out."""
    page = open_mixer(visit, product, f"/tasks/{song[0]}/", bypass_csp=True)
    connect(page)
    return page


def limit(page: Page, speed: int) -> None:
    """Let the page's line bring so many kilobytes a second."""
    session = page.context.new_cdp_session(page)
    line = {"offline": False, "latency": 20, "uploadThroughput": -1}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {**line, "downloadThroughput": speed * 1000})


class Unwatched:
    """A tab without the network panel's recorder, which keeps the body of every answer."""

    def __init__(self, browser: Browser, cookies: Any) -> None:
        self.session = browser.new_browser_cdp_session()
        self.answers: list[Any] = []
        self.session.on("Target.receivedMessageFromTarget", self._receive)
        context = self.session.send("Target.createBrowserContext")["browserContextId"]
        kept = [{k: one[k] for k in ("name", "value", "domain", "path")} for one in cookies]
        self.session.send("Storage.setCookies", {"cookies": kept, "browserContextId": context})
        self.others = set(self._sizes())
        tab = {"url": "about:blank", "browserContextId": context}
        target = self.session.send("Target.createTarget", tab)["targetId"]
        attached = {"targetId": target, "flatten": False}
        self.id = self.session.send("Target.attachToTarget", attached)["sessionId"]

    def run(self, expression: str) -> Any:
        """Evaluate `expression` in the tab and give its value."""
        number = len(self.answers) + 1
        more = {"expression": expression, "userGesture": True, "returnByValue": True}
        message = {"id": number, "method": "Runtime.evaluate", "params": more}
        text = {"sessionId": self.id, "message": json.dumps(message)}
        self.session.send("Target.sendMessageToTarget", text)
        until(lambda: self.session.send("Browser.getVersion") and len(self.answers) >= number)
        return self.answers[number - 1]["result"]["result"].get("value")

    def memory(self) -> float:
        """Return the megabytes that the tab's process holds for itself."""
        return max(size for id, size in self._sizes().items() if id not in self.others)

    def _sizes(self) -> dict[int, float]:
        sizes = {}
        for process in self.session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] == "renderer":
                # One that is just ending holds nothing.
                with suppress(OSError):
                    told = Path(f"/proc/{process['id']}/smaps_rollup").read_text()
                    private = re.findall(r"Private_\w+: +(\d+) kB", told)
                    sizes[process["id"]] = sum(map(int, private)) / 1024
        return sizes

    def _receive(self, event: Any) -> None:
        self.answers.append(json.loads(event["message"]))


@pytest.mark.parametrize("seconds", [0, 137])
def test_six_stems_are_heard_as_soon_as_a_first_slice_of_each_is_there(
    mixer: Page, seconds: int
) -> None:
    """At the beginning and in the midst: nothing that comes later is waited for."""
    came: set[str] = set()

    def let_the_first_through(route: Route) -> None:
        stem = route.request.url.partition("?")[0]
        if stem not in came:
            came.add(stem)
            route.continue_()

    mixer.evaluate("time => document.querySelector('studio-mixer').go(time)", seconds)
    mixer.route("**/samples?*", let_the_first_through)
    mixer.keyboard.press("Space")
    heard = "from => document.querySelector('studio-mixer').stems.time > from"
    mixer.wait_for_function(heard, arg=seconds)
    assert len(came) == len(STEMS)


def test_after_seeks_and_mutes_all_stems_stand_on_the_same_sample(
    recorded: Page, song: tuple[int, Path]
) -> None:
    """Issue 5, 1: by correlation of what leaves each fader with that stem's own file."""
    recorded.get_by_role("button", name="Play all stems").click()
    for seconds, muted in ((121, "1234"), (48, "1234"), (99, "56")):
        recorded.evaluate("time => document.querySelector('studio-mixer').go(time)", seconds)
        for number in muted:
            recorded.keyboard.press(number)
    # Seconds are there by then, whatever else the machine does.
    heard_at = "() => document.querySelector('studio-mixer').stems.time > 103.2"
    recorded.wait_for_function(heard_at)
    heard = record(recorded, 4)

    sources = [samples(song[1] / f"{name}.wav").mean(axis=0) for name in STEMS]
    begin, end = 102 * RATE, 140 * RATE
    places = [
        place(one[:RATE], source[begin:end]) + begin
        for one, source in zip(heard[:4], sources[:4], strict=True)
    ]
    assert len(set(places)) == 1, places
    for one, source in zip(heard[:4], sources[:4], strict=True):
        # Slices join without a click or a gap: it is the file, sample by sample.
        assert numpy.abs(one - source[places[0] : places[0] + len(one)]).max() < 1e-4
    # Muted once are the last two.
    assert not any(numpy.any(one) for one in heard[4:])


def test_a_slow_line_brings_what_is_heard_and_what_is_put_on_again_comes_in_step(
    recorded: Page, song: tuple[int, Path]
) -> None:
    """Four stems are muted; one of them comes back where the others stand."""
    for number in "3456":
        recorded.keyboard.press(number)
    limit(recorded, 700)
    recorded.evaluate("document.querySelector('studio-mixer').go(60)")
    recorded.get_by_role("button", name="Play all stems").click()
    recorded.wait_for_function("() => document.querySelector('studio-mixer').stems.time > 62")
    # What the line is like, it knows by now.
    asked: list[str] = []
    recorded.on("request", lambda request: asked.append(request.url))
    recorded.wait_for_function("() => document.querySelector('studio-mixer').stems.time > 66")
    assert len({url.partition("?")[0] for url in asked if "/samples?" in url}) == 2

    recorded.keyboard.press("3")
    recorded.wait_for_function("() => document.querySelector('studio-mixer').stems.time > 71")
    limit(recorded, 100_000)
    heard = record(recorded, 2)[:3]
    sources = [samples(song[1] / f"{name}.wav").mean(axis=0) for name in STEMS[:3]]
    begin, end = 60 * RATE, 140 * RATE
    pairs = zip(heard, sources, strict=True)
    places = {place(one[:RATE], source[begin:end]) for one, source in pairs}
    assert len(places) == 1, places


def test_a_line_that_is_too_slow_is_waited_for_in_words_and_not_stuttered_over(
    mixer: Page,
) -> None:
    for number in "23456":
        mixer.keyboard.press(number)
    limit(mixer, 40)
    mixer.get_by_role("button", name="Play all stems").click()
    state = mixer.locator("studio-mixer [data-state]")
    expect(state).to_contain_text("of 0:02 is here")
    stopped = mixer.evaluate("document.querySelector('studio-mixer').stems.time")
    limit(mixer, 100_000)
    mixer.wait_for_function(
        "from => document.querySelector('studio-mixer').stems.time > from + 3", arg=stopped
    )
    expect(state).to_have_text("")


def test_a_decoder_that_is_not_exact_is_given_plain_samples(
    visit: Visit, product: Product, song: tuple[int, Path]
) -> None:
    """As those are that begin and end a file with silence of their own."""
    page = visit(product, "/", bypass_csp=True)
    page.add_init_script(INEXACT)
    page.goto(f"/tasks/{song[0]}/")
    page.locator("studio-mixer:defined").wait_for()
    connect(page)
    page.get_by_role("button", name="Play all stems").click()
    heard = record(page, 3)[1]
    source = samples(song[1] / f"{STEMS[1]}.wav").mean(axis=0)[: 60 * RATE]
    begin = place(heard[:RATE], source)
    assert numpy.abs(heard - source[begin : begin + len(heard)]).max() < 1e-4


def test_a_loop_repeats_to_the_sample(recorded: Page, song: tuple[int, Path]) -> None:
    """Typed times; the loop's end is followed by its beginning, with nothing between."""
    recorded.get_by_label("Loop from").fill("0:10")
    recorded.get_by_label("Loop to").fill("0:10.5")
    recorded.keyboard.press("Tab")
    expect(recorded.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    recorded.get_by_role("button", name="Play all stems").click()
    recorded.wait_for_function(
        "() => document.querySelector('studio-mixer').stems.context?.currentTime > 3"
    )
    heard = record(recorded, 2)[0]
    looped = samples(song[1] / "vocals.wav").mean(axis=0)[10 * RATE : 10 * RATE + RATE // 2]
    begin = place(heard[: RATE // 4], numpy.tile(looped, 2)) % len(looped)
    wanted = numpy.tile(looped, 6)[begin : begin + len(heard)]
    assert numpy.abs(heard - wanted).max() < 1e-4


def test_the_page_holds_seconds_of_the_song_and_not_all_of_it(
    whole: Browser, visit: Visit, product: Product, song: tuple[int, Path]
) -> None:
    """Issue 5, 1: under 150 MB beyond the empty page; six whole stems are about 300.

    Seen as closely as can be, the most is drawn. The browser lets go of what was played, and of
    what was drawn, when it likes.
    """
    cookies = visit(product).context.cookies()
    tab = Unwatched(whole, cookies)
    before = tab.memory()
    tab.run(f"location = '{product.url}/tasks/{song[0]}/'")
    mixer = "document.querySelector('studio-mixer')"
    until(lambda: tab.run(f"Boolean({mixer}?.stems)"))
    tab.run(f"for (let n = 0; n < 9; n += 1) {mixer}.zoom.step(1)")
    tab.run(f"{mixer}.toggle()")
    for seconds in (20, 90, 110, 60, 140, 40, 80):
        tab.run(f"{mixer}.go({seconds})")
        until(partial(tab.run, f"{mixer}.stems.time > {seconds + 4}"))
        assert tab.memory() - before < 150
    tab.session.detach()


def test_a_mix_is_exported_as_it_was_heard(
    mixer: Page, song: tuple[int, Path], tmp_path: Path
) -> None:
    """Issue 5, 2: the sum of the stems with the faders' gains, within one per cent RMS."""
    fade(mixer, "Volume of Drums", -8)
    fade(mixer, "Volume of Bass", 3.5)
    mixer.get_by_role("button", name="Mute Vocals").click()
    with mixer.expect_download() as waiting:
        mixer.get_by_role("link", name="Export mix: WAV").click()
    assert waiting.value.suggested_filename == "Relaxing Piano - mix.wav"
    waiting.value.save_as(tmp_path / "mix.wav")
    mixed = samples(tmp_path / "mix.wav")
    gains = {"vocals": 0.0, "drums": 0.3981, "bass": 1.4962}
    stems = [samples(song[1] / f"{name}.wav") * gains.get(name, 1.0) for name in STEMS]
    wanted = numpy.sum(stems, axis=0)
    difference = numpy.sqrt(((mixed - wanted) ** 2).mean()) / numpy.sqrt((wanted**2).mean())
    assert difference < 0.01


def test_a_link_gives_the_mix_to_somebody_else(mixer: Page, visit: Visit, product: Product) -> None:
    fade(mixer, "Volume of Piano", -9)
    mixer.get_by_role("button", name="Vocals alone").click()
    mixer.get_by_label("Loop from").fill("1:05")
    mixer.get_by_label("Loop to").fill("1:20.5")
    mixer.keyboard.press("Tab")
    mixer.wait_for_url("**loop=65-80.5")
    other = open_mixer(visit, product, mixer.url.removeprefix(product.url))
    at(other, "Volume of Piano", "minus 9.0 dB")
    expect(other.get_by_role("button", name="Vocals alone")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(other.get_by_label("Loop to")).to_have_value("1:20.5")
    expect(other.get_by_role("button", name="Loop", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_keys_play_move_mute_and_solo(mixer: Page) -> None:
    mixer.keyboard.press("Space")
    expect(mixer.get_by_role("button", name="Pause")).to_be_visible()
    mixer.keyboard.press("ArrowRight")
    mixer.wait_for_function("() => document.querySelector('studio-mixer').stems.time > 5")
    mixer.keyboard.press("2")
    expect(mixer.get_by_role("button", name="Mute Drums")).to_have_attribute("aria-pressed", "true")
    mixer.keyboard.press("Shift+Digit1")
    expect(mixer.get_by_role("button", name="Vocals alone")).to_have_attribute(
        "aria-pressed", "true"
    )
    mixer.keyboard.press("Space")
    expect(mixer.get_by_role("button", name="Play all stems")).to_be_visible()


def test_a_finger_marks_a_loop_along_a_waveform_on_a_phone(
    visit: Visit, product: Product, song: tuple[int, Path]
) -> None:
    page = open_mixer(
        visit,
        product,
        f"/tasks/{song[0]}/",
        viewport={"width": 360, "height": 740},
        has_touch=True,
    )
    overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    wave = page.locator("[data-wave]").nth(2)
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Loop from")).to_have_value(re.compile(r"^0:3[78]"))
    expect(page.get_by_label("Loop to")).to_have_value(re.compile(r"^1:1[45]"))
    # The loop's fields have come above the lanes.
    box = wave.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.75, box["y"] + 10)
    page.wait_for_function("() => document.querySelector('studio-mixer').stems.time > 100")


def test_the_mixer_has_no_fault_that_axe_can_see(mixer: Page) -> None:
    assert violations(mixer) == ""


def test_a_reset_and_a_mix_overwritten_are_undone(mixer: Page) -> None:
    """By the button and by keys, after a reload, too; the address says what is heard."""
    undo = mixer.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    fade(mixer, "Volume of Piano", -9)
    mixer.get_by_label("Loop from").fill("1:05")
    mixer.get_by_label("Loop to").fill("1:20")
    mixer.keyboard.press("Tab")
    mixer.wait_for_url("**loop=65-80")
    mixer.get_by_role("button", name="Reset").click()
    at(mixer, "Volume of Piano", "0.0 dB")
    mixer.wait_for_function("() => !location.search")
    undo.click()
    at(mixer, "Volume of Piano", "minus 9.0 dB")
    expect(mixer.get_by_label("Loop to")).to_have_value("1:20")
    mixer.wait_for_url("**loop=65-80")

    fade(mixer, "Volume of Piano", -2)
    mixer.wait_for_url("**:79.43,**")
    mixer.reload()
    at(mixer, "Volume of Piano", "minus 2.0 dB")
    mixer.get_by_role("button", name="Play all stems").focus()
    mixer.keyboard.press("Control+z")
    at(mixer, "Volume of Piano", "minus 9.0 dB")
    assert violations(mixer) == ""
