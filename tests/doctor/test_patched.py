"""Laws of --patch: a repair is offered only where the program ran with it and did better; the user's files, output and
exit status stay as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import HEALTHY, PAIRS, run

from wellfit.nouns.edit import Edit
from wellfit.nouns.program import Program
from wellfit.verbs.patch import choose
from wellfit.verbs.patch.trial import Ran, Started

END = """
with torch.no_grad():
    right = (net(x).argmax(1) == y).float().mean().item()
print('all done')
print(f'val acc {right:.3f}')
import sys, pathlib
pathlib.Path('product.txt').write_text(str(right))
sys.exit(3)
"""


def faulty(fault: str) -> str:
    text, old, new = PAIRS[fault]
    return text.replace(old, new)


def test_patch_is_tried_and_the_users_files_output_and_status_stay(tmp_path):
    text = ((faulty("zero-grad-missing") + END).replace("    ", "\t")).replace("\n", "\r\n")
    script, fix = tmp_path / "train.py", tmp_path / "fix.diff"
    bare, _ = run(text, tmp_path, doctor=False)
    product = (tmp_path / "product.txt").read_text()
    done, said = run(text, tmp_path, "--no-trials", "--patch", str(fix))
    assert (done.stdout, done.returncode) == (bare.stdout, bare.returncode) == (bare.stdout, 3)
    assert script.read_text() == text.replace("\r\n", "\n")
    assert (tmp_path / "product.txt").read_text() == product
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fix.diff", "out.json", "product.txt", "train.py"]
    assert said["patch"]["name"] == "val acc"
    assert said["patch"]["after"] > said["patch"]["before"] + 0.1
    assert "+\t\toptimizer.zero_grad()" in fix.read_text()
    assert "val acc" in " ".join(done.stderr.splitlines()[-2:])


def test_healthy_program_gets_no_patch_and_one_line_says_so(tmp_path):
    done, said = run(HEALTHY, tmp_path, "--no-trials", "--patch", str(tmp_path / "fix.diff"))
    assert said["patch"] is None
    assert not (tmp_path / "fix.diff").exists()
    assert done.stderr.splitlines()[-1].split(maxsplit=1)[0] == "patch"
    assert "none: nothing was found to repair" in done.stderr


def test_rate_that_a_trial_measured_is_written_where_the_rate_is(tmp_path):
    _, said = run(faulty("lr-too-high"), tmp_path, "--budget", "15", "--patch", str(tmp_path / "fix.diff"))
    assert "+optimizer = torch.optim.Adam(net.parameters(), lr=0.05)\n" in said["patch"]["diff"]
    assert said["patch"]["after"] < said["patch"]["before"]


# -------------------------------------------------------------- which edits are kept, with runs that are made up


def chosen(
    monkeypatch, tmp_path, gains: dict[str, float], asis: float = 0.5, alone: bool = True, most: float = 9.0
) -> choose.Patch:
    """What `patch` makes of faults whose edits are worth so much each (nan: it crashes); alone: or only all together; most: no
    more than this can be reached."""
    script = tmp_path / "train.py"
    script.write_text("a = 9\n" * len(gains))
    rows = [Edit(str(script), i, 4, i, 5, str(i)) for i in range(1, len(gains) + 1)]
    open_ = [[choose.Proposal(fault, (row,))] for fault, row in zip(gains, rows)]
    worth = dict(zip(rows, gains.values()))

    def run(started, edits, *rest):
        total = sum(worth[e] for e in edits)
        if total != total:
            return Ran(trouble="ValueError: no")
        return Ran([f"acc {min(most, asis + (total if alone or len(edits) == len(gains) else 0.0))}"])

    monkeypatch.setattr(choose, "run", run)
    monkeypatch.setattr(choose, "proposals", lambda program, findings: open_)
    program = Program(str(script))
    program.printed = [(0, f"acc {asis}")]
    return choose.patch(program, [], Started(str(script), [], False, str(tmp_path), 0.0))


def test_edits_that_help_are_kept_and_those_that_do_not_or_crash_are_dropped_and_said(monkeypatch, tmp_path):
    made = chosen(monkeypatch, tmp_path, {"one": 0.2, "two": 0.0, "three": float("nan"), "four": 0.1})
    assert made.faults == ["one", "four"]
    assert (made.before and made.before.value, made.after and made.after.value) == (0.5, pytest.approx(0.8))
    assert [row for row in made.diff.splitlines() if row.startswith("+a")] == ["+a = 1", "+a = 4"]
    assert any("two was dropped: acc" in s for s in made.said)
    assert any("three was dropped: ValueError" in s for s in made.said)


def test_edits_that_help_only_together_are_kept_together(monkeypatch, tmp_path):
    assert chosen(monkeypatch, tmp_path, {"one": 0.2, "two": 0.2}, alone=False).faults == ["one", "two"]


def test_edit_that_a_later_one_makes_needless_is_dropped(monkeypatch, tmp_path):
    made = chosen(monkeypatch, tmp_path, {"one": 0.2, "two": 0.4}, most=0.9)
    assert made.faults == ["two"]
    assert any("one was dropped: the others do as well" in s for s in made.said)


def test_nothing_is_written_where_nothing_helps(monkeypatch, tmp_path):
    made = chosen(monkeypatch, tmp_path, {"one": -0.1, "two": 0.001})
    assert made.diff == ""
    assert made.said
