"""What keeps the house readable: short files, short functions, docstrings that begin plainly."""

import ast
import re
from pathlib import Path

import pytest

from tests.product import ROOT

pytestmark = pytest.mark.once

LONGEST_FILE, LONGEST_FUNCTION = 300, 30
PARTS = ("studio", "vidgo_site", "vidgo_sandbox", "bench", "scripts", "static", "templates")
KINDS = {".py", ".css", ".js", ".html"}


def files() -> list[Path]:
    """Return the files that people write: migrations are made."""
    found = [path for part in PARTS for path in (ROOT / part).rglob("*")]
    return [path for path in found if path.suffix in KINDS and "migrations" not in path.parts]


def definitions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Return every function and class with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in files()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]


def test_no_file_is_long() -> None:
    lengths = {str(path): path.read_text().count("\n") for path in files()}
    assert len(lengths) > 200
    assert {path for path, lines in lengths.items() if lines > LONGEST_FILE} == set()


def test_no_function_is_long() -> None:
    lengths = {
        place: (node.end_lineno or 0) - node.lineno + 1
        for place, node in definitions()
        if not isinstance(node, ast.ClassDef)
    }
    assert len(lengths) > 900
    assert {place for place, lines in lengths.items() if lines > LONGEST_FUNCTION} == set()


def test_docstrings_say_return() -> None:
    told = {place: ast.get_docstring(node) or "" for place, node in definitions()}
    assert {place for place, text in told.items() if re.match(r"(Give|Say)s?\b", text)} == set()
