"""A pytest plugin: what runs beside what, and what runs first.

Each file stays in one process of pytest-xdist, since its tests share fixtures; so does all that
needs a browser. (By pytest-xdist's own marks this does not work with pytest 9.)
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"
# What takes long goes first, so that no process works on at the end alone.
LONG = ("tests/test_chaos.py", "tests/test_promises_machines.py", "tests/test_promises_crash.py")


class _Files(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Give what hands the tests out."""
    return _Files(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first; among the rest the order stays."""
    items.sort(key=lambda item: not item.nodeid.startswith((BROWSER, *LONG)))
