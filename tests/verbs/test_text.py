"""Texts from file to samples: what is refused, what a leak looks like, what is written and how it is judged."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.checks.causal import causal
from wellfit.jobs.fit import fit
from wellfit.jobs.predict import predict
from wellfit.jobs.sample import sample
from wellfit.nouns.errors import DataError, RunError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.sampling import continued
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

LINE = "the quick brown fox jumps over the lazy dog.\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "line.txt"
    path.write_text(LINE * 80, encoding="utf-8")
    return str(path)


def case_of(source: str, **choices):
    data = load(source, Recipe.of(choices).data)
    return build(propose(Recipe.of({"training.lr": 1e-3, **choices}), data)[0], data)


def test_what_a_run_learnt_by_heart_it_writes_and_reads(file, tmp_path):
    choices = {"network.widths": (48,), "training.epochs": 30, "training.lr": 1e-2, "network.dropout": 0.0}
    run = fit(file, out=tmp_path / "run", force=True, **choices)
    assert next(iter(run.test)) == "bits per character"
    assert run.test["bits per character"]["value"] < 0.5
    written = run.sample("the quick ", length=len(LINE), temperature=0)
    assert written == (LINE * 2)[10 : 10 + len(LINE)]
    assert sample(run.path, "the ", length=20, seed=3) == sample(run.path, "the ", length=20, seed=3)
    (tmp_path / "new.txt").write_text(LINE * 5 + "the quick brown cow")
    said = predict(run.path, str(tmp_path / "new.txt"))
    assert "".join(said["symbol"]) == (LINE * 5 + "the quick brown cow")[1:]
    assert said["bits"].iloc[60 : len(LINE) * 5].mean() < 0.5 < said["bits"].iloc[-3]
    assert "What it writes" in (run.path / "report.html").read_text()


@pytest.mark.parametrize(("lines", "passes"), [(80, 40), (8000, 10)])
def test_passes_over_a_text_go_by_a_budget_of_small_steps(lines: int, passes: int, tmp_path):
    (tmp_path / "text.txt").write_text(LINE * lines)
    data = load(str(tmp_path / "text.txt"))
    chosen = propose(Recipe(), data)[0].training
    assert chosen.batch_size == 16
    assert chosen.epochs == passes
    assert propose(Recipe.of({"training.epochs": 3}), data)[0].training.epochs == 3


def test_each_test_symbol_is_judged_once_with_half_a_window_before_it(file):
    data = load(file)
    half = data.shape_in[0] // 2
    first, last = data.facts["bounds"]["test"]
    asked = (data.test.y >= 0).sum(1)
    assert asked[0] == data.shape_in[0]
    assert (asked[1:] == half).all()
    places = [row + i + 1 for y, row in zip(data.test.y, data.test.rows) for i in np.flatnonzero(y.numpy() >= 0)]
    assert len(set(places)) == len(places) == data.facts["judged"]["test"]
    assert last - first - half <= len(places) + 1


@pytest.mark.parametrize(
    ("name", "options", "leaks"),
    [
        ("recurrent", {}, False),
        ("recurrent", {"directions": 2}, True),
        ("transformer", {}, False),
        ("transformer", {"causal": False}, True),
        ("transformer", {"positions": "sine"}, False),
    ],
)
def test_a_network_that_sees_what_it_foretells_is_found(file, name, options, leaks):
    found = causal(case_of(file, **{"network.name": name, "network.options": options}))
    assert found is not None
    assert (found.severity, found.fault) == (("error" if leaks else "ok"), "data-leak")


def test_other_tasks_are_not_asked_for_an_order():
    assert causal(case_of("iris")) is None


def test_the_rival_is_what_counting_gives_and_a_network_of_noise_is_worse(file):
    case = case_of(file)
    found = judge(case, "test")["metrics"]["bits per character"]
    assert found["baseline"] < 0.5  # five letters before it settle nearly every one
    assert found["value"] > 3


def test_sampling_leaves_the_network_as_it_was_and_never_draws_the_unseen():
    class Always(nn.Module):
        def forward(self, x):
            logits = torch.zeros(len(x), 4, x.shape[1])
            logits[:, 0] = 100
            logits[:, 2] = 5
            return logits

    network = Always().train()
    found = continued(network, torch.tensor([1]), 50, 8, seed=1)
    assert set(found) <= {1, 2, 3}
    assert (continued(network, torch.tensor([1]), 5, 8, temperature=0) == 2).all()
    assert network.training


def test_what_a_text_cannot_have_is_refused(file, tmp_path):
    short = tmp_path / "short.txt"
    short.write_text("Too short to learn from.")
    for source, choices, word in (
        (str(short), {}, "longer text"),
        (file, {"data.history": 3000}, "smaller windows"),
        (file, {"data.task": "regression"}, "sequence"),
        (file, {"data.split": "random"}, "time"),
        (file, {"data.normalise": "standardise"}, "none"),
        (file, {"data.target": "fox"}, "leave --target out"),
    ):
        with pytest.raises(DataError, match=word):
            load(source, Recipe.of(choices).data)


def test_a_run_that_learnt_no_text_cannot_write(tmp_path):
    run = fit("iris", out=tmp_path / "iris", force=True, epochs=1, lr=1e-2)
    with pytest.raises(RunError, match="wellfit fit TEXT"):
        sample(run.path)


def test_latin_1_and_windows_line_ends_are_read_and_noted(tmp_path):
    path = tmp_path / "alt.txt"
    path.write_bytes(("Männlein steht\r\n" * 100).encode("latin-1"))
    data = load(str(path))
    assert "ä" in data.classes
    assert "\r" not in data.classes
    assert any("Latin-1" in f.summary for f in data.findings)


def test_bytes_are_read_where_they_are_asked_for(file):
    data = load(file, Recipe.of({"data.symbols": "bytes"}).data)
    assert data.shape_out[0] == 257
    assert next(iter(judge(case_of(file, **{"data.symbols": "bytes"}), "test")["metrics"])) == "bits per byte"
