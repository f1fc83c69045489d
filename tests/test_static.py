"""Static files: a page of one release never meets a script of another."""

import re

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["']([^"']+)["']""", re.MULTILINE)


def test_modules_import_each_other_by_names_that_change_with_the_content() -> None:
    found: set[str] = set()
    for source in (settings.BASE_DIR / "static" / "js").glob("*.js"):
        collected = staticfiles_storage.url(f"js/{source.name}")
        text = (settings.STATIC_ROOT / collected.removeprefix(settings.STATIC_URL)).read_text()
        found |= set(IMPORT.findall(text))
    assert found
    for name in found:
        assert re.fullmatch(r"\./\w+\.[0-9a-f]{12}\.js", name), found
        assert (settings.STATIC_ROOT / "js" / name).is_file()
