"""The last activation contradicts the loss or the range of the targets."""

from __future__ import annotations

from wellfit.nouns.domain import POSITIVE, broken
from wellfit.nouns.finding import Finding
from wellfit.nouns.meeting import VALUE_LOSSES, Targets, answers_chain, last_layer, resolved_dim, shown_at, targets
from wellfit.nouns.options import option
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.units import figure, percent

RANGES = {
    "relu": (0, None),
    "relu_": (0, None),
    "sigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, None),
    "relu6": (0, 6),
    "hardtanh": (-1, 1),
    "exp": (0, None),
    "clamp_min": (0, None),
    "abs": (0, None),
    "sigmoid_": (0, 1),
    "tanh_": (-1, 1),
    "hardsigmoid": (0, 1),
    "softsign": (-1, 1),
    "logsigmoid": (None, 0),
}
SQUASH = frozenset(
    (
        "softmax",
        "softmin",
        "sigmoid",
        "sigmoid_",
        "relu",
        "relu_",
        "tanh",
        "tanh_",
        "relu6",
        "hardtanh",
        "hardsigmoid",
        "softsign",
        "logsigmoid",
    )
)
"""Activations that take from a logit what it needs: its sign, or all but a narrow range."""
CLIPS = frozenset(("clamp", "clamp_", "clip", "relu", "relu_", "hardtanh", "relu6"))
RISING = frozenset(("exp", "softplus", "relu", "relu_", "abs", "square"))
"""What makes a rate of any number."""
PIXELS = 20.0
"""Inputs that are targets too and reach beyond are pictures or measures that were not scaled."""
LINEAR = frozenset(("linear", "addmm", "matmul", "__matmul__", "conv2d", "squeeze"))
Said = tuple[str, str, str, Node | None]
"""summary, evidence, remedy, the activation (None: there is none where one is needed)."""


def output_activation_unsuitable(program: Program) -> Finding | None:
    """Sees: softmax, sigmoid, tanh or ReLU before a loss (or another softmax or sigmoid) that takes logits; softmax
    over a single value; log-probabilities or probabilities asked for and not given; an activation whose range leaves
    out more than 2 % of the targets; a clamp before a loss of probabilities; logarithms, roots, rates or variances of
    outputs below zero.
    Hurts: gradients shrink or vanish, some targets can never be reached, logarithms of what is no probability.
    Mistaken for: loss-unsuitable.
    Remedy: no activation before a loss of logits, a linear output for values of either sign.
    Source: PyTorch's documentation of each loss; a fact of the run, no trial needed."""
    loss, known = program.loss, targets(program)
    twice = _twice(program)
    if twice is not None:
        return twice
    if loss is None or known is None or loss.look(loss.answer) is None:
        return _crashed(program)
    chain = answers_chain(loss)
    said = (
        _single(loss, chain)
        or _logits(loss, chain)
        or _probabilities(loss, known, chain)
        or _rate(loss, chain)
        or _range(loss, known, chain)
        or _below(program)
    )
    if said is None:
        return _crashed(program)
    summary, evidence, remedy, node = said
    site = shown_at(program, node) if node is not None else last_layer(program)
    return _finding(loss.tape.index, summary, evidence, remedy, site or loss.site)


def _finding(step: int, summary: str, evidence: str, remedy: str, site: Site | None) -> Finding:
    return Finding(
        "output-activation-unsuitable",
        "error",
        summary,
        evidence,
        remedy,
        0.93,
        step,
        site.file if site else None,
        site.line if site else None,
        source="documentation of the loss; seen in the run",
    )


def _single(loss: LossSeen, chain: list[Node]) -> Said | None:
    """Softmax over a single value."""
    for node in chain:
        look = loss.look(node.outs[0]) if node.outs else None
        if node.name in ("softmax", "log_softmax") and look is not None and look.shape:
            dim = resolved_dim(node, len(look.shape))
            if dim is not None and look.shape[dim] == 1:
                return (
                    f"{node.name} over a single value is always the same",
                    f"outputs {list(look.shape)}, dim {dim}",
                    "sigmoid for one output of 0 or 1, no activation for values",
                    node,
                )
    return None


