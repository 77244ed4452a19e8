"""Are the inputs that the network gets finite, varied, and on a scale near 1?"""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import SCALE, STANDARDISE, in_data, rms
from wellfit.nouns.trial import rows
from wellfit.nouns.units import count, figure

SHARE = 0.05
ROWS = 2000


def inputs_finite(case: Case) -> Finding:
    """Non-finite values in the prepared training rows (inputs and targets, all of them), inputs that are constant
    over all rows, and the scale of inputs and targets (on at most 2,000 rows): root mean square of all together,
    and of the largest input, each near 1.
    """
    x, y = case.data.train.x, case.data.train.y
    bad = None if case.data.train.finite() else _nonfinite(case, x, y)
    if bad:
        return bad
    if case.data.symbolic:
        n, held = case.data.shape_out[0], int(x.max())
        summary = f"Inputs are whole numbers up to {held:,}, of {n:,} symbols."
        return Finding("inputs-finite", "ok", summary, stage="check")
    if case.data.raw.kind == "graphs":
        nodes = (x != 0).any(2).sum(1).float()
        most, middle = int(nodes.max()), figure(float(nodes.median()))
        summary = f"Inputs are finite: graphs of up to {most} nodes, {middle} in the middle."
        return Finding("inputs-finite", "ok", summary, stage="check")
    sample, targets = rows(case, ROWS)
    constant, n = _constants(x, sample), x[0].numel()
    if constant == n:
        return Finding(
            "inputs-unscaled",
            "error",
            f"All {count(n)} inputs are the same in every training row.",
            remedy="name columns that differ from row to row; see how the inputs were read",
            readings=(Reading("constant_inputs", constant, 0),),
            limit=float(n - 1),
            source="by definition: what never varies tells nothing",
            stage="check",
        )
    sizes = sample.flatten(1).double().square().mean(0).sqrt()
    size, largest = rms(sample), float(sizes.max())
    readings = (
        Reading("inputs_rms", size, 0),
        Reading("largest_input_rms", largest, 0),
        Reading("constant_inputs", constant, 0),
    )
    evidence = f"root mean square {figure(size)}, largest input's {figure(largest)}; {_constant(constant, n)}"
    cause = in_data(case, sample, targets)
    if cause is None and largest <= SCALE[1]:
        summary = f"Inputs finite, root mean square {figure(size)}; {_constant(constant, n)}."
        return Finding("inputs-finite", "ok", summary, evidence, readings=readings, stage="check")
    at = int(sizes.argmax())
    return Finding(
        cause.fault if cause else "inputs-unscaled",
        "warning",
        f"{cause.why[0].upper()}{cause.why[1:]}." if cause else f"Input {at} has root mean square {figure(largest)}.",
        evidence,
        cause.remedy if cause else STANDARDISE,
        readings=readings,
        limit=SCALE[1],
        source="LeCun et al. 1998, Efficient BackProp, section 4.3: inputs of mean 0 and like variance",
        change=cause.change if cause else {"data.normalise": "standardise"},
        stage="check",
    )


def _constants(x: Tensor, sample: Tensor) -> int:
    """How many inputs are the same in all rows of x [N, ...]: those that are in a sample, looked at in full."""
    few = sample.flatten(1)
    same = (few == few[:1]).all(0).nonzero().flatten().to(x.device)
    full = x.flatten(1)[:, same]
    return int((full == full[:1]).all(0).sum())


def _nonfinite(case: Case, x: Tensor, y: Tensor) -> Finding | None:
    if y.ndim > 2:  # NaN marks a cell that is not asked for (nouns/task.py)
        y = y.nan_to_num(0.0, torch.inf, -torch.inf)
    if bool(x.isfinite().all()) and bool(y.isfinite().all()):
        return None
    bad = ~x.flatten(1).isfinite()
    where = torch.nonzero(bad.any(0)).flatten().tolist()
    n_x, n_y = int(bad.sum()), int((~y.isfinite()).sum())
    named = ", ".join(str(i) for i in where[:5]) + (" ..." if len(where) > 5 else "")
    return Finding(
        "data-nonfinite",
        "error",
        f"NaN or infinite values reach the network: {count(n_x)} in inputs, {count(n_y)} in targets.",
        f"{count(int(bad.any(1).sum()))} of {count(len(x))} training rows; inputs {named or 'none'}",
        "impute missing inputs (data.missing = impute), leave out rows without a target",
        readings=(Reading("nonfinite_inputs", n_x, 0), Reading("nonfinite_targets", n_y, 0)),
        limit=0.0,
        source="by definition: a NaN makes every sum NaN",
        change={"data.missing": "impute"} if n_x and case.recipe.data.missing != "impute" else {},
        stage="check",
    )


def _constant(constant: int, n: int) -> str:
    return f"{count(constant)} of {count(n)} inputs constant" if constant else "none constant"
