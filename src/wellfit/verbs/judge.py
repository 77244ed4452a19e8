"""judge: what a trained network is worth on one split: figures of merit with 95 % intervals and a baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Split
from wellfit.nouns.merits import of_classes, of_labels, of_values

BATCH = 512  # examples a forward pass


def judge(case: Case, split: str = "test", at_most: int | None = None) -> dict[str, Any]:
    """Answers and figures of merit of `case.network` on "train", "valid" or "test".

    at_most: judge only that many rows, drawn with a fixed seed.

    Returns {"metrics": {name: {"value", "low", "high", "unit", "n", "baseline"}}, the headline first; "baseline":
    what the baseline answers, in words; "outputs": probabilities [N, C] of classes, [N, K] of labels, or
    predictions [N, K] in the user's units; "truth": [N] or [N, K] likewise; "loss": the training loss of each
    example alone [N], without class weights; "rows": [N] row numbers in the source}.

    An output that is not finite counts as 0, which says nothing: equal probabilities, or the mean of the training
    rows where targets are standardised. Its loss stays as it is.

    The network runs in eval mode, in batches, without gradients; every module's mode is put back.
    """
    data, task = case.data, case.data.task
    part = _some(getattr(data, split), at_most)
    outputs = _answers(case.network, part, case.device)
    loss = _example_loss(case, outputs, part.y)
    outputs = outputs.nan_to_num(0.0, posinf=0.0, neginf=0.0)
    if task == "classification":
        answers, truth = torch.softmax(outputs.double(), 1).numpy(), part.y.cpu().numpy()
        counts = np.bincount(data.train.y.cpu().numpy(), minlength=answers.shape[1])
        metrics, baseline = of_classes(answers, truth, counts, data.classes)
    elif task == "multilabel":
        answers, truth = torch.sigmoid(outputs.double()).numpy(), part.y.cpu().numpy().astype(np.int64)
        metrics, baseline = of_labels(answers, truth, data.train.y.sum(0).cpu().numpy(), len(data.train))
    else:
        answers, truth, known = (_back(data, values) for values in (outputs, part.y, data.train.y))
        metrics, baseline = of_values(answers, truth, known.mean(0), data.target_names, data.raw.units)
    return {
        "metrics": metrics,
        "baseline": baseline,
        "outputs": answers,
        "truth": truth,
        "loss": loss,
        "rows": part.rows,
    }


def _some(part: Split, at_most: int | None) -> Split:
    if at_most is None or len(part) <= at_most:
        return part
    keep = np.sort(np.random.default_rng(0).permutation(len(part))[:at_most])
    return Split(part.x[keep], part.y[keep], part.rows[keep])


def _answers(network: nn.Module, part: Split, device: torch.device) -> Tensor:
    """The network's raw outputs [N, ...] on the CPU, every module's mode as it was before."""
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            return torch.cat([network(x.to(device)).float().cpu() for x, _ in part.batches(BATCH)])
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


def _back(data: Data, values: Tensor) -> np.ndarray:
    """Outputs or targets in the user's units [N, K] float64."""
    return np.asarray(data.preparation.back(values.cpu()), np.float64).reshape(len(values), -1)
