"""Styles and scripts work in the oldest browsers we promise (README, "Browsers").

`tests/cases/late_features.json` names what those do not have; `scripts/late_features.py` makes it.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.product import ROOT

pytestmark = pytest.mark.once

LATE = json.loads((ROOT / "tests/cases/late_features.json").read_text())
STYLES = sorted((ROOT / "static/css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
# What may be used all the same, since a browser without it shows or does something as good.
FALLBACKS = {
    "text-wrap": "lines break as they always have",
    "text-size-adjust": "stands beside -webkit-text-size-adjust",
    "user-select": "stands beside -webkit-user-select",
    "backdrop-filter": "stands beside -webkit-backdrop-filter",
    "accent-color": "Safari's own colour serves as well",
    "resize": "a text area on a phone grows by itself",
    "selection": "the system's colour marks what is chosen",
    "cursor": "a phone has none",
    "forced-color-adjust": "Safari has no forced colours",
}
# What scripts look for before they use it, or what an older part of the browser calls so as well.
ASKED_FOR = {"audioSession", "outputLatency", "colorScheme", "wakeLock"}


def late_in_style(text: str) -> set[str]:
    """Return what a style uses that is late."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    declared = re.findall(r"(?<![\w-])([a-z-]+)\s*:([^;{}]*)[;}]", text)
    values = {
        f"{name}: {word}" for name, value in declared for word in re.split(r"[\s,()]+", value)
    }
    used = {
        "properties": {name for name, _ in declared},
        "values": values,
        "selectors": set(re.findall(r"::?([a-z-]+)(?=[^;{}]*\{)", text)),
        "rules": set(re.findall(r"@([a-z-]+)", text)),
        "functions": set(re.findall(r"(?<![\w-])([a-z][a-z-]*)\(", text)),
    }
    found = {name for kind, names in used.items() for name in names & set(LATE[kind])}
    nested = {"nesting"} if re.search(r"(?<![\w-])&", text) else set()
    return {name for name in found | nested if name.partition(":")[0] not in FALLBACKS}


def late_in_script(text: str) -> set[str]:
    """Return the members and names that a script uses and that are late."""
    text = re.sub(r"(?m)^\s*//.*$", " ", text)
    used = set(re.findall(r"(?:\.|\bnew )#?([A-Za-z]\w*)", text))
    return used & set(LATE["script"]) - ASKED_FOR


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_uses_nothing_that_is_late(path: Path) -> None:
    assert late_in_style(path.read_text()) == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_uses_nothing_that_is_late(path: Path) -> None:
    assert late_in_script(path.read_text()) == set()


@pytest.mark.parametrize(
    ("style", "late"),
    [
        ("a { color: light-dark(red, blue); }", {"light-dark"}),
        ("@starting-style { a { top: 0; } }", {"starting-style"}),
        ("a { & b { top: 0; } }", {"nesting"}),
        ("input { field-sizing: content; }", {"field-sizing"}),
        ("a:open { top: 0; }", {"open"}),
        ("a { height: calc-size(auto, size); }", {"calc-size"}),
        ("a:has(b) { color: color-mix(in srgb, red, blue); }", set()),
    ],
)
def test_what_is_late_in_a_style_is_found(style: str, late: Any) -> None:
    assert late <= late_in_style(style)
    assert bool(late) == bool(late_in_style(style))


@pytest.mark.parametrize(
    "script",
    ["Promise.withResolvers()", "document.startViewTransition(f)", "new CloseWatcher()"],
)
def test_what_is_late_in_a_script_is_found(script: str) -> None:
    assert late_in_script(script)
