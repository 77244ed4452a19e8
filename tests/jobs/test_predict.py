"""Predictions for raw data, from a run's folder alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from wellfit.jobs.fitted import open as open_run
from wellfit.jobs.predict import answers as answers_of
from wellfit.jobs.predict import csv, predict, write
from wellfit.nouns.errors import DataError, RunError
from wellfit.nouns.run import Run
from wellfit.verbs import keep
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.settle import settle

N = 60


def kept(path: Path, source, targets=None, network=None, units=None, **choices) -> Run:
    """A run with a network as it is before training: what predict needs."""
    given = settle(source, None, {"training.lr": 0.1, **choices}, network)
    data = load(source, given.data, targets)
    case = build(propose(given, data)[0], data, network)
    run = Run.create(path, case.recipe, {})
    keep.keep_model(run, case)
    run.write_json("data.json", {"units": dict(data.raw.units)})
    return run


def flowers(n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    kind = rng.choice(["rose", "tulip", "iris"], n)
    return pd.DataFrame({"height (cm)": rng.normal(30, 5, n), "colour": rng.choice(["red", "blue"], n), "kind": kind})


def test_a_tables_predictions_are_a_class_and_its_probabilities_row_by_row(tmp_path):
    frame = flowers()
    frame.to_csv(tmp_path / "f.csv", index=False)
    run = kept(tmp_path / "run", str(tmp_path / "f.csv"), target="kind")
    answers = predict(run.path, str(tmp_path / "f.csv"))
    assert list(answers.columns) == ["row", "prediction", "p(iris)", "p(rose)", "p(tulip)"]
    assert answers["row"].tolist() == list(range(N))
    chances = answers[["p(iris)", "p(rose)", "p(tulip)"]]
    assert np.allclose(chances.sum(axis=1), 1)
    assert (chances.idxmax(axis=1) == "p(" + answers["prediction"] + ")").all()


def test_the_target_need_not_be_there_and_columns_may_come_in_another_order(tmp_path):
    frame = flowers()
    run = kept(tmp_path / "run", frame, target="kind")
    whole = predict(run.path, frame)
    assert predict(run.path, frame[["colour", "height (cm)"]]).equals(whole)
    assert predict(run.path, frame.drop(columns="kind").assign(more=1)).equals(whole)


def test_a_missing_column_is_refused_by_its_name(tmp_path):
    run = kept(tmp_path / "run", flowers(), target="kind")
    with pytest.raises(DataError, match="'colour'"):
        predict(run.path, flowers().drop(columns=["kind", "colour"]))


def test_a_regressions_predictions_are_named_by_target_with_its_unit(tmp_path):
    frame = flowers().assign(mass_g=lambda f: f["height (cm)"] * 2)
    frame.to_csv(tmp_path / "f.csv", index=False)
    run = kept(tmp_path / "run", str(tmp_path / "f.csv"), target="mass_g")
    answers = predict(run.path, str(tmp_path / "f.csv"))
    assert list(answers.columns) == ["row", "mass_g"]
    lengths = kept(tmp_path / "run2", str(tmp_path / "f.csv"), target="height (cm)")
    assert list(predict(lengths.path, str(tmp_path / "f.csv")).columns) == ["row", "height (cm)"]


def pictures(folder: Path, n: int = 24) -> Path:
    rng = np.random.default_rng(0)
    for i in range(n):
        place = folder / ("dark" if i % 2 else "light")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 12), dtype=np.uint8)).save(place / f"{i:02d}.png")
    return folder


def test_pictures_are_named_by_their_files_and_one_alone_is_enough(tmp_path):
    folder = pictures(tmp_path / "p")
    run = kept(tmp_path / "run", str(folder))
    answers = predict(run.path, str(folder))
    assert list(answers.columns) == ["file", "prediction", "p(dark)", "p(light)"]
    assert "dark/01.png" in answers["file"].tolist()
    alone = predict(run.path, str(folder / "dark" / "01.png"))
    assert len(alone) == 1
    same = answers[answers["file"] == "dark/01.png"]
    assert np.allclose(alone["p(dark)"], same["p(dark)"], atol=1e-6)


def test_a_loose_folder_of_pictures_of_another_size_is_brought_to_the_trainings(tmp_path):
    run = kept(tmp_path / "run", str(pictures(tmp_path / "p")))
    (tmp_path / "new").mkdir()
    Image.fromarray(np.zeros((30, 20), dtype=np.uint8)).save(tmp_path / "new" / "a.png")
    assert predict(run.path, str(tmp_path / "new"))["file"].tolist() == ["a.png"]


def test_a_broken_picture_is_refused_or_left_out_as_asked(tmp_path):
    run = kept(tmp_path / "run", str(pictures(tmp_path / "p")))
    new = pictures(tmp_path / "new", 4)
    (new / "dark" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"bad\.png"):
        predict(run.path, str(new))
    assert len(predict(run.path, str(new), skip_bad=True)) == 4


def test_arrays_are_predicted_from_npy_and_npz_files(tmp_path):
    x = np.random.default_rng(0).normal(size=(N, 5))
    run = kept(tmp_path / "run", x, np.arange(N) % 3)
    np.save(tmp_path / "x.npy", x[:7])
    np.savez(tmp_path / "x.npz", x=x[:7])
    from_npy = predict(run.path, str(tmp_path / "x.npy"))
    assert len(from_npy) == 7
    assert from_npy.equals(predict(run.path, str(tmp_path / "x.npz")))


@pytest.mark.parametrize("shape", [(7, 4), (7, 8, 8), (7, 5, 1)])
def test_arrays_of_another_shape_are_refused_with_both_shapes(tmp_path, shape):
    x = np.random.default_rng(0).normal(size=(N, 5))
    run = kept(tmp_path / "run", x, np.arange(N) % 3)
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(DataError) as refused:
        predict(run.path, str(tmp_path / "x.npy"))
    assert "5" in refused.value.asked
    assert str(shape[1]) in refused.value.found


def test_a_table_is_refused_where_arrays_were_trained_on(tmp_path):
    run = kept(tmp_path / "run", np.random.default_rng(0).normal(size=(N, 5)), np.arange(N) % 3)
    with pytest.raises(DataError, match="a table of shape"):
        predict(run.path, flowers())


def test_a_run_that_has_no_model_yet_is_refused(tmp_path):
    run = kept(tmp_path / "run", flowers(), target="kind")
    (run.path / keep.MODEL).unlink()
    with pytest.raises(RunError, match="nothing has been kept yet"):
        predict(run.path, flowers())


def test_a_damaged_model_is_refused(tmp_path):
    run = kept(tmp_path / "run", flowers(), target="kind")
    file = run.path / keep.MODEL
    content = bytearray(file.read_bytes())
    content[-3] ^= 255
    file.write_bytes(content)
    with pytest.raises(RunError, match="hash"):
        predict(run.path, flowers())


class Mine(nn.Sequential):
    """A network of the user's own."""

    def __init__(self, shape_in, shape_out):
        super().__init__(nn.Linear(*shape_in, *shape_out))


