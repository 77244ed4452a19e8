"""Bad input from the shell: exit status 2 and three short lines that say what was found and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from wellfit.cli import main

RNG = np.random.default_rng(0)
N = 120


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command says on standard error, where it leaves with 2 after three lines."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    said = capfd.readouterr().err.strip().splitlines()[-3:]
    assert left.value.code == 2
    assert [line.split(":")[0] for line in said] == ["asked", "found", "do"]
    return "\n".join(said)


def series(**changes) -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=N, freq="D")
    return pd.DataFrame({"day": days, "a": RNG.normal(size=N), "b": RNG.normal(size=N)}).assign(**changes)


def csv(frame: pd.DataFrame) -> Callable[[Path], str]:
    def made(folder: Path) -> str:
        frame.to_csv(folder / "data.csv", index=False)
        return str(folder / "data.csv")

    return made


def file(name: str, content: bytes) -> Callable[[Path], str]:
    def made(folder: Path) -> str:
        (folder / name).write_bytes(content)
        return str(folder / name)

    return made


def cut_parquet(folder: Path) -> str:
    series().to_parquet(folder / "data.parquet")
    return file("data.parquet", (folder / "data.parquet").read_bytes()[:600])(folder)


def one_class(folder: Path) -> str:
    for i in range(4):
        (folder / "cat").mkdir(exist_ok=True)
        Image.fromarray(RNG.integers(0, 255, (8, 8)).astype(np.uint8)).save(folder / "cat" / f"{i}.png")
    (folder / "dog").mkdir()
    return str(folder)


def stray_edge(folder: Path) -> str:
    pd.DataFrame({"id": range(12), "x": RNG.normal(size=12), "label": list("ab") * 6}).to_csv(folder / "nodes.csv")
    pd.DataFrame({"source": [0, 1], "target": [1, 99]}).to_csv(folder / "edges.csv", index=False)
    return str(folder)


twice = series().assign(day=lambda f: f["day"].where(f.index != 50, f["day"][49]))
jumps = series().assign(day=lambda f: f["day"].where(f.index != 50, f["day"][3]))
BAD = {
    "a time axis that runs backwards": (csv(series()[::-1]), (), "earlier than row 1", "sort the rows by time"),
    "a time axis that jumps back": (csv(jumps), (), "first row 51", "sort the rows by time"),
    "a time axis that repeats": (csv(twice), (), "the same as row 50", "keep one row for each time"),
    "a window longer than the series": (csv(series()), ("--set", "data.history=500"), "120 steps of 1 day", "smaller windows"),
    "an all-missing variable": (csv(series(b=np.nan)), (), "all of its 120 values are missing", "data.drop"),
    "a variable that never varies": (csv(series(b=3.0)), (), "3 at every step", "leave it out"),
    "a target without answers": (csv(series(b=np.nan)), ("--target", "b"), "none in 120 rows", "name another target"),
    "a truncated table": (cut_parquet, (), "unreadable", "mend the file"),
    "a header one name short": (file("t.csv", b"x,y\n" + b"1,2,3\n" * 20), (), "the header has 2 names", "missing name"),
    "a table without rows": (file("t.csv", b"x,y\n"), (), "no rows", "rows in it"),
    "a picture tree with one class": (one_class, (), "one class only: 'cat', 4 times; no picture in the folder dog", "add"),
    "a truncated zip": (file("cut.zip", b"PK\x03\x04" + bytes(300)), (), "no readable zip", "pack it anew"),
    "truncated arrays": (file("cut.npz", b"PK\x03\x04" + bytes(300)), (), "unreadable", "write the file anew"),
    "a text too short": (file("t.txt", b"too short to learn"), (), "characters", "give a longer text"),
    "an edge to a node that is not there": (stray_edge, (), "'99' in row 2 of the edges", "add it to the nodes"),
    "a target for a density": (csv(series()), ("--task", "density", "--target", "a"), "predicts nothing", "--target"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_with_what_was_found_and_what_to_do(tmp_path, capfd, what: str):
    made, words, found, do = BAD[what]
    said = refused(capfd, "fit", made(tmp_path), *words, "--out", str(tmp_path / "run"))
    assert found in said
    assert do in said.splitlines()[2]
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def run_of_64(tmp_path_factory):
    """A run on pictures of 64²."""
    folder = tmp_path_factory.mktemp("64")
    np.savez(folder / "p.npz", x=RNG.normal(size=(40, 1, 64, 64)).astype(np.float32), y=np.arange(40) % 2)
    choices = (
        "training.epochs=1",
        "network.name=dense",
        "network.widths=[2]",
        "training.lr=1e-3",
        "watch.budget_frac=0.0",
    )
    with pytest.raises(SystemExit) as left:
        main(["fit", str(folder / "p.npz"), "--force", "--out", str(folder / "run"), "--set", *choices])
    assert not left.value.code
    return folder / "run"


def test_a_network_for_64_fed_61_is_refused(run_of_64, tmp_path, capfd):
    np.save(tmp_path / "small.npy", RNG.normal(size=(3, 1, 61, 61)))
    said = refused(capfd, "predict", str(run_of_64), str(tmp_path / "small.npy"))
    assert "asked: examples of shape (1, 64, 64), as in training" in said
    assert "(1, 61, 61)" in said


def test_weights_that_fit_no_layer_are_refused(tmp_path, capfd):
    save_file({"other.weight": torch.zeros(7, 5, 3)}, tmp_path / "other.safetensors")
    said = refused(capfd, "fit", "iris", "--from", str(tmp_path / "other.safetensors"), "--out", str(tmp_path / "run"))
    assert "fit" in said.splitlines()[1]


def test_weights_of_another_kind_of_data_are_refused(run_of_64, tmp_path, capfd):
    said = refused(capfd, "fit", "iris", "--from", str(run_of_64), "--out", str(tmp_path / "run"))
    assert "pictures of shape (1, 64, 64)" in said
