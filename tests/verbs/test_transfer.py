"""A network that begins with the weights of an earlier training: what is taken over, what learns, what is refused."""

from __future__ import annotations

import importlib
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import nn

import wellfit as wf
from wellfit.jobs.given import given
from wellfit.jobs.plan import plan
from wellfit.nouns.carried import in_runs
from wellfit.nouns.errors import DataError, NetworkError, RecipeError, RunError, WellfitError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.transfer.carry import channels

X, Y = load_digits(return_X_y=True)
X = X.reshape(-1, 1, 8, 8)
LOW, HIGH = (X[Y < 5][:150], Y[Y < 5][:150]), (X[Y > 4][:150], Y[Y > 4][:150])
SHORT = {"training.epochs": 2, "training.lr": 1e-3}
CONV = {"network.name": "conv", "network.widths": (4, 8)}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A finished run on the digits 0 to 4."""
    return wf.fit(LOW, out=tmp_path_factory.mktemp("runs") / "old", **SHORT, **CONV)


def begun(old, source=HIGH, network=None, **choices):
    given = {"transfer.weights": str(old.path), "training.lr": 1e-3, "training.epochs": 2, **choices}
    return plan(source, Recipe.of(given), network)


def test_the_head_is_new_and_the_rest_is_taken_over_by_name_and_shape(old):
    case, reasons = begun(old)
    now, was = case.network.state_dict(), old.model.network.state_dict()
    assert {r.layer for r in case.carried if r.what == "new"} == {"output"}
    assert all(torch.equal(now[n], was[n]) for n in now if not n.startswith("output"))
    assert not torch.equal(now["output.weight"], was["output.weight"])
    assert case.recipe.network.widths == (4, 8)
    assert reasons["network.widths"] == f"as in {old.path}"


def test_the_head_is_kept_where_the_classes_are_the_same(old):
    case, _ = begun(old, LOW)
    assert {r.what for r in case.carried} == {"taken"}


def test_what_has_another_shape_is_new_and_the_table_says_so(old):
    case, _ = begun(old, **{"network.name": "conv", "network.widths": (4, 6)})
    rows = {r.name: r for r in case.carried}
    assert rows["conv1.weight"].what == "taken"
    assert rows["conv2.weight"].what == "new"
    assert rows["conv2.weight"].why == "it was of another shape"
    assert rows["conv2.weight"].was == (8, 4, 3, 3)


@pytest.mark.parametrize("mode", ["frozen", "fine-tune", "gradual"])
def test_frozen_weights_and_statistics_stay_bit_for_bit_and_others_move(old, tmp_path, mode):
    was = old.model.network.state_dict()
    run = wf.fit(HIGH, out=tmp_path / "new", **SHORT, **{"transfer.weights": str(old.path), "transfer.mode": mode})
    now = run.model.network.state_dict()
    same = [n for n in was if torch.equal(was[n], now[n])]
    rest = [n for n in was if not n.startswith("output.")]
    assert same == (rest if mode == "frozen" else [])
    assert wf.open(tmp_path / "new").predict(HIGH[0][:3]).shape == (3,)  # the folder is whole


def test_earlier_layers_learn_at_smaller_rates(old):
    from wellfit.verbs.train import train

    case, _ = begun(old, **{"transfer.rate_decay": 0.5})
    step = next(iter(train(case, due=lambda index: True)))
    rate = {id(p): g["lr"] for g in step.optimizer.param_groups for p in g["params"]}
    named = dict(case.network.named_parameters())
    ratio = lambda name: rate[id(named[name])] / rate[id(named["output.weight"])]
    assert [ratio(f"{n}.weight") for n in ("output", "conv2", "norm2", "conv1", "norm1")] == [1, 0.5, 0.5, 0.25, 0.25]


def test_gradual_lets_the_last_layer_learn_first_and_all_in_the_end(old):
    from wellfit.nouns.step import Rest
    from wellfit.verbs.train import train

    case, _ = begun(old, **{"transfer.mode": "gradual", "training.epochs": 4, "training.patience": 0})
    learning = []
    for moment in train(case):
        if isinstance(moment, Rest):
            learning.append(sorted({n.split(".")[0] for n, p in case.network.named_parameters() if p.requires_grad}))
    assert learning[0] == ["output"]
    assert learning[1] == ["conv2", "norm2", "output"]
    assert learning[2] == learning[3] == ["conv1", "conv2", "norm1", "norm2", "output"]


def test_other_channels_adapt_the_first_convolution(old):
    three = np.repeat(HIGH[0], 3, axis=1), HIGH[1]
    case, _ = begun(old, three)
    first = case.carried[0]
    assert (first.name, first.what, first.was, first.shape) == ("conv1.weight", "adapted", (4, 1, 3, 3), (4, 3, 3, 3))


@pytest.mark.parametrize(("was", "now"), [(3, 1), (1, 3), (3, 6), (3, 4), (4, 3)])
def test_grey_pictures_give_what_they_gave_whatever_the_channels(was, now):
    weight, grey = torch.randn(5, was, 3, 3), torch.randn(2, 1, 6, 6)
    before = nn.functional.conv2d(grey.expand(-1, was, -1, -1), weight)
    after = nn.functional.conv2d(grey.expand(-1, now, -1, -1), channels(weight, now))
    if now == 1 or now % was == 0:
        torch.testing.assert_close(after, before)
    assert after.shape == before.shape


def test_inputs_are_scaled_as_the_earlier_data_were(old):
    case, reasons = begun(old)
    assert case.recipe.data.normalise == "kept"
    assert "as the network learnt it" in reasons["data.normalise"]
    torch.testing.assert_close(case.data.preparation.inputs(X[:5]), old.model.preparation.inputs(X[:5]), rtol=0, atol=0)


def test_scaling_is_learnt_anew_where_the_inputs_are_in_other_units(old):
    case, reasons = begun(old, (HIGH[0] * 1000, HIGH[1]))
    assert case.recipe.data.normalise == "standardise"
    assert "would spread" in reasons["data.normalise"]


def test_a_stopped_run_goes_on_with_what_it_froze(old, tmp_path):
    import shutil

    from wellfit.jobs.resume import resume
    from wellfit.verbs.keep import read_begun

    choices = {"transfer.weights": str(old.path), "transfer.mode": "frozen"}
    whole = wf.fit(HIGH, out=tmp_path / "new", **SHORT, **choices)
    held = read_begun(whole.run)
    assert [r.frozen for r in held.carried] == [not r.name.startswith("output") for r in held.carried]
    assert held.preparation is not None
    assert held.preparation.classes == ("0", "1", "2", "3", "4")
    shutil.copytree(whole.path, tmp_path / "cut")
    (tmp_path / "cut" / "result.json").unlink()
    again = resume(tmp_path / "cut", *HIGH)
    was, now = whole.model.network.state_dict(), again.model.network.state_dict()
    assert all(torch.equal(was[n], now[n]) for n in was)


def test_a_safetensors_file_is_taken_over_whatever_stands_before_its_names(old, tmp_path):
    weights = {f"module.{n}": t for n, t in old.model.network.state_dict().items()}
    save_file(weights, tmp_path / "w.safetensors")
    choices = Recipe.of({"transfer.weights": str(tmp_path / "w.safetensors"), "training.lr": 1e-3, **CONV})
    case, _ = plan(HIGH, choices)
    assert {r.layer for r in case.carried if r.what == "new"} == {"output"}
    assert torch.equal(case.network.state_dict()["conv1.weight"], weights["module.conv1.weight"])


class Foreign(nn.Module):
    """A trained network for pictures of three channels and ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def test_a_module_with_weights_of_its_own_gets_a_new_head_and_keeps_the_rest():
    module = Foreign()
    case, _ = plan(HIGH, Recipe.of({"transfer.weights": "own", "training.lr": 1e-3}), module)
    rows = {r.name: r.what for r in case.carried}
    assert rows == {"body.0.weight": "adapted", "body.0.bias": "taken", "head.weight": "new", "head.bias": "new"}
    assert case.network.get_submodule("head").weight.shape == (5, 16)
    torch.testing.assert_close(case.network.state_dict()["body.0.weight"], module.body[0].weight.sum(1, keepdim=True))
    assert module.head.weight.shape == (10, 16)  # the user's own stays as it was


