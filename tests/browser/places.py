"""Every page in every state, for the tests that look at all of them."""

import re

import requests

from tests.browser.pages import is_status, send, stalled, tell_running
from tests.product import Product, until
from vidgo_sandbox import Sandbox

# What each place is, and its path; "" where it is found while the states are made.
PLACES = {
    "the list": "/",
    "the list, nothing found": "/?q=nothing+has+this+name",
    "the songs": "/songs/",
    "the songs, nothing found": "/songs/?q=nothing+has+this+name",
    "a song": "",
    "the import": "/songs/import/",
    "the personas": "/personas/",
    "a new video": "/new/create-music-video/",
    "a new cover": "/new/generate-music-cover/",
    "a new persona": "/new/generate-persona/",
    "a new instrumental": "/new/add-instrumental/",
    "a new separation": "/new/upload-and-separate-vocals/",
    "a finished video": "",
    "finished covers": "",
    "a finished persona": "",
    "two variations": "",
    "finished stems": "",
    "a task under way": "",
    "a failed task": "",
    "an unconfirmed task": "",
    "the credits": "/credits/",
    "the password": "/account/password/",
    "the cockpit": "/admin/",
    "a deletion": "",
    "a page that is not there": "/tasks/999999/",
}
FINISHED = {
    "a finished video": "create-music-video",
    "finished covers": "generate-music-cover",
    "a finished persona": "generate-persona",
    "two variations": "add-instrumental",
    "finished stems": "upload-and-separate-vocals",
}
# A phone is narrow, and a title can be one long word, written from the right, or in pictures.
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze " + "שיר " * 12 + "🎻🌊" * 8


def make(product: Product, api: Sandbox) -> dict[str, str]:
    """Bring about every state. Gives the path of each of `PLACES`."""
    session = product.session()
    # First what a fault is meant for: the next to be sent takes it.
    found = {"a failed task": _with_fault(session, product, api, ("task", "fail"), "failed")}
    with stalled(api):
        fault = ("submit", "drop_after")
        found["an unconfirmed task"] = _with_fault(session, product, api, fault, "unconfirmed")
    for name, model in FINISHED.items():
        found[name] = send(session, product, model, title=LONG[:190])
    until(
        lambda: all(is_status(session, product, found[name], "finished") for name in FINISHED),
        60,
        "the five results",
    )
    with stalled(api):
        under_way = send(session, product, "add-instrumental", title=LONG[:190])
        until(lambda: is_status(session, product, under_way, "not_started"), 20, "the sending")
    tell_running(api)
    until(lambda: is_status(session, product, under_way, "running"), 20, "a running task")
    found["a task under way"] = under_way
    found["a deletion"] = f"/tasks/delete/?task={found['a finished video'].split('/')[2]}"
    songs = session.get(product.url + "/songs/").text
    found["a song"] = re.findall(r'href="(/songs/\d+/)"', songs)[0]
    return {name: found.get(name, path) for name, path in PLACES.items()}


def _with_fault(
    session: requests.Session, product: Product, api: Sandbox, fault: tuple[str, str], end: str
) -> str:
    api.script.append(fault)
    path = send(session, product, "upload-and-separate-vocals")
    until(lambda: is_status(session, product, path, end), 30, end)
    return path
