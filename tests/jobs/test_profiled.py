"""Where a step's time goes: the parts, the operations counted, and a training that is the same without it."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

from wellfit.jobs.fit import story
from wellfit.jobs.profiled import facts, profiled, said
from wellfit.nouns.playable import WHY
from wellfit.nouns.profiled import Moved, Profiled
from wellfit.nouns.stage import last
from wellfit.verbs import profile as verb

GIVEN = {"training.epochs": 2, "training.batch_size": 64, "network.widths": [32], "network.options.embedding": "none"}


@pytest.fixture
def quick(monkeypatch):
    """Peaks of small products: what is tested is not the machine."""
    monkeypatch.setattr(verb, "SIDE", 64)
    monkeypatch.setattr(verb, "COPIED", 2**16)


def test_a_profiled_training_ends_with_the_same_weights_bit_for_bit(tmp_path, quick):
    plain = last(story("iris", out=tmp_path / "plain", **GIVEN)).detail
    stages = list(profiled(story("iris", out=tmp_path / "profiled", **GIVEN)))
    names = [s.name for s in stages]
    assert names.count("profile") == 1
    assert names.index("profile") > names.index("network")
    found = stages[-1].detail
    a, b = plain.model.network.state_dict(), found.model.network.state_dict()
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert found.test == plain.test
    assert "A step" in found.run.path.joinpath("report.html").read_text()
    assert found.run.read_json("data.json")["profile"]["rows"] == 64


def test_a_profile_says_its_parts_and_what_is_reached(quick):
    p = Profiled(
        {"data": 1e-3, "forward": 2e-3, "backward": 4e-3, "optimizer": 2e-3, "watching": 1e-3},
        30,
        64,
        8e6,
        8e6,
        1e10,
        1e9,
    )
    assert p.step_s == pytest.approx(10e-3)
    assert facts(p)["flops_s"] == pytest.approx(1e9)
    assert p.bound == "memory"
    assert p.reachable == pytest.approx(1e9)
    assert "40 % of it backward" in said(p)
    assert Profiled.of(p.to_dict()) == p


def test_bytes_and_operations_are_those_of_the_formulas():
    layer, x = nn.Linear(16, 8, bias=False), torch.randn(32, 16)
    with Moved() as counted, torch.no_grad():
        layer(x)
    assert counted.bytes == 4 * (
        16 * 8 + 32 * 16 + 32 * 8
    )  # weights and inputs read, outputs written; the turn is a view


def test_operations_of_a_step_are_counted(quick):
    from wellfit.nouns.recipe import Recipe
    from wellfit.verbs.build import build
    from wellfit.verbs.load import load
    from wellfit.verbs.propose import propose

    recipe = Recipe.of(GIVEN | {"training.lr": 1e-3})
    data = load("iris", recipe.data)
    case = build(propose(recipe, data)[0], data)
    before = {k: v.clone() for k, v in case.network.state_dict().items()}
    state = torch.get_rng_state()
    p = verb.profile(case)
    # forward 2 B (4·32 + 32·3); backward as much for the weights, and for the inputs of all layers but the first
    assert p.flops == 2 * 64 * (2 * (4 * 32) + 3 * (32 * 3))
    assert p.moved > 3 * 4 * sum(t.numel() for t in case.network.parameters())
    assert p.played_s is not None
    assert 0 < p.played_s < 1
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(v, before[k]) for k, v in case.network.state_dict().items())


@pytest.mark.parametrize(
    ("choices", "why", "said"),
    [
        ({"training.checkpoint": "blocks"}, "thrift", "parts of a step are done again"),
        ({"augment.mixup": 0.2}, "mixed", "mixed with each other"),
    ],
)
def test_why_steps_are_not_played_stands_in_the_table(quick, choices: dict, why: str, said: str):
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    def stages():
        for stage in story("iris", **GIVEN, **choices):
            yield stage
            if stage.name == "network":
                return

    found = next(s for s in profiled(stages()) if s.name == "profile")
    assert (found.detail.why, found.detail.played_s) == (why, None)
    wide = screen(shown := io.StringIO())
    wide.print(tables.profile(found.facts, wide))
    assert said in shown.getvalue()


@pytest.mark.parametrize("why", ["", *WHY])
def test_no_row_of_the_table_is_wider_than_eighty_columns(why: str):
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    seconds = {"data": 1.234e-4, "forward": 0.1234, "backward": 0.2345, "optimizer": 1.23e-3, "watching": 1.234e-4}
    p = Profiled(seconds, 30, 64, 1.2e5, 1.2e5, 3.21e10, 2.65e9, None if why else 0.1234, why)
    wide = screen(shown := io.StringIO())
    wide.print(tables.profile(facts(p), wide))
    rows = [line.rstrip() for line in shown.getvalue().splitlines()]
    assert max(map(len, rows)) <= 80
