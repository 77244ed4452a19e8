"""torchmortem in a script's loop: `with Autopsy(model, optimizer)`, `autopsy.step(loss=...)` after each step."""

from __future__ import annotations

from typing import Any

LABELS = {
    "vanishing gradients": [
        "activation-unsuitable",
        "init-unsuitable",
        "graph-detached",
        "output-activation-unsuitable",
    ],
    "exploding gradients": ["gradient-clipping-missing", "lr-too-high", "init-unsuitable", "zero-grad-missing"],
    "gradient stalling": ["graph-detached", "gradients-cleared", "activation-unsuitable", "parameters-missing"],
    "dead units": ["activation-unsuitable", "lr-too-high", "init-unsuitable", "inputs-unscaled"],
    "activation saturation": ["activation-unsuitable", "inputs-unscaled", "init-unsuitable"],
    "update ratio too low": ["lr-too-low", "gradients-cleared", "parameters-missing", "step-missing"],
    "update ratio too high": ["lr-too-high", "loss-scale", "zero-grad-missing"],
    "training divergence": ["lr-too-high", "gradient-clipping-missing", "loss-scale", "targets-unscaled"],
    "loss plateau": ["lr-too-low", "epochs-too-many", "lr-schedule-unsuitable"],
    "rank collapse": ["capacity-too-small", "init-unsuitable"],
    "weight norm explosion": ["lr-too-high", "regularization-missing", "zero-grad-missing"],
    "stagnant weight norms": ["lr-too-low", "parameters-missing", "gradients-cleared", "step-missing"],
    "inter-layer weight norm imbalance": ["init-unsuitable", "parameters-missing"],
    "high gradient noise": ["batch-size-too-small"],
}
"""The beginning of a finding's title -> labels."""
SEVERITY = {"CRITICAL": "error", "WARNING": "warning", "INFO": "info"}


class Adapter:
    """Autopsy with its defaults."""

    def begin(self, model: Any, optimizer: Any) -> None:
        from torchmortem import Autopsy

        self.autopsy = Autopsy(model, optimizer=optimizer)
        self.autopsy.attach()

    def forward(self) -> None:
        pass

    def backward(self, run: Any, loss: Any, step: int) -> None:
        run()

    def step(self, loss: Any) -> None:
        self.autopsy.step(loss=loss.item())

    def end(self, batch: Any) -> list[tuple[str, str, str]]:
        self.autopsy.detach()
        report = self.autopsy.get_report()
        found = sorted(report.findings, key=lambda f: -int(f.severity)) if report else []
        return [(_symptom(f.title), SEVERITY[f.severity.name], f.title) for f in found]


def _symptom(title: str) -> str:
    return next((s for s in LABELS if title.lower().startswith(s)), title)
