"""Tuned: a search that has ended. What `wf.tune` returns, and what its folder keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.jobs.fitted import Fitted
from wellfit.nouns.attempt import Attempt
from wellfit.nouns.comparison import Comparison
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.space import Space
from wellfit.verbs.weigh import Luck, Weight

BEST, RESULT, SPACE, DEFAULT, TRIALS = "best.toml", "result.json", "space.toml", "default.toml", "trials.json"


@dataclass(frozen=True)
class Tuned:
    """path: the study's folder; recipe: the one to use; run: it trained and tested, in path/best; beaten: did it do
    better than the recipe without a search, on validation rows with fresh seeds; trials: all of them; importance: of
    each axis; comparisons: on the test rows, winner beside default, seed by seed; luck: the winner's curse."""

    path: Path
    recipe: Recipe
    run: Fitted
    space: Space
    trials: list[Attempt]
    importance: list[Weight]
    comparisons: list[Comparison]
    luck: Luck | None
    beaten: bool
    summary: str

    def report(self) -> Path:
        """Where the study's page is."""
        return self.path / "study.html"

    def to_dict(self) -> dict[str, Any]:
        """result.json."""
        return {
            "beaten": self.beaten,
            "summary": self.summary,
            "trials": len(self.trials),
            "importance": [w.to_dict() for w in self.importance],
            "comparisons": [c.to_dict() for c in self.comparisons],
            "luck": self.luck.to_dict() if self.luck else None,
            "test": self.run.test,
        }

    def __repr__(self) -> str:
        return f"Tuned({self.path}: {self.summary})"