def pretrained(package: str, make: str) -> nn.Module:
    """A network of that package with weights made here; skips where the package is absent or does not load."""
    try:
        module = importlib.import_module(package)
    except Exception as error:  # a torchvision that was built for another torch raises RuntimeError
        pytest.skip(f"no {package} that loads: {type(error).__name__}")
    torch.manual_seed(1)
    if package == "timm":
        return module.create_model(make, num_classes=1000)
    return getattr(module, make)(num_classes=1000)


@pytest.mark.parametrize("channels_in", [1, 3, 6])
@pytest.mark.parametrize(
    ("package", "make", "head", "first"),
    [("torchvision.models", "resnet18", "fc", "conv1"), ("timm", "resnet10t", "fc", "conv1.0")],
)
def test_a_pretrained_network_of_timm_or_torchvision_is_carried(package, make, head, first, channels_in):
    module = pretrained(package, make)
    x = np.random.default_rng(0).integers(0, 255, (40, channels_in, 32, 32)).astype(np.uint8)
    case, _ = plan((x, np.arange(40) % 4), Recipe.of({"transfer.weights": "own", "training.lr": 1e-3}), module)
    was, now = module.state_dict(), case.network.state_dict()
    assert {r.layer for r in case.carried if r.what == "new"} == {head}
    assert now[f"{head}.weight"].shape == (4, 512)
    changed = {n for n in now if not n.startswith(head) and not torch.equal(now[n], was[n])}
    assert changed == (set() if channels_in == 3 else {f"{first}.weight"})
    assert case.recipe.data.normalise == "kept"
    expected = (torch.tensor((0.485, 0.456, 0.406)) * 255).mean() if channels_in != 3 else 0.485 * 255
    assert case.data.preparation.scaling.parts["shift"].flatten()[0] == pytest.approx(float(expected), rel=1e-6)


