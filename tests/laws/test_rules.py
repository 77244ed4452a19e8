"""Laws that every rule on the shelf passes: it says what it is, asks for what there is, speaks on its faulty
training, is silent on the repaired one and on healthy ones, and proves what it says."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))

from kinds import KINDS
from pairs import PAIRS
from trainings import train

from wellfit.nouns import shelf
from wellfit.nouns.faults import FACTS, FAULTS, READINGS, known
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Track
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.skill import skill_of
from wellfit.verbs.diagnose import diagnose

RULES = shelf.names("rules")
WORDS = ("Sees:", "Hurts:", "Mistaken for:", "Remedy:", "Source:")
HEALTHY = (
    "digits, momentum",
    "digits, tanh",
    "breast cancer",
    "wine",
    "moons",
    "friedman",
    "diabetes",
)


MEASURED: dict[str, dict] = {}


def measured(choices: dict) -> dict:
    """What was measured in one training; each is run once."""
    if (key := repr(choices)) not in MEASURED:
        have = train(**choices)
        skill = skill_of(have)
        MEASURED[key] = have if skill is None else {**have, "skill": skill}
    return MEASURED[key]


def pair(rule: str, which: int) -> dict:
    """What was measured in the faulty (0) or the repaired (1) training of a rule."""
    return measured(PAIRS[rule][which])


def said(rule: str, have: dict) -> Finding | None:
    return shelf.serve(shelf.get("rules", rule), have)


def test_there_are_rules_and_each_has_its_pair():
    assert len(RULES) >= 15
    assert set(RULES) == set(PAIRS)


@pytest.mark.parametrize("rule", RULES)
def test_rule_says_what_it_sees_hurts_is_mistaken_for_cures_and_where_it_is_from(rule):
    text = inspect.getdoc(shelf.get("rules", rule)) or ""
    places = [text.find(word) for word in WORDS]
    assert -1 not in places, f"missing: {[w for w, p in zip(WORDS, places) if p < 0]}"
    assert places == sorted(places)
    assert all(len(part.strip()) > 5 for part in text.split(":")[1:])


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_named_by_a_label_of_the_vocabulary(rule):
    assert rule.replace("_", "-") in FAULTS


@pytest.mark.parametrize("rule", RULES)
def test_rule_asks_for_readings_and_facts_that_there_are(rule):
    unknown = [name for name in shelf.needs(shelf.get("rules", rule)) if not known(name)]
    assert not unknown, f"{rule} asks for {unknown}; known are {[*READINGS, *FACTS]}"


@pytest.mark.parametrize("rule", RULES)
def test_rule_speaks_on_its_faulty_training_and_proves_it(rule):
    finding = said(rule, pair(rule, 0))
    assert finding is not None
    assert finding.fault == rule.replace("_", "-")
    assert finding.severity in ("error", "warning", "info")
    assert 0 < finding.confidence <= 1
    assert any(c.isdigit() for c in finding.evidence), "evidence without a figure"
    assert finding.summary.endswith(".")
    assert finding.remedy
    assert finding.source
    assert Finding.from_dict(json.loads(json.dumps(finding.to_dict()))).evidence == finding.evidence


@pytest.mark.parametrize("rule", RULES)
def test_rules_cure_is_an_edit_that_a_recipe_takes(rule):
    finding = said(rule, pair(rule, 0))
    assert finding is not None
    edited = Recipe.of(finding.change).flat()
    assert all(edited[key] == value for key, value in finding.change.items())


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_silent_on_its_repaired_training(rule):
    assert said(rule, pair(rule, 1)) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_rules_are_silent_on_a_healthy_training(name):
    spoken = [
        (f.fault, f.evidence)
        for f in diagnose(measured(KINDS["well-fitted"][name] | {"compare": True}))
        if f.severity != "info"
    ]
    assert not spoken


def cut(have: dict, epoch: float) -> dict:
    """What was measured up to an epoch; what is known at the end alone is left out."""
    known_before = ("chance_loss", "recipe", "n_train", "n_valid", "task", "kind", "parameters")

    def until(track: Track) -> Track:
        kept = track.epochs <= epoch
        return Track(track.name, track.steps[kept], track.epochs[kept], track.values[kept], track.unit, track.where)

    whole = {k: until(v) for k, v in have.items() if isinstance(v, Track)}
    layers = {k: v for k, v in have.items() if k in READINGS and isinstance(v, dict)}
    found = {**whole, **{k: {w: until(t) for w, t in v.items()} for k, v in layers.items()}}
    return found | {k: have[k] for k in known_before if k in have}


@pytest.mark.parametrize("name", HEALTHY)
def test_rules_that_speak_while_training_goes_on_are_silent_in_the_middle_of_a_healthy_one(name):
    early = [w for w in RULES if getattr(shelf.module("rules", w), "WHILE_TRAINING", False)]
    have = measured(KINDS["well-fitted"][name] | {"compare": True})
    last: set[str] = set()
    for epoch in range(1, int(have["train_loss"].epochs[-1]) + 1):
        part = cut(have, epoch)
        skill = skill_of(part)
        part |= {} if skill is None else {"skill": skill}
        now = {w for w in early if (f := said(w, part)) is not None and f.severity != "info"}
        assert not now & last, f"twice in a row, by epoch {epoch}"
        last = now


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("values", [[], [1.0], [np.nan], [1.0, np.nan], [np.inf, 1.0, 2.0], [0.0] * 6])
def test_rule_does_not_fail_on_readings_that_are_few_or_not_finite(rule, values):
    have = pair("capacity_too_small", 1)
    n = len(values)
    odd = lambda t: Track(t.name, np.arange(n), np.arange(n, dtype=float), np.array(values, float), where=t.where)
    tracks = {k: v for k, v in have.items() if k in READINGS}
    bent = {k: odd(v) if isinstance(v, Track) else {w: odd(t) for w, t in v.items()} for k, v in tracks.items()}
    with np.errstate(all="raise"):
        said(rule, {**have, **bent})


def test_findings_come_with_the_weightiest_first():
    found = [f.severity for f in diagnose(pair("gradient_clipping_missing", 0))]
    assert found == sorted(found, key=["error", "warning", "info"].index)
    assert found[0] == "error"


def test_missing_readings_silence_a_rule_instead_of_failing():
    assert diagnose({}) == []
