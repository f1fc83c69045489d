"""Every address and method as anonymous, viewer, member and administrator, held against a table."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from studio.lifecycle import account
from studio.models import Asset, Delivery, Event, Mix, Preview, Task, Track, Upload
from studio.running import doctor
from studio.team import roles

pytestmark = pytest.mark.once

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WHO = ("anonymous", "viewer", "member", "administrator")

# From which of them on a method is open. What a row does not name is open to nobody.
LOOK = {"GET": "viewer", "HEAD": "viewer"}
MAKE = {"POST": "member"}
FORM = {"GET": "member", "HEAD": "member", "POST": "member"}
PUBLIC = {"GET": "anonymous", "HEAD": "anonymous"}
# A way to another page; it changes nothing, whatever the method.
WAY = {**dict.fromkeys(METHODS, "member"), **LOOK, "OPTIONS": "viewer"}
ADMIN = dict.fromkeys(METHODS, "administrator")

TABLE: dict[str, dict[str, str]] = {
    # Django's own views answer OPTIONS themselves, to whoever may use the address.
    "login": {**PUBLIC, "POST": "anonymous", "PUT": "anonymous", "OPTIONS": "anonymous"},
    "logout": {"POST": "viewer", "OPTIONS": "viewer"},
    "password": {**LOOK, "POST": "viewer", "PUT": "viewer", "OPTIONS": "viewer"},
    "library": LOOK,
    "recordings": LOOK,
    "recording": LOOK,
    "recording-rename": MAKE,
    "recording-delete": FORM,
    "recording-restore": MAKE,
    "trash": LOOK,
    "trash-empty": dict.fromkeys(("GET", "HEAD", "POST"), "administrator"),
    "task-restore": MAKE,
    "tasks": LOOK,
    "task": LOOK,
    "task-cancel": MAKE,
    "task-ask": MAKE,
    "task-adopt": MAKE,
    "task-send-again": MAKE,
    "task-give-up": MAKE,
    "task-save-again": MAKE,
    "task-words": LOOK,
    "task-try-again": MAKE,
    "task-zip": LOOK,
    "bulk-zip": {"POST": "viewer"},
    "bulk-again": MAKE,
    "bulk-delete": FORM,
    "news": LOOK,
    "mix": LOOK,
    "mixes": LOOK | MAKE,
    "mix-last": {"POST": "viewer"},
    "mix-delete": MAKE,
    "dawproject": LOOK,
    "new-index": WAY,
    "new": FORM,
    "upload": MAKE,
    "tracks": LOOK,
    "import": FORM,
    "track": LOOK,
    "track-lrc": LOOK,
    "track-words": LOOK,
    "track-star": MAKE,
    "personas": LOOK,
    "credits": LOOK,
    "credits-csv": LOOK,
    "media": LOOK,
    "peaks": LOOK,
    "samples": LOOK,
    "poster": LOOK,
    "rhythm": MAKE,
    "upload-media": LOOK,
    "upload-peaks": LOOK,
    "upload-samples": LOOK,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    # Their addresses are the secret.
    "callback": {"POST": "anonymous"},
    "callback-bare": {"POST": "anonymous"},
    "round-trip": {"POST": "anonymous"},
    "public": PUBLIC,
}
ADMIN_MODELS = (
    *("auth_user", "studio_account", "studio_asset", "studio_delivery", "studio_event"),
    *("studio_task", "studio_track", "studio_upload"),
)
ADMIN_VIEWS = ("changelist", "add", "history", "delete", "change")
TABLE |= {
    f"admin:{name}": ADMIN
    for name in (
        *("index", "logout", "doctor", "password_change", "password_change_done"),
        *(
            "doctor",
            "autocomplete",
            "jsi18n",
            "view_on_site",
            "app_list",
            "auth_user_password_change",
        ),
        *(f"{model}_{view}" for model in ADMIN_MODELS for view in ADMIN_VIEWS),
    )
}
# Before Django's own views of these names: ways to the one page there is for each.
TABLE["admin:login"] = TABLE["admin:password_change"] = WAY
# Addresses without a name: ours to the sign-in of the admin, Django's for an old or unknown one.
NAMELESS = {
    "admin/login/",
    "admin/password_change/",
    r"admin/(?P<url>.*)$",
    *(f"admin/{model.replace('_', '/')}/<path:object_id>/" for model in ADMIN_MODELS),
}


def routes(resolver: URLResolver | None = None, before: str = "", space: str = "") -> Iterator[Any]:
    """Yield every route of the product with its name."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route, f"{space}{pattern.name}" if pattern.name else ""
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern, route, inner)


def test_every_view_has_its_row() -> None:
    found = list(routes())
    assert {name for _, name in found if name} == set(TABLE)
    assert {route for route, name in found if not name} == NAMELESS