def test_what_was_left_behind_is_in_the_table(old, tmp_path):
    weights = {**old.model.network.state_dict(), "aux.weight": torch.zeros(3, 7)}
    save_file(weights, tmp_path / "w.safetensors")
    case, _ = plan(HIGH, Recipe.of({"transfer.weights": str(tmp_path / "w.safetensors"), "training.lr": 1e-3, **CONV}))
    (row,) = [r for r in case.carried if r.what == "left" and r.name.startswith("aux")]
    assert row.was == (3, 7)
    table = in_runs([asdict(r) for r in case.carried])
    assert [(r["layers"], r["what"]) for r in table][:1] == [("conv1 ... norm2", "taken")]
    assert sum(r["tensors"] for r in table) == len(case.carried)
    assert table[0]["weights"] == sum(p.numel() for n, p in case.network.named_parameters() if "output" not in n)


def test_from_on_the_command_line_means_a_run_a_file_or_a_module(old, tmp_path):
    of = lambda text: given("digits", begin=text)[1]
    assert of(str(old.path)).transfer.weights == str(old.path)
    assert (of("mine.py:net").transfer.weights, of("mine.py:net").network.name) == ("own", "mine.py:net")


def fails(tmp_path, old, what: str):
    table = np.random.default_rng(0).normal(size=(60, 4))
    (tmp_path / "w.pt").write_bytes(b"x")
    (tmp_path / "cut.safetensors").write_bytes(b"x" * 40)
    (tmp_path / "notes.txt").write_text("no tensors")
    save_file({"a": torch.zeros(3)}, tmp_path / "none.safetensors")
    choices = {
        "missing": {"transfer.weights": str(old.path.parent / "odl")},
        "no run": {"transfer.weights": str(old.path.parent)},
        "pickle": {"transfer.weights": str(tmp_path / "w.pt")},
        "no tensors": {"transfer.weights": str(tmp_path / "notes.txt")},
        "damaged": {"transfer.weights": str(tmp_path / "cut.safetensors")},
        "fits nothing": {"transfer.weights": str(tmp_path / "none.safetensors"), **CONV},
        "no weights": {"transfer.weights": "own", "network.name": "conv"},
        "all frozen": {"transfer.weights": str(old.path), "transfer.mode": "frozen"},
        "kept without": {"data.normalise": "kept"},
        "mode without": {"transfer.mode": "frozen"},
        "table": {"transfer.weights": str(old.path)},
    }[what]
    source = {"table": (table, np.arange(60) % 2), "all frozen": LOW}.get(what, HIGH)
    plan(source, Recipe.of({"training.lr": 1e-3, **choices}))


@pytest.mark.parametrize(
    ("what", "kind", "said"),
    [
        ("missing", RunError, "old"),
        ("no run", RunError, "a folder, but no run"),
        ("pickle", RunError, "weights_only=True"),
        ("damaged", RunError, "restore the file"),
        ("no tensors", RunError, "name a .safetensors file"),
        ("fits nothing", NetworkError, "none of its 1 tensors fits"),
        ("no weights", RecipeError, "FILE.py:factory"),
        ("all frozen", RecipeError, "nothing is left to learn"),
        ("kept without", DataError, "another scaling"),
        ("mode without", RecipeError, "--from RUN"),
        ("table", DataError, "it learnt from pictures of shape"),
    ],
)
def test_bad_input_is_refused_in_three_lines(tmp_path, old, what, kind, said):
    with pytest.raises(kind) as caught:
        fails(tmp_path, old, what)
    assert said in str(caught.value)
    assert isinstance(caught.value, WellfitError)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["asked", "found", "do"]
