"""diagnose: every rule over what was measured; verdict: one word on how the network fits, with its proof."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.advice import advice, text
from wellfit.nouns.feed import WAIT, waited
from wellfit.nouns.finding import Finding, Severity, by_weight
from wellfit.nouns.reading import Reading
from wellfit.nouns.room import PARTS, halved
from wellfit.nouns.skill import Estimate, Skill, skill_of
from wellfit.nouns.task import Ends
from wellfit.nouns.units import figure
from wellfit.nouns.verdicts import ends_of, word_for


def diagnose(have: Mapping[str, Any]) -> list[Finding]:
    """Findings of every rule that has the readings it names, the weightiest first.

    have: tracks, facts and arrays by name (nouns/faults.py lists them). `skill` is worked out once for all rules.
    """
    if "skill" not in have and (skill := skill_of(have)) is not None:
        have = {**have, "skill": skill}
    if not have.get("chance_loss", 1.0) > 0:  # nothing to measure a loss against
        have = {name: value for name, value in have.items() if name != "chance_loss"}
    spoken = (shelf.serve(shelf.get("rules", word), have) for word in shelf.names("rules"))
    short = halved(have.get(PARTS), have.get("recipe", {}), have.get("layers", ()))
    said = (*spoken, unbeaten(have), waited(have.get(WAIT)), short)
    return by_weight([finding for finding in said if finding is not None])


def unbeaten(have: Mapping[str, Any]) -> Finding | None:
    """That the task's trivial rival does as well on the test rows as the network, or better; None where it does not.

    A warning where the rival's figure is at least as good; a note where the network's is better, but its 95 %
    interval holds the rival's.
    """
    name, m = next(iter((have.get("test_metrics") or {}).items()), ("", {}))
    value, rival = m.get("value"), m.get("baseline")
    if value is None or rival is None or not math.isfinite(value) or not math.isfinite(rival):
        return None
    ahead = rival - value if m.get("lower") else value - rival
    if ahead > 0 and not m["low"] <= rival <= m["high"]:
        return None
    unit = f" {m['unit']}" if m.get("unit") else ""
    said = f"{name} {figure(value)}{unit} on {m['n']:,} test rows (95 % interval {figure(m['low'])} to {figure(m['high'])})"
    return Finding(
        "rival-not-beaten",
        "warning" if ahead <= 0 else "info",
        f"The network {'does not beat' if ahead <= 0 else 'is not surely better than'} the trivial answer: "
        f"{have.get('baseline')}.",
        evidence=f"{said}; the trivial answer reaches {figure(rival)}{unit}",
        remedy="use the trivial answer, or give the network inputs that say more" if ends_of(have) == Ends() else "",
        confidence=0.9 if ahead <= 0 else 0.6,
        limit=rival,
        source="the task's rival, judged on the same rows",
    )


def verdict(have: Mapping[str, Any], findings: list[Finding]) -> Finding:
    """How the network fits, as exactly one of the seven words; docs/verdict.md has the definitions and how often
    they err. The remedies are the lecture's, those first that a finding of a rule or the readings support; `change`
    is the edit of the recipe that belongs to the first of them that is one.
    """
    skill = have.get("skill") or skill_of(have)
    word, proof, confidence = word_for(have, skill)
    severity: Severity = (
        "ok" if word == "well-fitted" else "error" if word in ("not-learning", "unstable") else "warning"
    )
    causes = [f for f in by_weight(findings) if f.stage == "training" and f.severity in ("error", "warning")]
    remedies = [(f.remedy, f.change) for f in causes if f.remedy] if severity != "ok" else []
    known = {key for _, change in remedies for key in change}
    remedies += [r for r in advice(word, have, skill) if not known & set(r[1])]
    return Finding(
        word,
        severity,
        f"{proof}.",
        evidence=_evidence(skill, ends_of(have)),
        remedy=text(remedies),
        confidence=confidence,
        readings=_readings(have, skill),
        source="docs/verdict.md",
        change=next((change for _, change in remedies if change), {}),
        stage="verdict",
    )


def _share(e: Estimate) -> str:
    return f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"


def _evidence(skill: Skill | None, ends: Ends) -> str:
    if skill is None:
        return ""
    low, high = ends.low.removeprefix("the "), ends.high.removeprefix("a ").removesuffix(" one")
    parts = [
        f"skill (0 = {low}, 1 = {high}) {_share(skill.train)} on {skill.n_train:,} training rows,"
        f" {_share(skill.valid)} on {skill.n_valid:,} validation rows",
        f"lost on the way {_share(skill.lost)}",
    ]
    if skill.short is not None:
        parts.append(f"random forest better by {_share(skill.short)}")
    return "; ".join(parts)


def _readings(have: Mapping[str, Any], skill: Skill | None) -> tuple[Reading, ...]:
    valid = have.get("valid_loss")
    step, epoch = (int(valid.steps[-1]), float(valid.epochs[-1])) if valid is not None and len(valid) else (0, 0.0)
    found = {"skill_train": skill.train, "skill_valid": skill.valid, "lost": skill.lost} if skill else {}
    return tuple(Reading(name, e.value, step, epoch) for name, e in found.items())
