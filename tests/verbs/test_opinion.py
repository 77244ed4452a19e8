"""Laws of the doctor's opinion: it fits any width and any characters, says where to look, and its page stands alone."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wellfit.nouns.faults import FAULTS
from wellfit.nouns.finding import Finding
from wellfit.nouns.opinion import Attempt, Opinion, Patched
from wellfit.nouns.program import Program
from wellfit.nouns.reading import Track
from wellfit.nouns.replay import Outcome, Trial, Trials
from wellfit.nouns.source import Source
from wellfit.nouns.spoken import text
from wellfit.verbs.opinion import opinion
from wellfit.verbs.report import doctors_report

SOURCE = "\n".join(["import torch", *(f"row_{n} = {n}" for n in range(2, 20)), "last = '<b>&amp;'  " + "x" * 200])


def outcome(skill: float, note: str) -> Outcome:
    return Outcome(skill, skill, 300, (2.0, 1.0, 0.5), True, 0.1, note)


@pytest.fixture
def program() -> Program:
    made = Program("/p/train.py", {"/p/train.py": Source("/p/train.py", SOURCE)}, seconds=4.0, spent_s=0.1, steps=300)
    made.curve = [(n, 2.0 / (n + 1)) for n in range(300)]
    return made


@pytest.fixture
def tried() -> Trials:
    good = Trial("adam", ("optimizer-unsuitable",), (outcome(0.9, ""), outcome(0.8, "")), 0.8, 0.9, "Adam at 0.001")
    bad = Trial("clipped", ("gradient-clipping-missing",), (outcome(0.1, ""),), 0.0, 0.0, "gradients clipped to norm 1")
    return Trials(0.1, (outcome(0.1, ""),), (outcome(0.95, ""),), [bad, good], 0.8, "", 2.0)


def finding(fault: str, line: int | None, **more: object) -> Finding:
    file = "/p/train.py" if line else None
    given = {"severity": "error", "summary": "it is wrong", "evidence": "a 1; b 2", "remedy": "mend it", **more}
    return Finding(fault, file=file, line=line, **given)  # type: ignore[arg-type]


def said(program: Program, tried: Trials, *findings: Finding) -> Opinion:
    return opinion(program, tried, "faulty" if findings else "healthy", list(findings))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(program, tried, width):
    told = said(program, tried, finding("optimizer-unsuitable", 20), finding("data-leak", None, evidence="word " * 80))
    told.patch = Patched("fix.diff", "--- a\n+++ b\n-old\n+new\n", ("data-leak",), "accuracy 0.1 -> 0.9 " * 9)
    assert max(len(line) for line in text(told, width).splitlines()[1:] if "+new" not in line) <= width


def test_what_was_tried_and_did_not_help_is_said_too(program, tried):
    told = " ".join(text(said(program, tried, finding("optimizer-unsuitable", 3)), 80).split())
    assert "✓ 0.85 Adam at 0.001 (seeds: 0.90, 0.80)" in told
    assert "no help gradients clipped to norm 1 0.10" in told
    assert "0.95 all the usual cures at once" in told
    assert "0.10 the script itself, where it ended" in told


@pytest.mark.parametrize("fault", FAULTS)
def test_a_finding_without_a_line_says_where_to_look(program, tried, fault):
    told = text(said(program, tried, finding(fault, None)), 80)
    assert "no line" not in told
    assert re.search(r"where +no single line; look \w", told)
    assert "train.py" in told.partition("where")[2]


def test_the_source_line_is_shown_with_four_lines_around_it(program, tried):
    spot = said(program, tried, finding("lr-too-high", 10)).findings[0].excerpt
    assert (spot.place, spot.text) == ("train.py:10", "row_10 = 10")
    assert [n for n, _ in spot.rows] == list(range(6, 15))


def test_nothing_but_ascii_where_nothing_else_can_be_shown(program, tried):
    import io

    from rich.console import Console

    from wellfit.nouns.spoken import spoken
    from wellfit.views.terminal.screen import Screen

    shown = Screen(Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii")), False, False, False)
    told = said(program, tried, finding("optimizer-unsuitable", 20, summary="größer ≤ 1"))
    for line in spoken(told, 80, shown.text):
        assert "".join(words for words, _ in line).isascii()
    assert shown.text("✗ ✓ − …") == "x * - ..."


def test_a_healthy_program_is_told_what_was_checked(program, tmp_path):
    told = said(program, Trials(why="no trials asked for"))
    assert "Nothing was found that keeps it from learning." in text(told, 80)
    page = doctors_report(told, tmp_path / "out.html").read_text(encoding="utf-8")
    assert "Nothing was found that keeps this program from learning" in page
    assert all(f"<li>{label}</li>" in page for label in ("lr-too-high", "data-leak", "mode-wrong"))
    assert "No trials: no trials asked for." in page


def test_the_page_stands_alone_and_escapes_what_is_the_users(program, tried, tmp_path):
    told = said(program, tried, finding("optimizer-unsuitable", 20, summary="<script>alert(1)</script>"))
    told.patch = Patched("fix.diff", "-a < b\n+a <= b\n", ("optimizer-unsuitable",), "metric accuracy 0.1 -> 0.9")
    page = doctors_report(told, tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert "<ins>+a &lt;= b</ins>" in page
    assert "&lt;b&gt;&amp;amp;" in page
    assert page.count("<svg") == 3
    assert re.search(r"<mark><span class=\"no\">\s*20</span>", page)
    assert [p.name for p in tmp_path.iterdir()] == ["out.html"]


def test_a_curve_of_no_finite_value_and_a_trial_that_broke_cost_nothing(program, tried, tmp_path):
    told = said(program, tried, finding("lr-too-high", 3))
    told.loss = Track("program_loss", *(np.array([0.0, 1.0]) for _ in range(2)), np.array([np.nan, np.inf]))
    told.attempts = [Attempt("it broke", (float("nan"),), 3, "no help", "", ((float("nan"),),))]
    assert "it broke" in doctors_report(told, tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["nowhere/out.html", "."])
def test_a_page_that_cannot_be_written_is_refused_before_the_script_runs(where, tmp_path, monkeypatch):
    from wellfit.jobs.doctor import main
    from wellfit.nouns.errors import RunError

    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("open('ran', 'w')")
    with pytest.raises(RunError):
        main(["--report", where, "train.py"])
    assert not Path("ran").exists()


def test_a_cell_of_a_notebook_is_named_by_its_number(monkeypatch, tried):
    compiler = SimpleNamespace(_filename_map={"/tmp/1/841.py": 7})
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(compile=compiler))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    made = Program("/tmp/1/841.py", {"/tmp/1/841.py": Source("/tmp/1/841.py", SOURCE)}, seconds=4.0, steps=300)
    found = replace(finding("optimizer-unsuitable", 3), file="/tmp/1/841.py")
    told = text(opinion(made, tried, "faulty", [found]))
    assert "wellfit doctor · cell [7] · faulty" in told
    assert "optimizer-unsuitable  cell [7]:3" in told
    assert "841" not in told