def _logits(loss: LossSeen, chain: list[Node]) -> Said | None:
    """An activation before something that takes logits: the loss, or a softmax or sigmoid that follows."""
    look, answer = loss.look(loss.target), loss.look(loss.answer)
    taker = {
        "cross_entropy": "cross-entropy, which applies softmax itself",
        "multi_margin_loss": "a loss of margins",
        "binary_cross_entropy_with_logits": "a loss that applies the sigmoid itself",
        "multilabel_soft_margin_loss": "a loss that applies the sigmoid itself",
    }.get(loss.name)
    if (
        loss.name == "cross_entropy"
        and look
        and answer
        and len(answer.shape) != len(look.shape)
        and look.dtype[:5] == "float"
    ):
        taker = None
    pooled = False
    for node in chain:
        pooled |= node.name == "mean"  # class maps averaged after a ReLU are a design of their own
        if taker and node.name in SQUASH and not (pooled and node.name.startswith("relu")):
            return (
                f"{node.name} at the output stands before {taker}",
                f"{node.name} is what it is given",
                "leave the activation out",
                node,
            )
        if node.name in ("log_softmax", "softmax", "sigmoid", "sigmoid_") and not pooled:
            taker = f"a second activation ({node.name})"
    return None


def _twice(program: Program) -> Finding | None:
    """Probabilities that a distribution (`Categorical(logits=…)`) or a formula takes for logits: it takes the logarithm of
    the sum of their exponentials."""
    for tape in program.tapes[:4]:
        makers = tape.inner_makers()
        for node in tape.nodes:
            maker = makers.get(node.ins[0]) if node.name == "logsumexp" and node.learnt and node.ins else None
            if maker is not None and maker.name in ("softmax", "sigmoid"):
                return _finding(
                    tape.index, f"{maker.name} stands before what takes logits and applies softmax itself",
                    f"logsumexp of the result of {maker.name}", "leave the activation out, or say that they are probabilities",
                    shown_at(program, maker),
                )  # fmt: skip
    return None


def _probabilities(loss: LossSeen, known: Targets, chain: list[Node]) -> Said | None:
    """A loss that takes probabilities or their logarithms."""
    answer = loss.look(loss.answer)
    last = next((n for n in chain if n.name in RANGES or n.name in CLIPS or n.name == "log_softmax"), None)
    if loss.name in ("nll_loss", "kl_div") and answer is not None and answer.high is not None and answer.high > 1e-3:
        what = f"outputs of {last.name}" if last else "outputs of a layer as they are"
        return (
            f"{loss.name} takes log-probabilities and is given {what}",
            f"values up to {figure(answer.high)}",
            "log_softmax at the output, or CrossEntropyLoss of the logits",
            last,
        )
    if loss.name == "binary_cross_entropy" and last is not None and last.name in CLIPS:
        inner = [n.name for n in chain[chain.index(last) + 1 :]]
        if not {"sigmoid", "sigmoid_", "softmax"} & set(inner):
            return (
                f"{last.name} at the output has no gradient where it clips",
                f"{loss.name} is given outputs of {last.name}",
                "sigmoid, or BCEWithLogitsLoss without activation",
                last,
            )
    rows = known.rows
    softmax = loss.name == "binary_cross_entropy" and last is not None and last.name == "softmax"
    if softmax and rows is not None and rows.shape[1] > 1 and known.whole:
        several = float((rows.sum(1) != 1).double().mean())
        if several > 0.05:
            return (
                "softmax lets only one label hold, and the targets hold several",
                f"{percent(several)} of the rows do not have exactly one label",
                "sigmoid, or BCEWithLogitsLoss without activation",
                last,
            )
    return _by_hand(loss, known) if loss.name == "" else None


