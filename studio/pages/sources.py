"""What a form can start from: songs, recordings, stems, personas; each list bounded."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from studio.media.uploads import visible
from studio.models import Asset, Track
from studio.operations import Operation
from studio.operations.fields import PersonaField
from studio.operations.forms import OperationForm
from studio.pages import rules
from studio.pages.rows import MOST_FOUND, matching
from studio.pages.search import fold

# Songs and files of a list; the search finds the others.
MAX_CHOICES = 40
# Songs that are looked at for those that can be used, which stand first.
LOOKED_AT = 200
# By the field that holds what is chosen there.
_TABS = {"stem": "Stem", "upload": "Recordings", "track": "Songs"}


@dataclass(frozen=True)
class Tab:
    """One way to a source: what it is called, and whether it is the one that is open."""

    name: str
    label: str
    is_open: bool


def sources(
    operation: Operation, asked: QueryDict, chosen: Mapping[str, Collection[str]], user: Any
) -> dict[str, Any]:
    """Return what the form offers `user`, those `chosen` (keys as text, by field) among them.

    `asked` is the page's address: what is searched for (`track_q`), and which tab is open (`from`).
    """
    q = {name: asked.get(f"{name}_q", "").strip()[:100] for name in (*_TABS, "persona")}
    tracks = _tracks(operation, q["track"], chosen["track"]) if "track" in chosen else []
    uploads = _uploads(user, q["upload"], chosen["upload"]) if "upload" in chosen else []
    stems = _stems(chosen.get("stem", ()))
    tabs = _tabs(bool(stems), chosen, q, asked.get("from", ""))
    return {
        "q": q,
        "stem_options": stems,
        "track_options": tracks,
        "upload_options": uploads,
        "has_source": any(not option.disabled_reason for option in tracks),
        "is_chosen": any(map(_is_checked, (*stems, *uploads, *tracks))),
        "tabs": tabs if operation.takes_sound else [],
        "sources_words": rules.sources_words(operation),
    }


def personas(form: OperationForm, q: str) -> list[Asset]:
    """Return the newest personas that `q` finds, the chosen one first."""
    field = next((one for one in form if isinstance(one.field, PersonaField)), None)
    if field is None:
        return []
    every: QuerySet[Asset] = field.field.queryset  # type: ignore[attr-defined]
    value = str(field.value() or "").replace("\0", "")
    chosen = list(every.filter(value=value)[:1]) if value else []
    others = every.exclude(pk__in=[asset.pk for asset in chosen])
    words = fold(q).split()
    if not words:
        return chosen + list(others[: MAX_CHOICES - len(chosen)])
    fitting = [asset for asset in others[:MOST_FOUND] if _fits(asset, words)]
    return (chosen + fitting)[:MAX_CHOICES]


def _fits(persona: Asset, words: list[str]) -> bool:
    song = persona.task.source_track
    text = fold(f"{persona.name} {song.title if song else ''}")
    return all(word in text for word in words)


def _is_checked(option: Any) -> bool:
    return bool(option["checked"] if isinstance(option, dict) else option.checked)


def _tabs(
    has_stem: bool, chosen: Mapping[str, Collection[str]], q: Mapping[str, str], asked: str
) -> list[Tab]:
    """Return the tabs: a new file first, then what is here. What is chosen or asked for is open."""
    names = ["upload", "track"]
    if has_stem:
        names.insert(0, "stem")
    wanted = [asked, *(name for name in names if chosen.get(name) or q[name])]
    opened = next((name for name in wanted if name in names), "file")
    return [
        Tab("file", "Upload", opened == "file"),
        *(Tab(name, _TABS[name], opened == name) for name in names),
    ]


def _tracks(operation: Operation, q: str, chosen: Collection[str]) -> list[rules.Choice]:
    """Return the chosen song, the newest that can be used, then others with why they cannot."""
    tracks = Track.kept.select_related("task", "sound", "image")
    options = rules.choices(operation, _found(tracks, q, chosen, LOOKED_AT), chosen)
    return sorted(options, key=lambda option: bool(option.disabled_reason))[:MAX_CHOICES]


def _uploads(user: Any, q: str, chosen: Collection[str]) -> list[dict[str, Any]]:
    found = _found(visible(user), q, chosen, MAX_CHOICES)
    return [{"upload": upload, "checked": str(upload.pk) in chosen} for upload in found]


def _stems(chosen: Collection[str]) -> list[dict[str, Any]]:
    """Return the chosen stem alone: stems are reached from the mixer."""
    stems = Asset.kept.filter(pk__in=chosen, kind=Asset.Kind.STEM).select_related("task")
    return [{"stem": stem, "checked": True} for stem in stems]


def _found(rows: "QuerySet[Any]", q: str, chosen: Collection[str], most: int) -> list[Any]:
    """Return what is chosen, then the newest that the search finds."""
    first = list(rows.filter(pk__in=chosen)) if chosen else []
    return first + list(matching(rows, q).exclude(pk__in=chosen)[: most - len(first)])
