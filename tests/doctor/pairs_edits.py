"""For each edit of the shelf, a program with its fault, made from the pairs of the doctor's other tests."""

from __future__ import annotations

import pairs_loss
import pairs_network
import pairs_optim
from programs import HEALTHY, PAIRS, VALUES

NETWORK = {name: pair.faulty for name, pair in pairs_network.PAIRS.items()}
OPTIM = {name: pair.faulty for name, pair in pairs_optim.PAIRS.items()}
LOSS = {name: pair.program(True) for name, pair in pairs_loss.PAIRS.items()}
TESTED = "\nwith torch.no_grad():\n    print('test mse', ((net(xt) - yt) ** 2).mean().item())\n"
ROWS = (
    VALUES.replace("net = nn", "y = y[:, None]\nxt, yt = x[300:], y[300:]\nx, y = x[:300], y[:300]\nnet = nn").replace(
        ".squeeze(1)", ""
    )
    + TESTED
)
RARE = HEALTHY.replace(
    "y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()", "y = (x[:, 0] + 0.8 * x[:, 3] > 2.3).long()"
).replace("(32, 3)", "(32, 2)")
LOADER = "from torch.utils.data import DataLoader, TensorDataset\n"
LOADER += "o = y.argsort()\nloader = DataLoader(TensorDataset(x[o], y[o]), batch_size=24)\n"
SORTED = (
    HEALTHY.replace("net = nn", LOADER + "net = nn")
    .replace("for rows in torch.randperm(len(x)).split(24):", "for a, b in loader:")
    .replace("x[rows]), y[rows]", "a), b")
)


def swapped(fault: str) -> str:
    """The faulty program of programs.PAIRS."""
    text, old, new = PAIRS[fault]
    return text.replace(old, new)


FAULTY = {
    "activation_unsuitable": NETWORK["linear-sequence"],
    "batch_size_too_large": OPTIM["the whole set in a batch"],
    "class_imbalance": RARE,
    "data_not_shuffled": SORTED,
    "dimension_wrong": LOSS["softmax over examples"],
    "epochs_too_few": OPTIM["one pass where twelve are wanted"],
    "epochs_too_many": OPTIM["far past its best"],
    "gradient_clipping_missing": OPTIM["recurrent network without clipping"],
    "gradients_cleared": swapped("gradients-cleared"),
    "graph_detached": NETWORK["detach"],
    "init_unsuitable": NETWORK["constant-weights"],
    "inputs_unscaled": ROWS.replace("y = x @", "x = x * torch.tensor([1.0, 900.0, 1.0, 1.0]) + 500\ny = x @"),
    "loss_scale": OPTIM["errors summed"],
    "loss_unsuitable": LOSS["cross-entropy of one output"],
    "lr_schedule_unsuitable": OPTIM["rate halved every eight batches"],
    "lr_too_high": swapped("lr-too-high"),
    "lr_too_low": OPTIM["rate in a dictionary, far too low"],
    "mode_wrong": NETWORK["never-eval"],
    "optimizer_unsuitable": OPTIM["Adadelta at Adam's rate"],
    "output_activation_unsuitable": swapped("output-activation-unsuitable"),
    "parameters_missing": NETWORK["plain-list"],
    "regularization_too_strong": NETWORK["dropout"],
    "shape_broadcast": swapped("shape-broadcast"),
    "step_missing": swapped("step-missing"),
    "targets_unscaled": ROWS.replace("y = y[:, None]", "y = 90000 * y[:, None] + 400000"),
    "zero_grad_missing": swapped("zero-grad-missing"),
}
"""Edit -> the text of a program that it repairs."""
