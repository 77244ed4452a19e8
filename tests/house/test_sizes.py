"""Size speaks: files about 120 lines, 500 at most; the page that a newcomer reads at most 80; functions 60."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "wellfit"
FILES = sorted(ROOT.rglob("*.py"))
NEWCOMERS_PAGE = 80  # lines of jobs/fit.py
MOST_FILE, MOST_FUNCTION = 500, 60


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_no_file_or_function_outgrows_a_reader(file: Path):
    text = file.read_text()
    assert len(text.splitlines()) <= MOST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            assert size <= MOST_FUNCTION, f"{file.name}:{node.lineno} {node.name} has {size} lines"


def test_the_page_a_newcomer_reads_stays_a_page():
    assert len((ROOT / "jobs" / "fit.py").read_text().splitlines()) <= NEWCOMERS_PAGE


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_every_file_and_public_function_says_what_it_is(file: Path):
    tree = ast.parse(file.read_text())
    if file.name == "__init__.py" and not tree.body:
        return
    assert ast.get_docstring(tree), f"{file.name} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{file.name}: {node.name} has no docstring"


def test_no_assert_meets_a_user():
    for file in FILES:
        asserts = [n.lineno for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Assert)]
        assert not asserts, f"{file.relative_to(ROOT)} asserts at lines {asserts}; raise one of nouns/errors.py"
