"""diagnose: every rule over what was measured; verdict: one word on how the network fits, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.advice import advice, text
from wellfit.nouns.finding import Finding, Severity, by_weight
from wellfit.nouns.reading import Reading
from wellfit.nouns.skill import LOST, SURELY_LOST, Estimate, Skill, skill_of
from wellfit.nouns.trend import improving, unrest

FEWEST_VALID = 15
"""Validation rows under which no verdict is given: what 3 / n of all rows do may not show in n (the "rule of
three", Hanley and Lippman-Hand 1983), and 3 / 15 is the fifth that decides about overfitting."""
HALF, WIDE, FAR = 0.5, 1.0, 0.1
NOTHING, MEMORISED = 0.05, 0.5
SHORT, LITTLE, POOR = 0.05, 0.1, 0.5


def diagnose(have: Mapping[str, Any]) -> list[Finding]:
    """Findings of every rule that has the readings it names, the weightiest first.

    have: tracks, facts and arrays by name (nouns/faults.py lists them). `skill` is worked out once for all rules.
    """
    if "skill" not in have and (skill := skill_of(have)) is not None:
        have = {**have, "skill": skill}
    if not have.get("chance_loss", 1.0) > 0:  # nothing to measure a loss against
        have = {name: value for name, value in have.items() if name != "chance_loss"}
    spoken = (shelf.serve(shelf.get("rules", word), have) for word in shelf.names("rules"))
    return by_weight([finding for finding in spoken if finding is not None])


def verdict(have: Mapping[str, Any], findings: list[Finding]) -> Finding:
    """How the network fits, as exactly one of the seven words; docs/verdict.md has the definitions and how often
    they err. The remedies are the lecture's, those first that a finding of a rule or the readings support.
    """
    skill = have.get("skill") or skill_of(have)
    word, proof, confidence = _word(have, skill)
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
        f"{_said(word)}: {proof}.",
        evidence=_evidence(skill),
        remedy=text(remedies),
        confidence=confidence,
        readings=_readings(have, skill),
        source="docs/verdict.md",
        change=remedies[0][1] if remedies else {},
        stage="verdict",
    )


def _word(have: Mapping[str, Any], skill: Skill | None) -> tuple[str, str, float]:
    """(the verdict, what proves it, share of resamples that agree), by the order of docs/verdict.md."""
    chance = float(have.get("chance_loss", np.nan))
    chance = chance if chance > 0 else np.nan
    train_loss, valid_loss, loss = (have.get(name) for name in ("train_loss", "valid_loss", "loss"))
    restless = unrest(train_loss, loss, chance) if train_loss is not None else None
    good = skill is not None and skill.valid.low > POOR
    if restless and not (good and restless.kind == "blew up"):  # a blow-up that was got over is no verdict
        return "unstable", restless.words, 1.0
    if skill is None:
        return "not-learning", "the outputs are not finite", 1.0
    if skill.n_valid < FEWEST_VALID:
        return "too-noisy", f"{skill.n_valid} validation rows are too few to tell", 1.0
    if _nothing(skill):
        memorised = train_loss is not None and len(train_loss) and train_loss.last < 0.8 * chance
        also = "; it learnt training rows by heart" if memorised else ""
        return (
            "not-learning",
            f"{_share(skill.valid)} of the way from chance to perfect on validation rows{also}",
            _agree(skill),
        )
    better = improving(valid_loss, chance, skill.overfitted) if valid_loss is not None else None
    if better:
        middle, last = better
        said = f"the validation loss fell by {middle:.1%} of chance in the middle third, by {last:.1%} in the last"
        return "still-improving", said, 1.0
    wide = skill.lost.high >= HALF or skill.lost.high - skill.lost.low >= WIDE
    if wide and skill.lost.low <= SURELY_LOST and skill.gap.high - skill.gap.low >= FAR:
        low, high = max(0.0, skill.lost.low), min(1.0, skill.lost.high)
        said = f"between {low:.0%} and {high:.0%} of what was learnt may be lost on new rows"
        return "too-noisy", said, 1.0
    return _fit(skill)


def _nothing(skill: Skill) -> bool:
    """Is nothing proved to hold beyond the training rows, and little possible?"""
    proved = skill.valid.low > 0 and skill.valid.high > NOTHING / 5
    return not proved and skill.valid.value < NOTHING and skill.train.value < MEMORISED


def _fit(skill: Skill) -> tuple[str, str, float]:
    """Overfitted, underfitted or well-fitted, of a training that learnt something and came to its end."""
    both = f"skill {_share(skill.train)} on training rows, {_share(skill.valid)} on validation rows"
    lost = skill.lost
    if skill.overfitted:
        agree = float((lost.samples >= LOST).mean())
        return "overfitted", f"{both}: {lost.value:.0%} of what was learnt does not carry over", agree
    short = skill.short
    if short is not None and short.value >= SHORT and short.low > 0 and skill.train.value < skill.reached:
        said = f"{both}, where a random forest reaches {skill.reached:.2f}"
        return "underfitted", said, float((short.samples >= SHORT).mean())
    limit = POOR if short is None else LITTLE
    if skill.train.value < limit:
        return "underfitted", both, float((skill.train.samples < limit).mean())
    note = "" if skill.gap.low <= 0 else f"; {lost.value:.0%} of what was learnt does not carry over"
    beside = "" if short is None or short.value <= 0.01 else f"; a random forest reaches {skill.reached:.2f}"
    return "well-fitted", f"{both}{note}{beside}", float((lost.samples < LOST).mean())


def _agree(skill: Skill) -> float:
    return float((skill.valid.samples < NOTHING).mean())


def _share(e: Estimate) -> str:
    return f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"


def _said(word: str) -> str:
    return word.replace("-", " ").capitalize()


def _evidence(skill: Skill | None) -> str:
    if skill is None:
        return ""
    parts = [
        f"skill (0 = best constant answer, 1 = perfect) {_share(skill.train)} on {skill.n_train:,} training rows,"
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
