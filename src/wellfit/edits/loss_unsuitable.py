"""The loss that fits the task, where outputs and targets stay as they are."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.meeting import answers_chain
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import renamed
from wellfit.nouns.source import last_name

RESCALES = True
FUNCTIONS = {
    "CrossEntropyLoss": "cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "MSELoss": "mse_loss",
    "BCELoss": "binary_cross_entropy", "L1Loss": "l1_loss", "NLLLoss": "nll_loss", "SmoothL1Loss": "smooth_l1_loss",
}  # fmt: skip
"""Module -> function."""


def loss_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """The class or the function renamed to the one that the finding names (BCELoss behind a sigmoid)."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    wanted = next((name for name in FUNCTIONS if name in finding.remedy), None)
    if source is None or wanted is None or "one output for each class" in finding.remedy:
        return []
    chain = answers_chain(program.loss) if program.loss else []
    if wanted == "BCEWithLogitsLoss" and any(n.name.startswith("sigmoid") for n in chain):
        wanted = "BCELoss"
    for call in source.calls(*FUNCTIONS, *FUNCTIONS.values()):
        if call.lineno <= line <= (call.end_lineno or 0):
            name = wanted if last_name(call.func) in FUNCTIONS else FUNCTIONS[wanted]
            return [(renamed(source, call.func, name),)]
    return []
