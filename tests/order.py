"""A pytest plugin: what runs where, what runs beside what, and what runs first.

Each file stays in one process of pytest-xdist, since its tests share fixtures. `tests/browser/` is
four, by the product that a file drives most; the other engines have a file each. (By pytest-xdist's
own marks this does not work with pytest 9.) On PostgreSQL only what a database can change runs
again: not what is marked `once`, nor what drives a browser, but for each operation's whole way and
the races of pages.
"""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSERS = ("tests/browser/", "tests/engines/")
ON_BOTH = ("tests/browser/test_five_operations.py", "tests/browser/test_once.py")
# What runs one after another, in one process with its products; the rest of `tests/browser/` is a
# fourth. "pages" and "scripted" drive the product whose API a test can script, the others the one
# with its own sandbox.
TOGETHER = {
    "room": ("counting", "desk", "mixer", "pace", "zoom"),
    "pages": ("first_window", "for_everyone", "helpers", "looks"),
    "scripted": (
        *("by_other_means", "chosen", "large", "library", "once", "place", "price", "typed"),
        *("ways", "while_you_watch"),
    ),
}
# A newcomer's studio is empty: before anybody else makes something in the one that is shared.
NEWCOMER = "tests/browser/test_five_operations.py"
# What takes long goes first, so that no process works on at the end alone.
LONG = (
    *BROWSERS,
    "tests/crash/",
    "tests/site/test_slow_clients.py",
)


class _Files(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if not file.startswith(BROWSERS[0]):
            return file
        name = file.removeprefix(f"{BROWSERS[0]}test_").removesuffix(".py")
        return next((key for key, names in TOGETHER.items() if name in names), "sandbox")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks."""
    for mark in (
        "once: no database changes it; not run on PostgreSQL",
        "slow: not in `make check`",
    ):
        config.addinivalue_line("markers", mark)


def pytest_report_header() -> list[str]:
    """Tell what does not run on PostgreSQL."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return []
    return [f"PostgreSQL: without what is marked `once` and browsers, but for {', '.join(ON_BOTH)}"]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return what hands the tests out."""
    return _Files(config, log)


def _is_for_sqlite_alone(item: pytest.Item) -> bool:
    if item.nodeid.startswith(BROWSERS):
        return not item.nodeid.startswith(ON_BOTH)
    return item.get_closest_marker("once") is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ran on SQLite, and put the long ones first; among the rest the order stays."""
    if os.environ.get("TEST_DATABASE_URL"):
        left = [item for item in items if _is_for_sqlite_alone(item)]
        items[:] = [item for item in items if not _is_for_sqlite_alone(item)]
        config.hook.pytest_deselected(items=left)
    items.sort(
        key=lambda item: (not item.nodeid.startswith(NEWCOMER), not item.nodeid.startswith(LONG))
    )
