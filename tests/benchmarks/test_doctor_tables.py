"""The pure parts of the doctor's benchmarks: rows kept through a kill, tables, counting; and docs made from results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "doctor"))

import common
import corpus
import rivals
import tables
import undisturbed

import rules

HERE = Path(common.__file__).parent


def outcome(name: str, kind: str, status: str, findings=(), truth=(), bare=1.0, doctor=1.5) -> dict:
    found = [{"fault": f, "severity": s, "line": 3} for f, s in findings]
    truth = [list(g) for g in truth]
    return {
        "name": name, "kind": kind, "status": status, "findings": found, "truth": truth, "lines": [[3]] * len(truth),
        "bare_s": bare, "doctor_s": doctor,
    }  # fmt: skip


OUTCOMES = [
    outcome("a", "faulty", "faulty", [("lr-too-high", "error")], [["lr-too-high", "loss-scale"]]),
    outcome("b", "faulty", "faulty", [("lr-too-low", "error"), ("data-leak", "info")], [["data-leak"]], doctor=2.0),
    outcome("c", "faulty", "healthy", [], [["lr-too-high"]], doctor=3.0),
    outcome("a", "fixed", "healthy", doctor=1.0),
    outcome("b", "fixed", "faulty", [("lr-too-low", "error")], doctor=1.1),
]


def test_misses_alarms_and_labels_are_told_apart():
    assert corpus.by_label(OUTCOMES) == [("data-leak", 1, 1, 0, ""), ("lr-too-high", 2, 1, 1, "c")]
    assert [row[0] for row in corpus.misses(OUTCOMES)] == ["b", "c"]
    assert [row[:2] for row in corpus.alarms(OUTCOMES)] == [("b", "fixed")]
    assert corpus.costs(OUTCOMES).startswith("median 1.50, quartiles 1.10 and 2.00, at most 3.00 (n = 5)")
    assert corpus.costs([]) == "not measured."


def test_a_score_that_falls_short_is_said():
    scores = {"detection": 0.9, "false alarms, healthy": None, "top-1": 0.8, "cost, median": 1.2}
    said = corpus.scores_table({"scores": scores, "trials": True})
    assert "| detection | 0.900 | ≥ 0.95 | **no** |" in said
    assert "| false alarms, healthy | – | ≤ 0.05 |  |" in said
    assert "| cost, median | 1.200 | ≤ 2.50 | yes |" in said
    assert "| cost, median | 1.200 | ≤ 1.10 | **no** |" in corpus.scores_table({"scores": scores, "trials": False})


def test_rows_outlive_a_kill_and_another_mark_begins_anew(tmp_path):
    file, todo = tmp_path / "kept" / "rows.jsonl", [common.Program(n, "fixed", Path(n)) for n in "abc"]
    asked = []

    def measure(program):
        asked.append(program.name)
        if program.name == "c" and len(asked) == 3:
            raise KeyboardInterrupt
        return {"name": program.name}

    with pytest.raises(KeyboardInterrupt):
        common.each(todo, measure, file, ["m"], jobs=1)
    file.write_text(file.read_text() + '{"mark": ["m"], "ke')  # cut short
    rows = common.each(todo, measure, file, ["m"], jobs=1)
    assert asked == ["a", "b", "c", "c"]
    assert list(rows) == ["fixed/a", "fixed/b", "fixed/c"]
    assert len(common.kept(file, ["m"])) == 3
    assert common.kept(file, ["n"]) == {}


def test_programs_are_both_versions_and_the_healthy_ones(tmp_path):
    for name in ("one", "two"):
        (tmp_path / "cases" / name).mkdir(parents=True)
        (tmp_path / "cases" / name / "case.toml").write_text('faults = [["data-leak"]]\nlines = [[4]]\n')
    (tmp_path / "fine" / "gan").mkdir(parents=True)
    (tmp_path / "fine" / "gan" / "train.py").write_text("")
    found = common.programs([tmp_path], tmp_path / "fine")
    assert [p.key for p in found] == ["faulty/one", "fixed/one", "faulty/two", "fixed/two", "healthy/gan"]
    assert found[0].truth == (("data-leak",),)
    assert [p.key for p in common.programs([tmp_path], None, "o*,x")] == ["faulty/one", "fixed/one"]


def test_clues_are_counted_once_a_program():
    rows = {
        "faulty/a": {
            "truth": [["x"]],
            "clues": [["x", "info"], ["x", "error"], ["y", "info"]],
            "final": [["x", "error"]],
        },
        "fixed/a": {"truth": [], "clues": [["x", "info"], ["y", "error"]], "final": [["y", "error"], ["x", "info"]]},
        "healthy/b": {"truth": [], "clues": [], "final": []},
    }
    counts = rules.counted(rows, ["x", "y"])
    assert {k: v for k, v in counts["x"].items() if v} == {
        "suspected": 1,
        "refuted": 1,
        "hit": 1,
        "final_hit": 1,
        "named": 1,
    }
    assert {k: v for k, v in counts["y"].items() if v} == {"error": 1, "final": 1, "beside": 1}


def test_what_a_run_lacks_is_a_difference():
    one = dict.fromkeys(undisturbed.COMPARED, 1)
    assert undisturbed.differences(one, dict(one)) == []
    assert undisturbed.differences(one, {**one, "losses": 2}) == ["losses"]
    assert undisturbed.differences({}, {}) == list(undisturbed.COMPARED)


def test_a_symptom_counts_as_any_label_it_could_stand_for():
    symptom = {"fault": "EXPLODE", "labels": ["lr-too-high", "loss-scale"]}
    assert rivals.rightly(symptom, [["data-leak"], ["loss-scale"]]) == "loss-scale"
    assert rivals.rightly(symptom, [["data-leak"]]) == "EXPLODE"
    assert rivals.rightly({"fault": "data-leak"}, [["loss-scale"]]) == "data-leak"


def test_ablation_says_when_the_code_differs():
    scores = dict.fromkeys((*tables.ABLATED, "cost, median"), 0.5)
    assert tables.ablated({"code": "a", "scores": scores}, {"code": "a", "scores": scores}).startswith("| score |")
    assert tables.ablated({"code": "a", "scores": scores}, {"code": "b", "scores": scores}).startswith(
        "Measured with diff"
    )


def test_the_page_of_benchmarks_is_made_from_the_results():
    said = tables.DOC.read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->\n" in said and f"<!-- end {name} -->" in said for name in tables.BLOCKS)
    assert said == tables.filled(said), "run `python benchmarks/doctor/tables.py`"


def test_a_script_that_is_disturbed_is_noticed(tmp_path):
    text = "import random, torch\nw = torch.nn.Parameter(torch.ones(3))\no = torch.optim.SGD([w], 0.1)\n"
    text += "for i in range(4):\n    (w * w).sum().backward()\n    o.step()\nprint(w.sum().item())\n"
    marks = {}
    for name, how, end in (("bare", "bare", ""), ("same", "watched", ""), ("random", "bare", "random.random()\n")):
        (tmp_path / "train.py").write_text(text + end)
        out = tmp_path / f"{name}.json"
        command = [sys.executable, str(HERE / "recorded.py"), how, str(out), "train.py"]
        subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        marks[name] = json.loads(out.read_text())
    assert marks["bare"]["steps"] == marks["bare"]["backwards"] == 4
    assert marks["same"] == marks["bare"]
    assert {k for k, v in marks["random"].items() if v != marks["bare"][k]} == {"random"}


def test_clues_alone_and_with_trials_are_laid_side_by_side():
    alone = {"outcomes": [outcome("a", "fixed", "healthy", [("x", "info")]), outcome("b", "fixed", "healthy")]}
    tried = {"outcomes": [outcome("a", "fixed", "faulty", [("x", "error")])]}
    found = rules.rows(alone, tried)
    assert list(found) == ["fixed/a"]
    assert (found["fixed/a"]["clues"], found["fixed/a"]["final"]) == ([["x", "info"]], [["x", "error"]])