@pytest.fixture
def house(make_task: Any, settings: Any, tmp_path: Any) -> dict[str, Any]:
    """One row of each kind, so that nothing is denied by being absent."""
    settings.MEDIA_ROOT = tmp_path
    task = make_task("upload-and-separate-vocals", audio_url="https://a.example/a.mp3")
    task.status, task.title, task.vidgo_id = Task.Status.FINISHED, "Night", "made-1"
    task.save()
    saved: dict[str, Any] = {"state": Asset.State.SAVED, "size": 4, "sha256": "0" * 64}
    assets = [
        Asset.objects.create(task=task, key=key, kind="stem", label=key, **saved) for key in "ab"
    ]
    upload = Upload(name="a", title="a", content_type="audio/wav", size=4, duration=1, sha256="1")
    waiting = make_task("add-instrumental", title="x")
    stored: list[Any] = [*assets, upload]
    for row in stored:
        row.content_type = "audio/wav"
        row.file.save("", ContentFile(b"RIFF"))
    waiting.source_upload = upload
    waiting.save()
    preview = Preview(asset=assets[0])
    for sampled in (preview, Preview(upload=upload)):
        sampled.samples.save("", ContentFile(b"\0" * 8))
    preview.poster.save("", ContentFile(b"poster"))
    track = Track.objects.create(task=task, audio_id="a1", title="Night", sound=assets[0])
    timed = make_task("get-timestamped-lyrics", task_id="made-1", audio_id="a1")
    words = {"words": [{"word": "Night", "start_s": 0, "end_s": 1}]}
    Asset.objects.create(task=timed, key="0", kind="times", label="x", data=words, **saved)
    return {
        "task": task,
        "asset": assets[0],
        "track": track,
        "preview": preview,
        "kept": Mix.objects.create(task=task, name="Loud"),
        "upload": upload,
        "token": task.callback_token,
        "sound": waiting.sound_token,
        "delivery": Delivery.objects.create(task=task, origin="callback", body="{}"),
        "event": Event.objects.filter(task=task).first(),
        "account": account.get(),
        "user": User.objects.create_user("someone"),
    }


def address(name: str, house: dict[str, Any]) -> str:
    """Return an address of the route `name` at which there is something."""
    keys = {
        "track": "track",
        "track-lrc": "track",
        "track-words": "track",
        "rhythm": "preview",
        "mix-delete": "kept",
        "upload-media": "upload",
        "upload-peaks": "upload",
    }
    keys |= dict.fromkeys(("media", "peaks", "poster"), "asset")
    keys |= {name: "upload" for name in TABLE if name.startswith("recording-")}
    keys["recording"] = "upload"
    if name in ("samples", "upload-samples"):
        key = house["asset" if name == "samples" else "upload"].pk
        return reverse(name, args=[key]) + "?from=0&seconds=1"
    special: dict[str, list[Any]] = {
        "new": ["upload-and-separate-vocals"],
        "upload": ["upload-and-separate-vocals"],
        "callback": [house["token"]],
        "callback-bare": [house["token"]],
        "round-trip": [doctor.ask()],
        "public": [house["sound"], "sound.wav"],
        "mix": [house["task"].pk, "wav"],
        "admin:app_list": ["studio"],
        "admin:view_on_site": [1, 1],
        "admin:auth_user_password_change": [house["user"].pk],
    }
    if name in special:
        return reverse(name, args=special[name])
    try:
        return reverse(name)
    except NoReverseMatch:
        key = keys.get(name, "task")
        for model in ADMIN_MODELS:
            if name.startswith(f"admin:{model}_"):
                key = model.split("_")[1]
        row = house[key]
        return reverse(name, args=[getattr(row, "pk", row)])


def client_of(who: str) -> Client:
    """Return the browser of one who is there for the first time."""
    client = Client(raise_request_exception=False)
    if who != "anonymous":
        user = User.objects.get_or_create(username=who)[0]
        roles.give(user, roles.Role(who))
        client.force_login(user)
    return client


def verdict(response: Any) -> str:
    """Tell what an answer means: open, or closed by the sign-in page, a 403 or a 405."""
    gates = ("/login/?next=", "/admin/login/?next=")
    if response.status_code == 302 and response.url.startswith(gates):
        return "sign in"
    return {403: "denied", 405: "no such method"}.get(response.status_code, "open")


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
def test_every_address_and_method_is_open_to_whom_the_table_says(
    who: str, house: dict[str, Any]
) -> None:
    deviations: list[tuple[Any, ...]] = []
    walked, client = 0, client_of(who)
    for (name, row), method in itertools.product(TABLE.items(), METHODS):
        response = client.generic(method, address(name, house))
        if name.endswith("logout"):
            client = client_of(who)
        walked += 1
        lowest = row.get(method)
        allowed = lowest is not None and WHO.index(who) >= WHO.index(lowest)
        # A page may well refuse an empty form or a method; it does so to whom it is open only.
        is_admin = row is ADMIN and allowed
        expected = {"open", "denied", "no such method"} if is_admin else {"open"}
        if not allowed:
            expected = {"sign in"} if who == "anonymous" else {"denied", "no such method"}
            if "anonymous" in row.values():
                expected = {"no such method"}
        told = verdict(response)
        # Without a worker it is not ready; there are no real stems to mix, and nobody reads one.
        broken = response.status_code >= 500 and name not in ("readyz", "mix", "dawproject")
        if told not in expected or broken:
            deviations.append((name, method, response.status_code, told, expected))
        if (
            allowed
            and row is LOOK
            and name not in ("mix", "dawproject")
            and response.status_code not in (200, 204, 302)
        ):
            deviations.append((name, method, response.status_code, "nothing there", "something"))
    assert not deviations, "\n".join(map(str, deviations))
    assert walked == len(TABLE) * len(METHODS)


@pytest.mark.parametrize("who", ["anonymous", "administrator"])
def test_no_answer_may_be_kept_on_the_way(who: str, house: dict[str, Any]) -> None:
    client = client_of(who)
    for name in TABLE.keys() - {"logout", "admin:logout"}:
        for path in (address(name, house), address(name, house) + "nothing-there"):
            kept = client.get(path).headers.get("Cache-Control", "")
            assert {"private", "no-store"} & set(kept.split(", ")), (path, kept)


def test_a_member_has_no_way_into_the_admin_however_its_address_is_written(ann: User) -> None:
    client = Client()
    client.force_login(ann)
    for path in ("/admin", "/admin/", "/admin/login/", "/admin/nothing/", "/admin//", "/admin/x"):
        assert client.get(path, follow=True).status_code in (403, 404), path


def test_somebody_with_staff_rights_alone_is_no_administrator(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("half", is_staff=True))
    assert client.get("/admin/").status_code == 403
