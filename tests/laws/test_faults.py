"""Laws of the faults: every label has a whole page, whose example parses and which fits a terminal of 80 columns."""

from __future__ import annotations

import ast

import pytest

from wellfit.jobs.about import HOME, about, page, parts
from wellfit.nouns.errors import ShelfError
from wellfit.nouns.faults import FAULTS

WHOLE = ("Cause", "Shows itself", "Mistaken for", "Remedy", "Proof", "Source")


@pytest.mark.parametrize("label", FAULTS)
def test_every_fault_has_a_whole_page(label: str):
    told, code = parts(label)
    for part in WHOLE:
        assert told.get(part), f"{label}: say its {part}"
    assert any(letter.isdigit() for letter in told["Shows itself"]), "symptoms come with a figure"
    ast.parse(code)
    assert 2 <= len(code.splitlines()) <= 6
    assert "before" in code
    assert "after" in code
    for line in page(label).splitlines():
        assert len(line) <= 80, line
        assert "\x1b" not in line


def test_every_page_is_of_a_fault():
    assert {file.stem for file in (HOME / "faults").glob("*.md")} == set(FAULTS)


def test_the_list_names_every_fault_once():
    listed = about()
    assert all(f"  {label} " in listed for label in FAULTS)
    assert max(map(len, listed.splitlines())) <= 80


def test_an_unknown_fault_is_refused_with_the_nearest():
    with pytest.raises(ShelfError) as refused:
        about("lr-to-high")
    assert "lr-too-high" in refused.value.do
