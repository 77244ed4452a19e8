"""judge: what a trained network is worth on one split, each figure with its 95 % interval and a baseline beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.data import Split
from wellfit.nouns.scores import bootstrap, interval, score, wilson

BATCH = 512  # examples a forward pass


def judge(case: Case, split: str = "test", at_most: int | None = None) -> dict[str, Any]:
    """Answers and figures of merit of `case.network` on a split.

    split: "train", "valid" or "test"; at_most: judge only that many rows, drawn with a fixed seed.
    """
    part = _some(getattr(case.data, split), at_most)
    outputs = _answers(case.network, part, case.device)
    truth = part.y
    task = case.data.task
    loss = _example_loss(case, outputs, truth)
    if task == "classification":
        answers, right = torch.softmax(outputs.double(), 1).numpy(), truth.cpu().numpy()
        hits = int((answers.argmax(1) == right).sum())
        metrics = {"accuracy": score(hits / len(right), *wilson(hits, len(right)), len(right))}
    elif task == "multilabel":
        answers, right = torch.sigmoid(outputs.double()).numpy(), truth.cpu().numpy().astype(int)
        hits = int(((answers > 0.5) == right).sum())
        metrics = {"share of labels right": score(hits / right.size, *wilson(hits, right.size), len(right))}
    else:
        answers, right = case.data.preparation.back(outputs), case.data.preparation.back(truth.cpu())
        metrics = {}
        for k in range(right.shape[1]):
            squares = (answers[:, [k]] - right[:, [k]]) ** 2
            value = float(np.sqrt(squares.mean()))
            spread = bootstrap(squares, lambda v: np.sqrt(v.mean((1, 2))))
            metrics["RMSE"] = score(value, *interval(value, spread, len(right)), len(right))
    return {"metrics": metrics, "outputs": answers, "truth": right, "loss": loss, "baseline": {}}


def _some(part: Split, at_most: int | None) -> Split:
    if at_most is None or len(part) <= at_most:
        return part
    keep = np.sort(np.random.default_rng(0).permutation(len(part))[:at_most])
    return Split(part.x[keep], part.y[keep], part.rows[keep])


def _answers(network: nn.Module, part: Split, device: torch.device) -> Tensor:
    """The network's raw outputs on the CPU, in eval mode and without gradients; every module's mode is restored."""
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            return torch.cat([network(x.to(device)).float().cpu() for x, _ in part.batches(BATCH)])
    finally:
        for module, mode in modes.items():
            module.training = mode


def _example_loss(case: Case, outputs: Tensor, targets: Tensor) -> np.ndarray:
    """The training loss of each example alone [N]."""
    with torch.no_grad():
        alone = [
            case.loss(o[None].to(case.device), t[None].to(case.device)) for o, t in zip(outputs, targets)
        ]
    return torch.stack(alone).cpu().numpy() if alone else np.zeros(0)
