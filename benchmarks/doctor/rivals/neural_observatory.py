"""neural-observatory in a script's loop: `Observatory(model).watch()`, `obs.step()` before each forward, `obs.report()`."""

from __future__ import annotations

from typing import Any

LABELS = {
    "dead_neurons": ["activation-unsuitable", "lr-too-high", "init-unsuitable", "inputs-unscaled"],
    "vanishing gradients": [
        "activation-unsuitable",
        "init-unsuitable",
        "graph-detached",
        "output-activation-unsuitable",
    ],
    "exploding gradients": ["gradient-clipping-missing", "lr-too-high", "loss-scale", "zero-grad-missing"],
    "gradient_health": ["graph-detached", "data-nonfinite", "lr-too-high"],
    "activation_statistics": ["activation-unsuitable", "inputs-unscaled"],
    "anomaly_detection": ["data-nonfinite", "inputs-unscaled", "lr-too-high"],
    "parameter_health": ["lr-too-high", "init-unsuitable"],
    "neural_collapse": ["epochs-too-many"],
}
"""The analyser's name, or what its warning speaks of -> labels."""
SEVERITY = {"critical": "error", "warning": "warning", "info": "info"}


class Adapter:
    """Observatory with its defaults."""

    def begin(self, model: Any, optimizer: Any) -> None:
        from neural_observatory import Observatory

        self.observatory, self.steps = Observatory(model), 0
        self.observatory.watch()

    def forward(self) -> None:
        self.observatory.step(step=self.steps)

    def backward(self, run: Any, loss: Any, step: int) -> None:
        run()

    def step(self, loss: Any) -> None:
        self.steps += 1

    def end(self, batch: Any) -> list[tuple[str, str, str]]:
        self.observatory.stop()
        found = [r for r in self.observatory.report().results if r.status.value in SEVERITY]
        found.sort(key=lambda r: -r.severity)
        return [(_symptom(r), SEVERITY[r.status.value], f"{r.layer_name}: {'; '.join(r.warnings)}") for r in found]


def _symptom(result: Any) -> str:
    text = " ".join(result.warnings).lower()
    for word in ("vanish", "explod"):
        if result.analyzer_name == "gradient_health" and word in text:
            return f"{word}ing gradients"
    return result.analyzer_name
