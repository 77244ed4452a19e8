"""Laws of the patch: the figure is read as a person would, and a changed script runs beside the user's files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wellfit.verbs.patch.folder import SMALL_BYTES, mirrored
from wellfit.verbs.patch.metric import Measure, better, common, end_of, measures


@pytest.mark.parametrize(
    ("line", "name", "value", "higher"),
    [
        ("metric: accuracy 0.97", "metric accuracy", 0.97, True),
        ("epoch 3: val acc 93.5%", "val acc", 93.5, True),
        ("test_rmse=1.2e-3", "test rmse", 0.0012, False),
        ("loss tensor(0.25, grad_fn=<X>)", "loss", 0.25, False),
        ("metric: mae_keur nan", "metric mae", float("nan"), False),
        ("R² on validation: -0.4", "validation r2", -0.4, True),
    ],
)
def test_figure_is_read_with_its_name_and_direction(line, name, value, higher):
    found = {" ".join(sorted(k.split())): m for k, m in measures([line]).items()}
    measure = found[" ".join(sorted(name.split()))]
    assert measure.value == pytest.approx(value, nan_ok=True)
    assert measure.higher == higher


def test_lines_without_a_known_figure_say_nothing():
    assert measures(["epoch 3", "0 0.25", "saved to run 7"]) == {}


def test_the_last_held_out_score_is_held_against_its_twin():
    before = ["train acc 0.9 val acc 0.5 loss 2.0", "train acc 1.0 val acc 0.6 loss 1.0"]
    after = ["train acc 0.9 val acc 0.8 loss 0.1"]
    old, new = common(before, after, True) or (None, None)
    assert (old and old.value, new and new.value) == (0.6, 0.8)
    assert common(["loss 2.0"], ["loss 1.0"], loss_counts=False) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "higher", "yes"),
    [
        ("acc", 0.90, 0.95, True, True), ("acc", 0.90, 0.901, True, False), ("acc", 0.9, 0.5, True, False),
        ("loss", 1.0, 0.5, False, True), ("loss", 1.0, 0.99, False, False), ("loss", float("nan"), 3.0, False, True),
        ("loss", 1.0, float("nan"), False, False), ("r2", -5.0, 0.9, True, True), ("acc", 90.0, 97.0, True, True),
    ],
)  # fmt: skip
def test_better_is_a_twentieth_of_what_was_left_to_gain(name, old, new, higher, yes):
    assert better(Measure(name, old, higher), Measure(name, new, higher)) is yes


def test_training_loss_at_the_end_is_the_mean_of_its_last_tenth():
    end = end_of([(i, float(100 - i)) for i in range(100)])
    assert end is not None
    assert end.value == 5.5
    assert end_of([]) is None


def test_folder_looks_like_the_one_it_mirrors_and_takes_what_is_written(tmp_path):
    home = tmp_path / "home" / "project"
    (home / "data").mkdir(parents=True)
    (tmp_path / "home" / "shared.csv").write_text("s")
    (home / "train.py").write_text("old")
    (home / "data" / "small.csv").write_text("1")
    (home / "large.bin").write_bytes(b"0" * (SMALL_BYTES + 1))
    since = time.time() + 10
    (home / "product.pt").write_text("written by the script")
    os.utime(home / "product.pt", (since + 1, since + 1))
    root = tmp_path / "root"
    mirrored(root, [home], {str(home / "train.py"): b"new"}, since)
    there = root / home.relative_to(home.anchor)
    assert (there / "train.py").read_bytes() == b"new"
    assert not (there / "train.py").is_symlink()
    assert (there / "large.bin").is_symlink()
    assert not (there / "product.pt").exists()
    assert (there / ".." / "shared.csv").read_text() == "s"
    (there / "data" / "small.csv").write_text("2")
    (there / "data" / "more.csv").write_text("3")
    assert (home / "data" / "small.csv").read_text() == "1"
    assert sorted(p.name for p in (home / "data").iterdir()) == ["small.csv"]
    assert (home / "train.py").read_text() == "old"
    assert Path(home / "product.pt").exists()
