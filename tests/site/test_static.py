"""Static files: a page of one release never meets a script of another."""

import os
import re
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from pytest_django import Settings

from vidgo_site.storage import Static

pytestmark = pytest.mark.once

IMPORT = re.compile(
    r"""^(?:import\s*|(?:import|export)\b[^;"']*?\bfrom\s*)["']([^"']+)["']""", re.MULTILINE
)


def served() -> dict[str, str]:
    """Return the text of each of our own scripts as a browser gets it, by its name."""
    folder = settings.STATIC_ROOT / "js"
    names = [path.name for path in folder.glob("*.js") if path.name.count(".") == 1]
    urls = {name: staticfiles_storage.url(f"js/{name}") for name in names}
    return {name: (folder / url.rpartition("/")[2]).read_text() for name, url in urls.items()}


def test_modules_import_each_other_by_names_that_change_with_the_content() -> None:
    found = {name for text in served().values() for name in IMPORT.findall(text)}
    assert found
    for name in found:
        assert re.fullmatch(r"\./\w+\.[0-9a-f]{12}\.js", name), found
        assert (settings.STATIC_ROOT / "js" / name).is_file()


def test_every_module_is_in_one_file_alone() -> None:
    files = served()
    lists = {name: names.split() for name, names in Static.SCRIPTS.items()}
    for source in (settings.BASE_DIR / "static" / "js").glob("*.js"):
        code = [line for line in source.read_text().splitlines() if line.startswith("  ")]
        line = max((one for one in code if "//" not in one), key=len)
        home = [file for file, names in lists.items() if source.stem in names] or [source.stem]
        assert [name for name, text in files.items() if line in text] == [f"{home[0]}.js"]


def test_a_module_stands_behind_those_that_it_needs() -> None:
    needed = 0
    for text in served().values():
        for need in re.finditer(r"^const \{.*\} = (\$\w+);$", text, re.MULTILINE):
            start = re.search(
                rf"^(?:const {re.escape(need[1])} =|import .*{re.escape(need[1])} )",
                text,
                re.MULTILINE,
            )
            assert start
            assert start.start() < need.start()
            needed += 1
    assert needed > 20


def is_stale() -> bool:
    return cast(Static, staticfiles_storage).is_stale()


def test_a_release_whose_files_are_older_by_date_is_served_after_an_upgrade(
    tmp_path: Path, settings: Settings
) -> None:
    sources, collected = tmp_path / "sources", tmp_path / "collected"
    sources.mkdir()
    settings.STATICFILES_DIRS = [sources]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = collected
    (sources / "page.css").write_text("body { color: red }")
    call_command("collectstatic", interactive=False, verbosity=0)
    first = staticfiles_storage.url("page.css")
    assert not is_stale()

    (sources / "page.css").write_text("body { color: tan }")
    os.utime(sources / "page.css", (0, 0))

    assert is_stale()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert staticfiles_storage.url("page.css") != first
    assert "tan" in (collected / "page.css").read_text()
    assert not is_stale()
