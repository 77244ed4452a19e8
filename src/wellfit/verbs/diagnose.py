"""diagnose: run every rule over what was measured; verdict: one word on how the network fits, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding, by_weight


def diagnose(have: Mapping[str, Any]) -> list[Finding]:
    """Findings of every rule that has the readings it names, the weightiest first."""
    spoken = (shelf.serve(shelf.get("rules", word), have) for word in shelf.names("rules"))
    return by_weight([finding for finding in spoken if finding is not None])


def verdict(have: Mapping[str, Any], findings: list[Finding]) -> Finding:  # noqa: ARG001
    """How the network fits, as exactly one of the seven words of docs/verdict.md."""
    chance = float(have.get("chance_loss", 1.0))
    train, valid = (float(np.mean(have[f"{part}_example_loss"])) for part in ("train", "valid"))
    skill_train, skill_valid = 1 - train / chance, 1 - valid / chance
    if not np.isfinite(train + valid):
        word = "unstable"
    elif skill_train < 0.02:
        word = "not-learning"
    elif skill_train - skill_valid > 0.2 * skill_train:
        word = "overfitted"
    else:
        word = "well-fitted" if skill_train > 0.5 else "underfitted"
    return Finding(
        word,
        "ok" if word == "well-fitted" else "warning",
        f"{word}: {skill_train:.0%} of the way from chance to perfect on training rows, {skill_valid:.0%} on validation rows",
        stage="verdict",
    )
