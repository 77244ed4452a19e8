"""Laws that every edit on the shelf passes: it has a faulty program, what it makes of it parses, changes it, and applies
as a diff; the file itself is not touched."""

from __future__ import annotations

import ast
import contextlib
import io
import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "doctor"))

from pairs_edits import FAULTY  # pyright: ignore[reportMissingImports]

from wellfit.nouns import locate, shelf
from wellfit.nouns.edit import applied, diff, overlapping
from wellfit.nouns.faults import FAULTS
from wellfit.nouns.finding import Finding
from wellfit.verbs.examine import examine
from wellfit.verbs.spy import Watcher, play, understand

EDITS = shelf.names("edits")
PLACE = {
    "epochs_too_few": locate.loop,
    "epochs_too_many": locate.loop,
    "lr_schedule_unsuitable": locate.schedule,
    "gradient_clipping_missing": lambda p: p.sites["s"][0],
    "class_imbalance": lambda p: p.loss.made,
    "batch_size_too_large": lambda p: locate.batch_size(p, p.batch()),
}
"""Where a finding of trials alone would point, for clues that do not speak without one."""


def seen(text: str, folder: Path):
    """What the spy understood of a program, played in this process."""
    script = folder / "train.py"
    script.write_text(text)
    watcher = Watcher(str(script))
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        play(watcher, str(script), [], False, at_exit=lambda: None)
    watcher.sources()
    return understand(watcher.program)


def found(word: str, program) -> Finding:
    """The finding of a clue, else one at the place that the edit's fault has."""
    fault = word.replace("_", "-")
    clue = next((f for f in examine(program) if f.fault == fault), None)
    if clue is not None:
        return clue
    site = PLACE.get(word, lambda p: locate.optimizer_argument(p, "lr"))(program)
    return Finding(fault, "error", "seen by a trial", file=site.file, line=site.line)


def test_every_edit_has_a_faulty_program_and_a_label():
    assert set(EDITS) == set(FAULTY)
    assert {w.replace("_", "-") for w in EDITS} <= set(FAULTS)


@pytest.mark.parametrize("word", EDITS)
def test_edit_of_a_faulty_program_parses_changes_it_and_leaves_the_file(word, tmp_path):
    text = FAULTY[word]
    program = seen(text, tmp_path)
    made = shelf.get("edits", word)(program, found(word, program))
    several = [e for e in (made if isinstance(made, list) else [made]) if e]
    assert several, "it proposes nothing for its own faulty program"
    for edits in several:
        assert not overlapping(edits)
        after = applied(text, edits)
        ast.parse(after)
        assert after != text
        assert diff("train.py", text, after).startswith("--- ./train.py\n+++ ./train.py\n@@")
        kept = [line for line in text.splitlines() if line not in after.splitlines()]
        assert len(kept) <= 8, "more than a small edit"
    assert (tmp_path / "train.py").read_text() == text
