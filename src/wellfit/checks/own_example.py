"""Does each output depend on its own example only?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.trial import rows, training_mode, trial

SHARE = 0.05
ROWS = 8
TOLERANCE = 1e-3
"""Change of an output, against the outputs' spread, below which it is rounding."""

_BATCH_NORM = nn.modules.batchnorm._BatchNorm


def own_example(case: Case) -> Finding:
    """The gradient of one example's outputs with respect to the other examples' inputs must be 0, and changing the
    other examples must leave them as they are (which sees mixing that the gradient does not pass, too).

    Batch norm mixes a batch in training and is meant to: its layers are in eval mode here. Everything else is tried
    in train mode as in eval mode. (Karpathy 2019, "use backprop to chart dependencies".)
    """
    x, _ = rows(case, ROWS)
    if len(x) < 2:
        return Finding("own-example", "info", "There is one training row: nothing to mix.", stage="check")
    with trial(case) as network:
        norms = [m for m in network.modules() if isinstance(m, _BATCH_NORM)]
        worst, share = 0.0, 0.0
        for train in (False, True):
            training_mode(network) if train else network.eval()
            for norm in norms:
                norm.eval()
            changed, reached = _mixing(network, x, case.data.symbolic)
            worst, share = max(worst, changed), max(share, reached)
    evidence = (
        f"gradient reaches {share:.0%} of the other examples' inputs; outputs change by {worst:.2g} of their spread "
        f"when the other examples change; {len(x)} rows"
    )
    readings = (Reading("foreign_gradient_frac", share, 0), Reading("foreign_change", worst, 0))
    if share == 0 and worst < TOLERANCE:
        aside = f"; {len(norms)} batch-norm layers mix a batch in training only, as meant" if norms else ""
        summary = f"Each output depends on its own example only{aside}."
        return Finding("own-example", "ok", summary, evidence, readings=readings, stage="check")
    scrambled = 0 < share <= 1.5 / len(x)
    return Finding(
        "layout-scrambled" if scrambled else "dimension-wrong",
        "error",
        "An example's output depends on the other examples in its batch.",
        evidence,
        "axes were mixed by view or reshape: permute them first, and keep the batch axis first"
        if scrambled
        else "see along which axis softmax, mean, sum or a norm runs: the batch axis (0) must stay out of it",
        confidence=0.7,
        readings=readings,
        limit=0.0,
        source="by definition: examples are independent",
        stage="check",
    )


def _mixing(network: nn.Module, x: Tensor, symbolic: bool = False) -> tuple[float, float]:
    """(change of the first example's outputs over their spread when the others change, share of the others' inputs
    that the gradient of the first example's outputs reaches)."""
    x = x.detach().clone().requires_grad_()
    seed = torch.initial_seed()  # what a network draws itself is drawn alike both times
    torch.manual_seed(seed)
    outputs = network(x)
    share = 0.0
    if outputs.requires_grad and not symbolic:
        weights = torch.linspace(0.5, 1.5, outputs[0].numel(), device=outputs.device, dtype=outputs.dtype)
        (gradient,) = torch.autograd.grad((outputs[0].flatten() * weights).sum(), x, allow_unused=True)
        share = 0.0 if gradient is None else float((gradient[1:] != 0).float().mean())
    with torch.no_grad():
        others = x.detach().clone()
        others[1:] = others[1:].flip(0).roll(1, -1) if symbolic else 2 * others[1:].flip(0) + 0.5
        torch.manual_seed(seed)
        change = (network(others)[0] - outputs[0]).abs().max()
        spread = outputs.std() + outputs.abs().mean() + 1e-12
    return float(change / spread), share
