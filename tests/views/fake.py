"""A story told without a training, and files that pretend to be terminals."""

from __future__ import annotations

import io
from collections.abc import Iterator

from wellfit.nouns.finding import Finding
from wellfit.nouns.stage import Stage


class Terminal(io.StringIO):
    """A text file that says it is a terminal, of some encoding."""

    def __init__(self, encoding: str = "utf-8"):
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return True


def checked(severity: str = "ok", summary: str = "First loss 2.31, chance 2.30.") -> Stage:
    finding = Finding("first-loss", severity, summary, "1,024 rows ± 3", "scale the inputs", stage="check")
    return Stage("check", summary, finding, finding.to_dict())


def moment(epoch: float, epochs: int = 4, **facts: object) -> Stage:
    return Stage("moment", f"epoch {epoch}", None, {"epoch": epoch, "step": int(epoch * 10), "epochs": epochs, **facts})


def story(interrupted: bool = False) -> Iterator[Stage]:
    """What a fit of 4 epochs tells; stopped in the third one where `interrupted`."""
    yield Stage("data", "digits: 1,797 pictures of 10 classes", None, {"n_train": 1169})
    yield Stage("inputs", "1×8×8 inputs, standardised by the training rows")
    rows = [{"name": "0", "type": "Linear", "shape_out": (64, 8), "parameters": 4160, "receptive_field": None}]
    yield Stage("network", "dense 64, 4,810 parameters", None, {"layers": rows})
    yield checked()
    yield checked("warning", "Three inputs are constant.")
    yield moment(0)
    last = 3 if interrupted else 5
    for epoch in range(1, last):
        scores = {"train_loss": 1 / epoch, "valid_loss": 1.1 / epoch, "valid_loss_se": 0.01, "examples_s": 48_211.3}
        yield moment(epoch, **scores, best=True, why_stop="epochs" if epoch == 4 else "")
    if interrupted:
        yield moment(2.5, stopping=True)
    final = Finding("well-fitted", "ok", "Well fitted: skill 0.99.", "rows 12", "nothing", stage="verdict")
    small = Finding(
        "batch-size-too-small", "warning", "The batch is small.", "noise 321", "set training.batch_size to 256"
    )
    yield Stage("verdict", "well-fitted", (final, [small]), final.to_dict())
    facts = {
        "test": {"accuracy": {"value": 0.98, "low": float("nan")}},
        "run": "runs/a",
        "report": "runs/a/report.html",
    }
    status = "interrupted" if interrupted else "done"
    yield Stage("test", "accuracy 0.98", None, facts | {"status": status, "verdict": "well-fitted"})
