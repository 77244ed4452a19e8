"""Readings are followed as their file grows, whatever becomes of it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from wellfit.nouns.reading import Reading
from wellfit.nouns.run import READINGS, Run
from wellfit.page import curves
from wellfit.page.curves import Curves, Followed, last_epoch, only, since


@pytest.fixture(autouse=True, params=[0, 2**40], ids=["columns", "lines"])
def reader(request, monkeypatch):
    """Both ways of reading, whatever the size."""
    monkeypatch.setattr(curves, "WORTH_BYTES", request.param)


def run_with(folder, n: int = 5, start: int = 0) -> Run:
    folder.mkdir(exist_ok=True)
    run = Run(folder)
    add(run, n, start)
    return run


def add(run: Run, n: int, start: int) -> None:
    run.append([Reading("valid_loss", 1.0 / (i + 1), 10 * i, float(i)) for i in range(start, start + n)])
    run.append([Reading("grad_norm", float(i), 10 * i, float(i), "conv1") for i in range(start, start + n)])


def values(followed: Followed, name: str = "valid_loss") -> list:
    return next((t["values"] for t in followed.shown() if t["name"] == name), [])


def test_only_what_is_new_is_read(tmp_path):
    run, followed = run_with(tmp_path / "a"), Followed()
    assert followed.catch_up(run.path)
    before = followed.offset
    add(run, 3, 5)
    cursor, new = since(run.path, followed.cursor)
    assert [t["steps"] for t in new or []] == [[50, 60, 70]] * 2
    assert followed.catch_up(run.path)
    assert followed.offset == (run.path / READINGS).stat().st_size > before
    assert followed.cursor == cursor
    assert len(values(followed)) == 8
    assert since(run.path, cursor) == (cursor, [])


def test_a_line_that_is_half_written_is_read_when_it_is_whole(tmp_path):
    run, followed = run_with(tmp_path / "a"), Followed()
    line = json.dumps({"name": "valid_loss", "value": 7.0, "step": 60, "epoch": 6.0, "where": "", "unit": ""}) + "\n"
    with open(run.path / READINGS, "a") as file:
        file.write(line[:20])
    followed.catch_up(run.path)
    assert len(values(followed)) == 5
    with open(run.path / READINGS, "a") as file:
        file.write(line[20:])
    followed.catch_up(run.path)
    assert values(followed)[-1] == 7.0


@pytest.mark.parametrize(
    "line",
    [b"\x00\xff\n", b"{\n", b"[1, 2]\n", b'"name"\n', b'{"name": "a"}\n', b'{"name": [1], "value": 1, "step": 1}\n',
     b'{"name": "a", "value": "x", "step": 0}\n', b'{"name": "valid_loss", "value": 1, "step": 1e99, "epoch": 1}\n',
     b'{"name": "valid_loss", "value": 1, "step": 1, "epoch": NaN}\n', b"\n", b"[" * 5000 + b"\n"],
)  # fmt: skip
def test_a_line_that_is_no_reading_is_passed_over(tmp_path, line):
    run, followed = run_with(tmp_path / "a"), Followed()
    with open(run.path / READINGS, "ab") as file:
        file.write(line)
    add(run, 1, 5)
    followed.catch_up(run.path)
    assert len(values(followed)) == 6
    assert len(values(followed, "grad_norm")) == 6


def test_a_file_made_anew_is_read_anew(tmp_path):
    run = run_with(tmp_path / "a")
    followed = Curves().of(run.path)
    cursor = followed.cursor
    run.rewind(20)
    assert since(run.path, cursor)[1] is None
    assert not followed.catch_up(run.path)
    assert len(values(followed)) == 3  # steps 0, 10 and 20


def test_a_run_without_readings_has_none_and_may_get_some(tmp_path):
    run = run_with(tmp_path / "a", 0)
    followed = Curves().of(run.path)
    assert followed.shown() == []
    add(run, 2, 0)
    _, new = since(run.path, followed.cursor)
    assert len(new or []) == 2


def test_a_cursor_that_is_none_begins_anew(tmp_path):
    run = run_with(tmp_path / "a")
    for word in ("", "x", "1-2-3", "-1-5", "1" * 30 + "-1"):
        assert since(run.path, word)[1] is None


def test_values_that_are_not_finite_are_gaps(tmp_path):
    run, followed = run_with(tmp_path / "a"), Followed()
    run.append([Reading("valid_loss", math.nan, 60, 6.0), Reading("valid_loss", math.inf, 70, 7.0)])
    followed.catch_up(run.path)
    assert values(followed)[-2:] == [None, None]


def test_few_runs_are_kept_in_memory(tmp_path):
    curves = Curves(most=2)
    for word in "abc":
        curves.of(run_with(tmp_path / word).path)
    assert list(curves._held) == [str(tmp_path / "b"), str(tmp_path / "c")]


def test_some_tracks_are_read_without_the_others(tmp_path):
    run = run_with(tmp_path / "a")
    tracks = only(run.path, ["valid_loss", "grad_norm"])
    assert list(tracks) == [("valid_loss", "")]
    assert len(tracks["valid_loss", ""].values) == 5


def test_how_far_a_run_is_stands_in_its_last_whole_line(tmp_path):
    run = run_with(tmp_path / "a")
    with open(run.path / READINGS, "a") as file:
        file.write('{"name": "valid_l')
    assert last_epoch(run.path) == 4.0
    assert last_epoch(tmp_path) == 0.0


def test_both_readers_say_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    names, wheres = ["a", 'é " ☃', "b"], ["", "conv1", "block.0"]
    rows = [
        {"name": names[i % 3], "value": float(rng.normal()) if i % 5 else i, "step": i, "epoch": i / 7}
        | ({"where": wheres[i % 2], "unit": "K"} if i % 4 else {}) | ({"more": [1]} if i % 11 == 0 else {})
        for i in range(500)
    ]  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    found = []
    for limit in (0, 2**40):
        monkeypatch.setattr(curves, "WORTH_BYTES", limit)
        tracks: curves.Tracks = {}
        curves.take(lines[:20_000].rpartition(b"\n")[0] + b"\n", tracks)
        curves.take(lines[len(lines[:20_000].rpartition(b"\n")[0]) + 1 :], tracks)
        found.append(list(tracks.items()))
    assert found[0] == found[1]
    assert sum(len(points.steps) for _, points in found[0]) == 500


@pytest.mark.parametrize(("where", "quick"), [("block.0", True), ('é "☃" \\', True), ("a, b", False), ("a} ", True)])
def test_lines_as_a_run_writes_them_are_read_by_columns_and_say_the_same(tmp_path, monkeypatch, where, quick):
    run = run_with(tmp_path / "a", 30)
    odd = [math.nan, math.inf, -math.inf, 1e-300, -0.0, 7.0]
    run.append([Reading("valid_loss", v, 300 + i, 30 + i / 7, where, "K}") for i, v in enumerate(odd)])
    lines = (run.path / READINGS).read_bytes()
    assert (curves._table(lines) is not None) == quick
    found = []
    for limit in (0, 2**40):
        monkeypatch.setattr(curves, "WORTH_BYTES", limit)
        tracks: curves.Tracks = {}
        curves.take(lines, tracks)
        found.append(
            {key: (p.unit, p.steps.tobytes(), p.epochs.tobytes(), p.values.tobytes()) for key, p in tracks.items()}
        )
    assert found[0] == found[1]
    assert list(found[0]) == [("valid_loss", ""), ("grad_norm", "conv1"), ("valid_loss", where)]


def test_curves_of_a_crowded_chart_get_half_the_columns(tmp_path):
    run, followed = Run(tmp_path), Followed()
    for k in range(9):
        run.append([Reading("grad_norm", float(i % 7), i, float(i), f"layer{k}") for i in range(300)])
    run.append([Reading("loss", float(i % 7), i, float(i)) for i in range(300)])
    followed.catch_up(tmp_path)
    counts = {t["name"]: len(t["values"]) for t in followed.shown(20)}
    assert counts["grad_norm"] <= 4 * 10 < counts["loss"] <= 4 * 20
