"""Every page in every state, for the tests that look at all of them."""

import re
import tempfile
from pathlib import Path

import requests

from tests.browser.pages import is_status, send, song_keys, stalled, tell_running
from tests.material import sound
from tests.product import Product, until
from vidgo_sandbox import Sandbox

# What each place is, and its path; "" where it is found while the states are made.
PLACES = {
    "the library": "/",
    "the library, nothing found": "/?q=nothing+has+this+name",
    "the recordings": "/recordings/",
    "the list": "/tasks/",
    "the list, nothing found": "/tasks/?q=nothing+has+this+name",
    "the songs": "/songs/",
    "a song": "",
    "the import": "/songs/import/",
    "the personas": "/personas/",
    "a new video": "/new/create-music-video/",
    "a new cover": "/new/generate-music-cover/",
    "a new persona": "/new/generate-persona/",
    "a new instrumental": "/new/add-instrumental/",
    "a new song": "/new/generate-music/?custom_mode=true",
    "an extension": "/new/extend-music/?default_param_flag=true",
    "a new part": "/new/replace-section/",
    "another style": "/new/upload-and-cover-audio/?custom_mode=true",
    "a new separation": "/new/upload-and-separate-vocals/",
    "a finished video": "",
    "finished covers": "",
    "a finished persona": "",
    "two variations": "",
    "finished stems": "",
    "all stems": "",
    "lyrics": "",
    "a song with its words in time": "",
    "a task under way": "",
    "a failed task": "",
    "an unconfirmed task": "",
    "the credits": "/credits/",
    "the password": "/account/password/",
    "the cockpit": "/admin/",
    "a deletion": "",
    "the trash": "/trash/",
    "what lies in the trash": "",
    "a recording": "",
    "a page that is not there": "/tasks/999999/",
}
FINISHED = {
    "a finished video": "create-music-video",
    "finished covers": "generate-music-cover",
    "a finished persona": "generate-persona",
    "two variations": "add-instrumental",
    "finished stems": "upload-and-separate-vocals",
    "all stems": "stem-split",
    "lyrics": "generate-lyrics",
}
# A phone is narrow, and a title can be one long word, written from the right, or in pictures.
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze " + "שיר " * 12 + "🎻🌊" * 8


def make(product: Product, api: Sandbox) -> dict[str, str]:
    """Bring about every state. Returns the path of each of `PLACES`."""
    session = product.session()
    # First what a fault is meant for: the next to be sent takes it.
    found = {"a failed task": _with_fault(session, product, api, ("task", "fail"), "failed")}
    with stalled(api):
        fault = ("submit", "drop_after")
        found["an unconfirmed task"] = _with_fault(session, product, api, fault, "unconfirmed")
    sung = song_keys(session, product, "get-timestamped-lyrics")[0]
    found["timed"] = send(session, product, "get-timestamped-lyrics", track=sung)
    for name, model in FINISHED.items():
        found[name] = send(session, product, model, title=LONG[:190])
    until(
        lambda: all(
            is_status(session, product, found[name], "finished") for name in (*FINISHED, "timed")
        ),
        "the results",
    )
    with stalled(api):
        under_way = send(session, product, "add-instrumental", title=LONG[:190])
        until(lambda: is_status(session, product, under_way, "not_started"), "the sending")
    tell_running(api)
    until(lambda: is_status(session, product, under_way, "running"), "a running task")
    found["a task under way"] = under_way
    found["a deletion"] = f"/tasks/delete/?task={found['a finished video'].split('/')[2]}"
    found |= _thrown_away(product, session)
    found["a song with its words in time"] = f"/songs/{sung}/"
    songs = session.get(product.url + "/songs/").text
    found["a song"] = re.findall(r'href="(/songs/\d+/)"', songs)[0]
    return {name: found.get(name, path) for name, path in PLACES.items()}


def _thrown_away(product: Product, session: requests.Session) -> dict[str, str]:
    """Put a task into the trash, and keep a recording."""
    gone = send(session, product, "generate-lyrics", prompt="Not this one")
    until(lambda: is_status(session, product, gone, "finished"), "what is thrown away")
    product.post(session, "/tasks/delete/", {"task": gone.split("/")[2], "sure": "yes"})
    with tempfile.TemporaryDirectory() as folder:
        file = sound(Path(folder) / "rehearsal-07.wav", 2).open("rb")
        token = session.cookies["csrftoken"]
        address = f"{product.url}/new/upload-and-separate-vocals/upload/"
        answer = session.post(address, {"csrfmiddlewaretoken": token}, files={"file": file})
    found = re.findall(r'value="(\d+)"', answer.text)
    return {"what lies in the trash": gone, "a recording": f"/recordings/{found[0]}/"}


def _with_fault(
    session: requests.Session, product: Product, api: Sandbox, fault: tuple[str, str], end: str
) -> str:
    api.script.append(fault)
    path = send(session, product, "upload-and-separate-vocals")
    until(lambda: is_status(session, product, path, end), end)
    return path