def _by_hand(loss: LossSeen, known: Targets) -> Said | None:
    """Logarithms of answers that are no probabilities, in a loss written by hand."""
    if known.low < 0 or known.high > 1 or known.distinct > 2:
        return None
    makers = loss.tape.inner_makers()
    for node in loss.tape.nodes:
        if node.name not in ("log", "log1p", "log2") or not node.learnt or not node.ins:
            continue
        at, clip = node.ins[0], None
        while at in makers and makers[at].name in CLIPS | {
            "add",
            "__add__",
            "sub",
            "__rsub__",
            "rsub",
            "maximum",
            "squeeze",
            "view",
        }:
            clip = makers[at] if makers[at].name in CLIPS else clip
            at = next((i for i in makers[at].ins if i not in loss.tape.leaves), -1)
        look = loss.look(at)
        plain = at in makers and makers[at].name in LINEAR
        low, high = (look.low, look.high) if plain and look is not None else (None, None)
        if low is not None and high is not None and (low < 0 or high > 1):
            clipping = clip if clip is not None and clip.depth > 0 else None
            return (
                "the loss takes logarithms of outputs that are no probabilities",
                f"outputs from {figure(low)} to {figure(high)}",
                "a sigmoid at the output (softmax for several classes), or a loss of logits",
                clipping,
            )
    return None


def _rate(loss: LossSeen, chain: list[Node]) -> Said | None:
    """Poisson's likelihood of a rate that falls below zero, or of one that is taken for its logarithm."""
    answer = loss.look(loss.answer)
    if loss.name != "poisson_nll_loss" or answer is None or answer.low is None:
        return None
    given = option(loss, "log_input")
    rising = next((n for n in chain if n.name in RISING), None)
    if given is False and answer.low < 0:
        return (
            "the loss takes rates, and the output falls below zero",
            f"log_input=False and outputs from {figure(answer.low)}",
            "softplus or exp at the output, or log_input=True",
            None,
        )
    if given in (None, True) and rising is not None and rising.name in ("exp", "softplus"):
        return (
            f"{rising.name} at the output stands before a loss that takes the logarithm of a rate",
            f"{rising.name} is what it is given, log_input is True",
            "leave the activation out, or log_input=False",
            rising,
        )
    return None


def _below(program: Program) -> Said | None:
    """A logarithm, a root or a power of answers below zero: no number, and then no gradient."""
    found = next((b for t in list(program.training())[:8] if (b := broken(t)) is not None), None)
    if found is None or found[0].name not in POSITIVE or found[1].low is None or found[1].low >= 0:
        return None
    node, given = found
    return (
        f"{node.name} is taken of outputs that fall below zero",
        f"outputs from {figure(given.low or 0.0)}; what it gives is no number",
        "softplus, exp or a square at the output",
        None,
    )


def _range(loss: LossSeen, known: Targets, chain: list[Node]) -> Said | None:
    """An activation that cannot reach all targets."""
    node = next((n for n in chain if n.name in RANGES), None)
    if (
        loss.name not in VALUE_LOSSES | {""}
        or node is None
        or (chain[: chain.index(node)] and any(n.name == "mean" for n in chain[: chain.index(node)]))
    ):
        return None
    if (
        loss.name == ""
        and loss.node is not None
        and loss.node.name not in ("sub", "__sub__", "rsub", "__rsub__", "dist")
    ):
        return None
    low, high = RANGES[node.name]
    slack, values = 0.02 * max(known.high - known.low, 1e-9), known.values
    out = (values < low - slack) if low is not None else values.new_zeros(len(values)).bool()
    out = out | (values > high + slack) if high is not None else out
    share = float(out.double().mean())
    if share < 0.02 or (loss.target in loss.inputs and known.high > PIXELS):
        return None
    return (
        f"{node.name} at the output cannot reach all targets",
        f"targets from {figure(known.low)} to {figure(known.high)}, {percent(share)} of them out of its reach",
        "a linear output",
        node,
    )


def _crashed(program: Program) -> Finding | None:
    """The script ended because a loss of probabilities, or of variances, was given none."""
    negative = "var has negative entry" in program.crash
    if "all elements of input should be between 0 and 1" not in program.crash and not negative:
        return None
    made = [
        program.made[id(m)]
        for n in program.networks
        for m in n.module.modules()
        if id(m) in program.made and list(m.parameters(False))
    ]
    return _finding(
        program.steps,
        f"the loss takes {'variances' if negative else 'probabilities'} and is given outputs as they are",
        program.crash,
        "softplus or exp at the output" if negative else "sigmoid at the output, or BCEWithLogitsLoss",
        made[-1] if made else program.crash_site,
    )
