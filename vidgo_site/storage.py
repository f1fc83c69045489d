"""Static files under names that change with their content."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from vidgo_site.joining import Scripts, joined_styles


class Static(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, in which our own modules import each other by these names, too.

    A browser that kept an old module must not join it to a new one after an upgrade. Django's own
    switch for this also reads other apps' scripts, some of which it cannot.

    What is stale is decided by content: the files of a new release can be older by date.

    Our own go without their comments: packed, scripts are a fifth less. Minifiers save little more,
    and rjsmin takes a regular expression behind "=>" for a comment.
    """

    COLLECTED = "collected.sha256"
    # What is always needed together is sent as one file: packed together it is half as much, in one
    # request instead of six. Styles in the order in which they count.
    STYLES = {
        "studio": "type base parts top rows fields controls player bar hues dropped forced zoom",
        "new": "make sources helper place",
        "opened": "head task results lanes mixer pace songs",
    }
    # What imports others later, as `page` does, stands alone: names by content allow no circle.
    SCRIPTS = {
        "studio": "token answers keyed refresh times elapsed waveform deck player bar keys sounding"
        " visit compare choices news",
        "mixer": "awake beside fader level channel slices drag meters mixlink mixes mixkeys click"
        " device pace past buffers stems playhead zoom counting mixer",
    }
    # In scripts they stand in lines of their own.
    COMMENTS = {
        "js": re.compile(r"^\s*//.*\n", re.MULTILINE),
        "css": re.compile(r"/\*.*?\*/\s*", re.DOTALL),
    }

    patterns = (
        *HashedFilesMixin.patterns,
        ("js/*.js", HashedFilesMixin._js_module_import_aggregation_patterns[1]),  # type: ignore[attr-defined]
    )

    def get_modified_time(self, name: str) -> datetime:
        """Raise NotImplementedError: so `collectstatic` copies everything, whatever its date."""
        raise NotImplementedError

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        """Name and pack what was collected; then note what it was, so that a crash leaves no note.

        See HashedFilesMixin.post_process for what is given.
        """
        self.delete(self.COLLECTED)
        own = {
            **_filed("css", joined_styles(self._own(paths, "css"), self.STYLES)),
            **_filed("js", Scripts(self._own(paths, "js"), self.SCRIPTS).files()),
        }
        for name in paths:
            if name.startswith(("css/", "js/")):
                self.delete(name)
        for name, text in own.items():
            self._save(name, ContentFile(text.encode()))
        others = {name: at for name, at in paths.items() if not name.startswith(("css/", "js/"))}
        ours = {name: (self, name) for name in own}
        yield from super().post_process({**others, **ours}, *args, **options)
        self._save(self.COLLECTED, ContentFile(_content_of_sources()))

    def _own(self, paths: Iterable[str], kind: str) -> dict[str, str]:
        """Return our own styles or scripts by name, without comments."""
        found = {}
        for path in paths:
            if path.startswith(f"{kind}/"):
                with self.open(path) as source:
                    text = self.COMMENTS[kind].sub("", source.read().decode())
                found[PurePosixPath(path).stem] = text
        return found

    def is_stale(self) -> bool:
        """Return whether the files of this release are others than those collected last."""
        if not self.exists(self.COLLECTED):
            return True
        with self.open(self.COLLECTED) as noted:
            return bool(noted.read() != _content_of_sources())


def _filed(kind: str, texts: dict[str, str]) -> dict[str, str]:
    """Return texts by their paths."""
    return {f"{kind}/{name}.{kind}": text for name, text in texts.items()}


def _content_of_sources() -> bytes:
    """Return a digest of the names and contents of all files that `collectstatic` finds."""
    digest = hashlib.sha256(repr((Static.STYLES, Static.SCRIPTS)).encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda one: one[0]):
            with storage.open(path) as source:
                digest.update(f"{path} {source.size} ".encode() + source.read())
    return digest.hexdigest().encode()
