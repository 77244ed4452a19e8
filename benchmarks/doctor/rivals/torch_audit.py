"""torch-audit in a script's loop: autopatch(model, optimizer), every 10 steps, static and initial checks too."""

from __future__ import annotations

from typing import Any

LABELS = {
    "TA100": ["data-nonfinite", "lr-too-high", "gradient-clipping-missing"],
    "TA102": ["gradient-clipping-missing", "lr-too-high", "loss-scale", "zero-grad-missing"],
    "TA103": ["activation-unsuitable", "init-unsuitable", "gradients-cleared"],
    "TA104": ["gradients-cleared", "graph-detached", "parameters-missing"],
    "TA105": ["activation-unsuitable", "lr-too-high"],
    "TA301": ["inputs-unscaled"],
    "TA302": ["data-nonfinite", "labels-misaligned"],
    "TA303": ["layout-scrambled"],
    "TA304": ["batch-size-too-small", "normalization-layer-misused"],
    "TA401": ["optimizer-unsuitable", "regularization-too-strong"],
    "TA402": ["regularization-too-strong"],
    "TA500": ["parameters-missing", "graph-detached"],
    "TA501": ["normalization-layer-misused"],
}
"""A rule's number -> labels."""
SEVERITY = {"FATAL": "error", "ERROR": "error", "WARN": "warning", "INFO": "info"}


class Adapter:
    """autopatch, without reporters."""

    def begin(self, model: Any, optimizer: Any) -> None:
        from torch_audit import autopatch

        self.auditor = autopatch(
            model, optimizer=optimizer, every_n_steps=10, reporters=[], run_static=True, run_init=True
        )

    def forward(self) -> None:
        pass

    def backward(self, run: Any, loss: Any, step: int) -> None:
        run()

    def step(self, loss: Any) -> None:
        pass

    def end(self, batch: Any) -> list[tuple[str, str, str]]:
        found = self.auditor.finish(report=False).findings
        order = list(SEVERITY)
        ranked = sorted(found, key=lambda f: order.index(f.severity.value))
        once = {f.rule_id: f for f in reversed(ranked)}
        return [(f.rule_id, SEVERITY[f.severity.value], f.message) for f in reversed(once.values())]
