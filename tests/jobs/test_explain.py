"""explain: from a run or a module to a page; and every refusal in three lines."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import wellfit as wf
from wellfit.jobs.explain import explained
from wellfit.nouns.errors import WellfitError
from wellfit.nouns.run import Run
from wellfit.nouns.tensors import MODEL, read_tensors, write_tensors
from wellfit.verbs.explain import PARTS


def pictures(n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Bright squares at the left or the right."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 60, (n, 1, 8, 8)).astype(np.uint8), np.arange(n) % 2
    for i, side in enumerate(y):
        x[i, 0, 2:5, 1 + 4 * side : 4 + 4 * side] = 250
    return x, y


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain") / "run"
    np.savez(folder.parent / "squares.npz", x=pictures()[0], y=pictures()[1])
    choices = {"network.widths": [6, 8], "training.epochs": 6, "watch.budget_frac": 0.0}
    wf.fit(str(folder.parent / "squares.npz"), out=folder, force=True, **choices)
    return folder


def copied(run: Path, to: Path) -> Path:
    shutil.copytree(run, to / "copy")
    return to / "copy"


def refused(*given, **options) -> str:
    with pytest.raises(WellfitError) as caught:
        wf.explain(*given, **options)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["asked", "found", "do"]
    return str(caught.value)


def test_attribution_of_a_run_is_a_page_with_its_files(run: Path):
    found = wf.explain(run, "attribution")
    page = found.page.read_text(encoding="utf-8")
    assert found.page == run / "explained" / "explained.html"
    assert "What the answers come from" in page
    assert all(m.strip() for m in re.findall(r'<img src="[^"]+" alt="([^"]*)"', page))
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    facts = json.loads((run / "explained" / "attribution.json").read_text())["facts"]
    assert facts["methods"]["integrated_gradients"]["completeness_error_frac"] < 0.05
    with np.load(run / "explained" / "attribution.npz") as held:
        assert held["occlusion"].shape == held["inputs"].shape == (6, 1, 8, 8)


def test_what_is_shown_unasked_is_one_page_that_can_be_mailed(run: Path):
    found = wf.explain(run)
    page = found.page.read_text(encoding="utf-8")
    assert set(found.parts) == {"attribution", "examples", "layers"}
    assert page.index('id="attribution"') < page.index('id="examples"') < page.index('id="layers"')
    assert found.page.stat().st_size < 3e6
    assert "<script" not in page
    wf.explain(run, "examples")
    assert 'id="layers"' in found.page.read_text(encoding="utf-8")  # what was found before stays on the page


def test_a_run_beside_itself_is_alike(run: Path):
    part = wf.explain(run, "layers", against=run)["layers"]
    assert np.allclose(np.diag(part.arrays["cka_against"]), 1, atol=1e-4)


def test_parts_lie_where_the_answer_is(run: Path):
    parts = wf.explain(run, "attribution", methods=["integrated_gradients"])["attribution"]
    size = np.abs(parts.arrays["integrated_gradients"]).sum((0, 1))
    assert size[2:5].mean() > 2 * np.concatenate([size[:2], size[6:]]).mean()


def test_what_takes_cells_away_in_the_order_of_parts_takes_the_answer_sooner(run: Path):
    facts = wf.explain(run, "attribution", methods=["integrated_gradients"])["attribution"].facts
    m = facts["methods"]["integrated_gradients"]
    assert m["deletion_area"] < m["deletion_area_random"]
    assert m["insertion_area"] > m["insertion_area_random"]


def test_the_rows_asked_for_are_explained(run: Path):
    found = wf.explain(run, "attribution", rows=[3, 10], methods=["gradient"])["attribution"]
    assert found.facts["rows"] == [3, 10]
    assert "no such row" in refused(run, "attribution", rows=[1000])


def test_a_module_of_ones_own_with_arrays(tmp_path: Path):
    torch.manual_seed(0)
    network, rng = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), np.random.default_rng(0)
    x = rng.normal(size=(60, 4)).astype(np.float32)
    found = wf.explain(network, "attribution", data=x, targets=x[:, 0] * 2, out=tmp_path / "seen")["attribution"]
    assert found.facts["methods"]["shapley"]["completeness_error_frac"] < 1e-3
    assert (tmp_path / "seen" / "explained.html").stat().st_size < 3e6
    assert "no data" in refused(network, "attribution", shape=(4,), out=tmp_path / "none")
    assert "neither data nor the shape" in refused(network, "attribution")
    assert set(wf.explain(network, shape=(4,), out=tmp_path / "bare").parts) == {"layers"}


def test_unknown_words_are_met_with_the_nearest(run: Path):
    assert "write attribution" in refused(run, "atribution")
    assert "integrated_gradients" in refused(run, "attribution", methods=["integrated_gradient"])
    assert "--layer conv2" in refused(run, layer="konv2")


def test_grad_cam_of_a_network_without_maps_is_refused(tmp_path: Path):
    network, x = nn.Sequential(nn.Linear(4, 3)), np.random.default_rng(0).normal(size=(60, 4))
    said = refused(network, "attribution", data=x, targets=np.arange(60) % 3, methods=["grad_cam"], out=tmp_path / "o")
    assert "no layer gives maps" in said


def test_a_finished_run_whose_weights_are_gone_says_so(run: Path, tmp_path: Path):
    bare = copied(run, tmp_path)
    (bare / MODEL).unlink()
    assert "are gone" in refused(bare)


def test_no_run_a_run_that_never_finished_and_weights_that_are_nan(run: Path, tmp_path: Path):
    assert "no such folder" in refused(tmp_path / "nothing")
    broken = copied(run, tmp_path)
    (broken / MODEL).unlink()
    (broken / "result.json").unlink()
    assert f"wellfit resume {broken}" in refused(broken)
    tensors, plain = read_tensors(Run.open(run), MODEL)
    name = next(k for k in tensors if k.endswith("weight"))
    tensors[name].flatten()[0] = float("nan")
    write_tensors(Run.open(broken), MODEL, tensors, plain)
    assert "1 of" in refused(broken)
    assert "NaN" in refused(broken)


def test_a_run_of_another_version_and_data_that_changed(run: Path, tmp_path: Path):
    old = copied(run, tmp_path)
    tensors, plain = read_tensors(Run.open(run), MODEL)
    write_tensors(Run.open(old), MODEL, tensors, {k: v for k, v in plain.items() if k != "shape_in"})
    assert "another version" in refused(old)
    write_tensors(Run.open(old), MODEL, tensors, plain)
    recipe = (old / "recipe.toml").read_text()
    (old / "recipe.toml").write_text(recipe + "\n[training.gone]\nx = 1\n")
    assert "version of wellfit" in refused(old)
    (old / "recipe.toml").write_text(recipe)
    x, y = pictures()
    assert "not the data it was started on" in refused(old, data=(255 - x, y))


def test_features_of_a_run_and_of_a_module_without_data(run: Path, tmp_path: Path):
    found = wf.explain(run, "features", layer="conv2", unit=3, steps=8)["features"]
    (told,) = found.facts["units"]
    assert (told["layer"], told["unit"]) == ("conv2", 3)
    assert found.arrays["conv2"].shape == (1, 1, 8, 8)
    assert "it has 8 units" in refused(run, "features", layer="conv2", unit=8)
    assert "channel, logit, unit, layer" in refused(run, "features", objective="chanel")
    own = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    part = wf.explain(own, "features", shape=(3, 8, 8), steps=4, count=2, out=tmp_path / "own")["features"]
    assert part.arrays["network"].shape == (2, 3, 8, 8)


def test_the_landscape_with_the_way_there_and_to_another_run(run: Path, tmp_path: Path):
    part = wf.explain(run, "landscape", against=run, replay=True, out=tmp_path / "l")["landscape"]
    loss = part.facts["loss"]
    assert np.allclose(part.arrays["between"][0], loss, rtol=1e-4)  # from a run to itself
    assert abs(part.arrays["slices"][1, 0, 12] - loss) < 1e-6 * max(1, loss)  # the weights were put back in between
    assert np.allclose(part.arrays["way"][-1], 0)
    x, y = part.arrays["way_x"], part.arrays["way_y"]
    near = part.arrays["way_map"][np.abs(y).argmin(), np.abs(x).argmin()]
    assert near < part.arrays["way_map"].max()
    assert len(part.arrays["way"]) >= 3


def test_of_all_parts_those_that_make_no_sense_say_so_in_a_line(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    dense = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    asked = {"data": x, "targets": np.arange(60) % 3, "steps": 4, "out": tmp_path / "all"}
    told = list(explained(dense, ["all"], **asked))
    left = {stage.name: stage.line for stage in told if "left out" in stage.line}
    assert set(left) == {"blocks", "atlas"}
    assert all("no layer gives maps" in line for line in left.values())
    assert set(told[-1].detail.parts) == set(PARTS) - set(left)


def test_blocks_and_atlas_of_a_run_and_what_they_refuse(run: Path, tmp_path: Path):
    found = wf.explain(run, "blocks", "atlas", layer="conv2", steps=2, out=tmp_path / "b")
    page = found.page.read_text(encoding="utf-8")
    assert page.index('id="blocks"') < page.index('id="atlas"')
    assert "<script>" in page
    assert found["atlas"].facts["classes"] == ["0", "1"]
    assert found["atlas"].arrays["counts"].min() >= 4
    assert found["blocks"].arrays["groups"].shape == (4, 8)
    assert (found["blocks"].arrays["groups"] >= 0).all()
    assert "no map" in refused(run, "blocks", layer="output", out=tmp_path / "n")
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    dense = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    assert "no layer gives maps" in refused(dense, "atlas", data=x, targets=np.arange(60) % 3, out=tmp_path / "n")
    small = nn.Sequential(nn.Conv2d(1, 4, 7), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    few = pictures(40)
    assert "at least 200" in refused(small, "atlas", data=few[0], targets=few[1], out=tmp_path / "n")