def test_code_of_ones_own_is_never_run_unless_it_is_handed_in(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(N, 5)), np.arange(N) % 3
    run = kept(tmp_path / "run", x, y, network=Mine)
    with pytest.raises(RunError, match="not run for you"):
        predict(run.path, x)
    assert len(predict(run.path, x, network=Mine)) == N
    with pytest.raises(RunError, match="do not fit the network"):
        predict(run.path, x, network=nn.Linear(5, 4))


def test_the_csv_reads_back_as_it_was(tmp_path):
    frame = flowers()
    run = kept(tmp_path / "run", frame, target="kind")
    answers = predict(run.path, frame)
    assert write(answers_of(run.path, frame), tmp_path / "a.csv") == f"60 predictions written to {tmp_path / 'a.csv'}"
    assert (tmp_path / "a.csv").read_text() == csv(answers)
    back = pd.read_csv(io.StringIO(csv(answers)))
    assert back["prediction"].equals(answers["prediction"].astype(back["prediction"].dtype))
    assert np.array_equal(back["p(iris)"].astype(np.float32), answers["p(iris)"])


# ---- masks ----------------------------------------------------------------------------------------------------------


def scenes(folder: Path, n: int = 12, size: tuple[int, int] = (20, 24)) -> Path:
    """Pictures with masks: bright cells are of the second class."""
    rng = np.random.default_rng(0)
    for i in range(n):
        x = rng.integers(0, 255, size).astype(np.uint8)
        for part, v in (("images", x), ("masks", (x > 128).astype(np.uint8))):
            (folder / part).mkdir(parents=True, exist_ok=True)
            Image.fromarray(v).save(folder / part / f"{i}.png")
    return folder


def brightness() -> nn.Module:
    """Says the second class where a scaled cell is over 0."""
    layer = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([-20.0, 20.0]).reshape(2, 1, 1, 1))
        layer.bias.zero_()
    return layer


def test_masks_are_put_together_from_tiles_and_written_as_pictures(tmp_path):
    run = kept(tmp_path / "run", str(scenes(tmp_path / "s")), network=brightness())
    large = scenes(tmp_path / "large", 1, (70, 55)) / "images"
    found = answers_of(run.path, str(large), network=brightness())
    assert list(found.table.columns) == ["file", "height", "width", "share(background)", "share(object)"]
    assert found.table[["height", "width"]].to_numpy().tolist() == [[70, 55]]
    said = write(found, tmp_path / "out")
    assert said == f"1 mask written to {tmp_path / 'out'}, with predictions.csv"
    mask, x = np.asarray(Image.open(tmp_path / "out" / "0.png")), np.asarray(Image.open(large / "0.png"))
    at = x[mask == 1].min()
    np.testing.assert_array_equal(mask, x >= at)
    assert found.table["share(object)"][0] == pytest.approx(mask.mean())
    with pytest.raises(RunError, match="name a folder"):
        write(found, tmp_path / "a.csv")


def test_arrays_of_pictures_of_another_size_are_put_together_from_tiles(tmp_path):
    run = kept(tmp_path / "run", str(scenes(tmp_path / "s")), network=brightness())
    x = np.random.default_rng(1).integers(0, 255, (2, 1, 50, 61)).astype(np.uint8)
    said = open_run(run.path, brightness()).predict(x)
    assert said.shape == (2, 50, 61)
    np.testing.assert_array_equal(said, x[:, 0] >= x[:, 0][said == 1].min())


def test_one_picture_of_any_size_gets_a_mask(tmp_path):
    run = kept(tmp_path / "run", str(scenes(tmp_path / "s")), network=brightness())
    Image.fromarray(np.zeros((7, 9), np.uint8)).save(tmp_path / "one.png")
    found = answers_of(run.path, str(tmp_path / "one.png"), network=brightness())
    assert found.masks["one.png"].shape == (7, 9)
    Image.fromarray(np.zeros((7, 9, 3), np.uint8)).save(tmp_path / "colour.png")
    with pytest.raises(DataError, match="examples of shape"):
        predict(run.path, str(tmp_path / "colour.png"), network=brightness())
