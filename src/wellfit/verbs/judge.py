"""judge: what a trained network is worth on one split: figures of merit with 95 % intervals and a baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.data import Split, at_once
from wellfit.nouns.skill import cell_errors
from wellfit.nouns.task import Judged, answers_of, task_of, truth_of
from wellfit.nouns.tiles import Tiles

BATCH = 512  # examples a forward pass
OUTPUTS = 50_000_000  # numbers of the answers to some of the rows: 200 MB


def judge(case: Case, split: str = "test", at_most: int | None = None) -> dict[str, Any]:
    """Answers and figures of merit of `case.network` on "train", "valid" or "test".

    at_most: judge only that many rows, drawn with a fixed seed.

    What is measured, and against which rival, is the task's (`tasks/`).

    Returns {"metrics": {name: {"value", "low", "high", "unit", "n", "baseline"}}, the headline first; "baseline":
    what the baseline answers, in words; "outputs": probabilities [N, C] of classes, [N, K] of labels, or
    predictions [N, K] in the user's units; "truth": [N] or [N, K] likewise, both [N, ..., *cells] for arrays; "errors":
    [N, 2] of each example and of the constant answer, where the task or arrays need it; "loss": the training loss of each
    example alone [N], without class weights; "rows": [N] row numbers in the source}.

    An output that is not finite counts as 0, which says nothing: equal probabilities, or the mean of the training
    rows where targets are standardised. Its loss stays as it is.

    The network runs in eval mode, in batches, without gradients; every module's mode is put back.
    """
    data, task = case.data, task_of(case.data.task)
    at_most = None if at_most is None else min(at_most, max(1, OUTPUTS // int(np.prod(data.shape_out))))
    part, index = _some(getattr(data, split), at_most, data.raw.tiles)
    outputs = _answers(case.network, part, case.device)
    loss = _example_loss(case, outputs, part.y)
    outputs = outputs.nan_to_num(0.0, posinf=0.0, neginf=0.0)
    cells = outputs.ndim > 2  # many answers each: half the memory, and digits enough
    answers = answers_of(task.form, outputs if cells else outputs.double(), data.preparation)
    truth = truth_of(task.form, part.y, data.preparation)
    judged = Judged(answers, truth, data, split, index, case.network)
    metrics, baseline = task.merits(judged)
    errors = {} if task.errors is None and answers.ndim < 3 else {"errors": (task.errors or cell_errors)(judged)}
    return errors | {
        "metrics": metrics,
        "baseline": baseline,
        "outputs": answers,
        "truth": truth,
        "loss": loss,
        "rows": part.rows,
    }


def _some(part: Split, at_most: int | None, tiles: Tiles | None = None) -> tuple[Split, np.ndarray]:
    """Some rows of a split, and their places in it; of tiles those of whole pictures, one at least."""
    if at_most is None or len(part) <= at_most:
        return part, np.arange(len(part))
    if tiles is None:
        keep = np.sort(np.random.default_rng(0).permutation(len(part))[:at_most])
    else:
        each, of = np.unique(tiles.picture[part.rows], return_inverse=True)
        turn = np.random.default_rng(0).permutation(len(each))
        n = max(1, int((np.bincount(of)[turn].cumsum() <= at_most).sum()))
        keep = np.flatnonzero(np.isin(of, turn[:n]))
    return Split(part.x[keep], part.y[keep], part.rows[keep]), keep


def _answers(network: nn.Module, part: Split, device: torch.device) -> Tensor:
    """The network's raw outputs [N, ...] on the CPU, every module's mode as it was before."""
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            return torch.cat([network(x.to(device)).float().cpu() for x, _ in part.batches(at_once(part.x, BATCH))])
    finally:
        for module, mode in modes.items():
            module.training = mode


def _example_loss(case: Case, outputs: Tensor, targets: Tensor) -> np.ndarray:
    """The loss of each example as a batch of one [N]: a weighted mean of one is that example's own loss."""
    outputs, targets = outputs.to(case.device), targets.to(case.device)
    with torch.no_grad():
        try:
            each = torch.func.vmap(case.loss)(outputs[:, None], targets[:, None])
        except (RuntimeError, NotImplementedError):  # a loss of the user's own that vmap cannot take
            each = torch.stack([case.loss(o[None], t[None]) for o, t in zip(outputs, targets)])
    return each.cpu().double().numpy()
