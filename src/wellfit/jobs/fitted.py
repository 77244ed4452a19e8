"""Fitted: a run that can be used. What `wf.fit` and `wf.open` return."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from wellfit.jobs.notebook import shown
from wellfit.nouns.comparison import COMPARISON
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Track
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.stage import Stage, last
from wellfit.verbs.keep import Model, read_model
from wellfit.verbs.report import report

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fitted:
    """A finished run with its model. network: handed in where it is one of the user's own."""

    run: Run
    network: nn.Module | None = None

    @classmethod
    def of(cls, stages: Iterable[Stage]) -> Fitted:
        """What a training's stages come to; in a notebook its curves are seen while it goes on."""
        return last(shown(stages)).detail

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.run.path

    @property
    def recipe(self) -> Recipe:
        """The complete recipe it ran."""
        return self.run.recipe

    @property
    def verdict(self) -> str:
        """well-fitted, underfitted, overfitted, not-learning, unstable, still-improving or too-noisy."""
        return self.run.result.get("verdict", "")

    @property
    def test(self) -> dict[str, dict[str, Any]]:
        """{metric: {"value", "low", "high" (95 % interval), "unit", "n"}} on the test rows, headline first."""
        return self.run.result.get("test", {})

    @property
    def findings(self) -> list[Finding]:
        """Everything that was found, the verdict first."""
        return self.run.findings

    @property
    def comparison(self) -> dict[str, Any]:
        """What `wf.compare` found: figures of both ways by seed, gain with its 95 % interval; {} where none was asked."""
        return self.run.read_json(COMPARISON, {})

    @property
    def curves(self) -> dict[str, Track | dict[str, Track]]:
        """All readings by name: `run.curves["valid_loss"].values`."""
        return self.run.curves

    @property
    def model(self) -> Model:
        """Network and preparation."""
        return read_model(self.run, self.network)

    def outputs(self, x: Any) -> np.ndarray:
        """Class probabilities [N, C], label probabilities [N, K] or values [N, K] in the user's units, for raw x."""
        return self.model.outputs(x)

    def predict(self, x: Any) -> np.ndarray:
        """For raw x: class names [N] (codes [N, *cells]), labels [N, K] of 0 and 1, or values [N] or [N, K, *cells] in
        the user's units."""
        model = self.model
        out = model.outputs(x)
        if model.form == "classes":
            return np.asarray(model.classes)[out.argmax(1)] if out.ndim == 2 else out.argmax(1)
        if model.form == "labels":
            return (out > 0.5).astype(int)
        return out[:, 0] if out.ndim == 2 and out.shape[1] == 1 else out

    def sample(self, prompt: str = "\n", length: int = 500, temperature: float = 0.8, seed: int = 0) -> str:
        """What a run that learnt a text writes after `prompt`: `length` symbols, drawn at a temperature."""
        from wellfit.jobs.sample import sample

        return sample(self.path, prompt, length=length, temperature=temperature, seed=seed, network=self.network)

    def draw(self, count: int = 64, seed: int = 0) -> pd.DataFrame | np.ndarray:
        """What a run that learnt a density or to generate draws: a table of rows, or pictures [count, C, H, W]."""
        from wellfit.jobs.draw import drawn

        return drawn(self.path, count, seed=seed, network=self.network)

    def forecast(self, source: Any) -> pd.DataFrame:
        """The steps after the last of a series (a path or a DataFrame): "time", each variable, and its 90 % band.

        Raises DataError where the series is not as in training, or does not reach back far enough."""
        from wellfit.jobs.predict import predict

        return predict(self.path, source, network=self.network)

    def report(self, *, pdf: bool = False) -> Path:
        """Write the report anew and say where it is; pdf: printed to report.pdf too, by a Chromium of this machine.

        Raises RunError where a PDF is asked for and nothing here can print it."""
        page = report(self.run)
        if not pdf:
            return page
        from wellfit.verbs.report.pdf import printed

        return printed(self.run, page)

    def _repr_html_(self) -> str:
        """How a notebook shows it: verdict, test, loss curves, findings."""
        from wellfit.verbs.report.card import card

        return card(self.run)

    def __repr__(self) -> str:
        name, figure = next(iter(self.test.items()), ("no test figure", {}))
        value = f" {figure['value']:.4g} [{figure['low']:.4g}, {figure['high']:.4g}]" if figure else ""
        return f"Fitted({self.path}: {self.verdict or self.run.result['status']}, {name}{value})"


def open(path: str | Path, network: nn.Module | None = None) -> Fitted:
    """An earlier run, from its folder. Raises RunError where there is none."""
    return Fitted(Run.open(path), network)
