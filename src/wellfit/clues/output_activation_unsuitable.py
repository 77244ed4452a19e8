"""The last activation contradicts the loss or the range of the targets."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.last import last_activation
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.units import figure

RANGES = {"relu": (0, None), "relu_": (0, None), "sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "softplus": (0, None),
          "relu6": (0, 6), "hardtanh": (-1, 1), "exp": (0, None), "clamp_min": (0, None)}  # fmt: skip


def output_activation_unsuitable(program: Program) -> Finding | None:
    """Sees: softmax, sigmoid or ReLU before a loss that takes logits; softmax over a single value; an activation whose
    range leaves out more than 2 % of the targets' spread; a clamp before a loss of probabilities.
    Hurts: gradients shrink or vanish, some targets can never be reached.
    Mistaken for: loss-unsuitable.
    Remedy: no activation before a loss of logits, a linear output for values of either sign.
    Source: PyTorch's documentation of each loss; a fact of the run, no trial needed."""
    loss = program.loss
    node = last_activation(loss) if loss else None
    if loss is None or node is None or node.site is None:
        return None
    why = _why(loss, node)
    if why is None:
        return None
    site = _place(program, node)
    return Finding(
        "output-activation-unsuitable", "error", f"{node.name} at the output {why[0]}", why[1],
        why[2], 0.93, loss.tape.index, site.file, site.line, source="documentation of the loss; seen in the run",
    )  # fmt: skip


def _why(loss: LossSeen, node: Node) -> tuple[str, str, str] | None:
    look, answer = loss.look(loss.target), loss.look(loss.answer)
    if look is None or answer is None:
        return None
    if loss.name == "cross_entropy" and not (look.dtype.startswith("float") and len(look.shape) != len(answer.shape)):
        return (
            "stands before cross-entropy, which applies softmax itself",
            f"line {loss.site.line if loss.site else '?'}: cross_entropy is given outputs of {node.name}",
            "leave the activation out",
        )
    if loss.name == "binary_cross_entropy_with_logits":
        return (
            "stands before a loss that takes logits",
            f"{loss.name} is given outputs of {node.name}",
            "leave the activation out",
        )
    if node.name == "softmax" and answer.shape and answer.shape[-1] == 1 and len(answer.shape) > 1:
        return "is always 1: it runs over a single value", f"outputs of shape {answer.shape}", "sigmoid for one output"
    if loss.name == "binary_cross_entropy" and node.name in ("clamp", "clamp_", "relu", "relu_", "hardtanh", "clip"):
        return (
            "has no gradient where it clips",
            f"{loss.name} is given outputs of {node.name}",
            "sigmoid, or BCEWithLogitsLoss without activation",
        )
    low, high = RANGES.get(node.name, (None, None))
    if (
        loss.name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "")
        and look.low is not None
        and look.high is not None
    ):
        slack = 0.02 * max(look.high - look.low, 1e-9)
        if (low is not None and look.low < low - slack) or (high is not None and look.high > high + slack):
            return (
                "cannot reach all targets",
                f"targets from {figure(look.low)} to {figure(look.high)}, outputs of {node.name} from {low} to {high if high is not None else '∞'}",
                "a linear output",
            )
    return None


def _place(program: Program, node: Node) -> Site:
    """Where the activation is made, if it is a module of its own, else where it is called."""
    for network in program.networks:
        for module in network.module.modules():
            if network.names.get(id(module)) == node.inside and node.inside and id(module) in program.made:
                if not list(module.parameters()):
                    return program.made[id(module)]
    assert node.site is not None
    return node.site
