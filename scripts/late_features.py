"""List what the oldest browsers we promise do not have, from MDN's table, for a test of our pages.

    npm pack @mdn/browser-compat-data && tar -xzf mdn-browser-compat-data-*.tgz
    python scripts/late_features.py package/data.json > tests/cases/late_features.json

https://github.com/mdn/browser-compat-data says what each browser has since which version.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLOOR = {"safari": (16, 4), "safari_ios": (16, 4), "firefox": (140, 0), "chrome": (131, 0)}
NEVER = (9999, 0)


def main(source: str) -> None:
    """Print the names of all that is late, by what they are."""
    data = json.loads(Path(source).read_text())
    css = {path: late for path, late in features(data["css"]) if not path[-1].startswith("-")}
    script: dict[str, bool] = {}
    for part in ("javascript", "api"):
        for path, late in features(data[part]):
            name = path[-1].removesuffix("_static").removesuffix("_event")
            # A name counts where nothing older bears it; one in small letters can be anything.
            script[name] = script.get(name, True) and late
    told = {
        "properties": sorted(p[1] for p, late in css.items() if late and is_a(p, "properties", 2)),
        "values": sorted(
            f"{p[1]}: {p[2]}" for p, late in css.items() if late and is_a(p, "properties", 3)
        ),
        "selectors": sorted(p[1] for p, late in css.items() if late and is_a(p, "selectors", 2)),
        "rules": sorted(p[1] for p, late in css.items() if late and is_a(p, "at-rules", 2)),
        "functions": sorted({p[-1] for p, late in css.items() if late and p[0] == "types"}),
        "script": sorted(name for name, late in script.items() if late and name != name.lower()),
    }
    json.dump({"floor": FLOOR, **told}, sys.stdout, indent=0)
    sys.stdout.write("\n")


def is_a(path: tuple[str, ...], kind: str, depth: int) -> bool:
    """Return whether `path` names a feature of this kind itself."""
    return path[0] == kind and len(path) == depth


def features(node: dict[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Return every feature below `node` by its path, and whether a browser got it too late."""
    for name, inner in node.items():
        if name == "__compat" or not isinstance(inner, dict):
            continue
        if "__compat" in inner:
            yield (*path, name), is_late(inner["__compat"]["support"])
        yield from features(inner, *path, name)


def is_late(support: dict[str, Any]) -> bool:
    """Return whether one of our browsers has it since later than the floor, or not at all."""
    return any(since(support[name]) > oldest for name, oldest in FLOOR.items() if name in support)


def since(statements: Any) -> tuple[int, int]:
    """Return the first version in which it works under its own name."""
    versions = [NEVER]
    for one in statements if isinstance(statements, list) else [statements]:
        version = one.get("version_added")
        if one.keys() & {"version_removed", "flags", "prefix", "alternative_name"} or not version:
            continue
        major, _, minor = str(version).lstrip("≤").partition(".")
        versions.append((int(major), int(minor or 0)) if major.isdecimal() else NEVER)
    return min(versions)


if __name__ == "__main__":
    main(sys.argv[1])
