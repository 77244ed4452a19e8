"""Hidden activations that are missing, or that let no gradient through."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from torch import nn

from wellfit.nouns import idle
from wellfit.nouns.finding import Finding
from wellfit.nouns.kinks import kinked
from wellfit.nouns.kinks import place as kinks_at
from wellfit.nouns.last import ACTIVATIONS, last_activation
from wellfit.nouns.locate import named
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.thrown import unread
from wellfit.nouns.units import figure

WEIGHTED = ("linear", "conv1d", "conv2d", "conv3d")
SOFT = ("sigmoid", "tanh", "hardtanh", "hardsigmoid", "softsign", "logsigmoid")
BENT = ACTIVATIONS | {
    "prelu", "celu", "rrelu", "glu", "threshold", "hardswish", "sin", "cos", "pow", "__pow__", "square", "sqrt", "max", "min",
    "maximum", "minimum", "where", "max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell",
    "multi_head_attention_forward", "scaled_dot_product_attention", "layer_norm", "group_norm", "instance_norm", "erf",
    "amax", "log", "log1p", "sign", "round", "floor", "norm", "normalize", "rms_norm", "atan", "sinh", "cosh", "heaviside",
    "_transformer_encoder_layer_fwd", "_native_multi_head_attention", "bilinear", "bmm", "cdist", "einsum", "matmul",
    "__matmul__", "apply", "mul", "__mul__", "div", "__truediv__",
}  # fmt: skip
"""Calls between layers that make them more than one linear map, or that may."""
BENDING = (
    nn.ReLU, nn.GELU, nn.SiLU, nn.ELU, nn.SELU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Mish, nn.Softplus, nn.PReLU,
    nn.Hardswish, nn.ReLU6, nn.CELU,
)  # fmt: skip
PLAIN = (*ACTIVATIONS, "sin", "cos", "exp")
"""Activations, those of coordinate networks too."""
SETTINGS = ("negative_slope", "alpha", "threshold", "lambd", "min_val")
VANISHED, GONE, DEEP = 0.02, 1e-4, 3


def activation_unsuitable(program: Program) -> Finding | None:
    """Sees: two layers or more and nothing that bends between any of them (or what stands there gives back just what it is
    given), their widths not those of a bottleneck; an activation that gives one number whatever it is given; or
    three sigmoids or tanhs and more in a row, whose first layer gets less than a fiftieth of the last one's gradient; or
    activations of straight pieces where the loss holds second derivatives of the answers.
    Hurts: a stack of linear layers is one linear layer; in saturated ones the gradient vanishes on its way down.
    Mistaken for: capacity-too-small, init-unsuitable, lr-too-low.
    Remedy: ReLU between the layers.
    Source: Glorot & Bengio 2010; a stack without activations is a fact of the run."""
    loss = program.loss
    if loss is None:
        return None
    used = loss.tape.ancestors(loss.tape.losses)
    hidden = [
        n for n in loss.tape.nodes if n.depth and n.learnt and used & set(n.outs)
    ]  # what nobody reads bends nothing
    found = _bent(program) or _missing(program, loss, hidden) or _shut(program)
    return found or _shared(program, loss) or _vanishing(program, loss, hidden)


def _bent(program: Program) -> Finding | None:
    tapes = program.training()[:3]
    found = [kinked(t) for t in tapes]
    if not found or not all(found):
        return None
    return _said(f"the loss holds second derivatives of a network of {found[0][0].name}: they are zero everywhere",
                 "derivatives of the answers by the inputs are derived once more; all hidden activations are straight "
                 "pieces", kinks_at(program), True, "tanh, or another activation that is smooth")  # fmt: skip


def _missing(program: Program, loss: LossSeen, hidden: list[Node]) -> Finding | None:
    last = last_activation(loss)
    layers = [n for n in hidden if n.name in WEIGHTED]
    ends = {n.outs[0] for n in layers[-1:]}
    same = idle.passing(program.training())
    bent = [n for n in hidden if n.name in BENT and n is not last and not _above(loss, n, ends)]
    through = [n for n in bent if (n.site, n.name) in same]
    bent = [n for n in bent if n not in through]
    if len(layers) < 2 or bent or not _in_a_row(loss, layers):
        return None
    shapes = [loss.tape.looks[i].shape for n in layers for i in (n.ins[0], n.outs[0]) if i in loss.tape.looks]
    widths = [s[-1] if layers[0].name == "linear" else s[1] for s in shapes if len(s) > 1]
    if len(widths) < 4 or (layers[0].name == "linear" and min(widths[1:-1]) < min(widths[0], widths[-1])):
        return None
    kept = {id(n) for n in hidden}  # what the loss depends on
    lost = next((n for n in loss.tape.nodes if n.depth and n.learnt and n.name in PLAIN and id(n) not in kept), None)
    if lost is not None:
        return _said(f"the result of {lost.name} is used nowhere: nothing stands between {len(layers)} layers",
                     "layers: " + ", ".join(n.inside or n.name for n in layers[:5]), unread(program) or lost.site, True,
                     f"x = {lost.name}(x)")  # fmt: skip
    if through:
        return _said(f"{through[0].name} gives back just what it is given: {len(layers)} layers are together one linear layer",
                     "the same least and greatest value, mean and spread before and after it in every step written down",
                     idle.place(program, through[0], *SETTINGS), True,
                     "a slope or limits with which it bends")  # fmt: skip
    site = _uncalled(program, loss, layers) or _made(program, layers[0])
    return _said(f"nothing stands between {len(layers)} layers: together they are one linear layer",
                 "layers: " + ", ".join(n.inside or n.name for n in layers[:5]), site, True)  # fmt: skip


def _uncalled(program: Program, loss: LossSeen, layers: list[Node]) -> Site | None:
    """Where the first layer of a module is called that holds an activation and never calls it."""
    called = {n.inside for n in loss.tape.nodes if n.depth}
    for network in program.networks:
        names = {network.names.get(id(m), ""): m for m in network.module.modules()}
        idle = [n for n, m in names.items() if isinstance(m, BENDING) and n and n not in called]
        for prefix in sorted({n.rpartition(".")[0] for n in idle}):
            own = [n for n in layers if n.inside.rpartition(".")[0] == prefix]
            if own and not isinstance(names.get(prefix), nn.Sequential):
                return own[0].site
    return None


def _shut(program: Program) -> Finding | None:
    """An activation of what another one gave, which lies wholly where it is flat."""
    node = idle.shut(program.training())
    if node is None:
        return None
    return _said(f"{node.name} lets nothing through: it gives one number whatever it is given",
                 "one value in every step written down, and what it is given is another activation's; no gradient reaches "
                 "the layers before it", idle.place(program, node), True, "one activation between layers")  # fmt: skip


def _shared(program: Program, loss: LossSeen) -> Finding | None:
    """Softmax as a hidden activation (a suspicion: a mixture that is decoded looks the same)."""
    found = idle.mixed(loss.tape, last_activation(loss))
    if not found:
        return None
    return _said("softmax is a hidden activation: all units of a layer share a sum of 1",
                 f"{len(found)} between layers, each straight into the next one's weights",
                 idle.place(program, found[0]), False)  # fmt: skip


def _above(loss: LossSeen, node: Node, ends: set[int]) -> bool:
    """Does it work on what the last layer gave?"""
    found = set(ends)
    for other in loss.tape.nodes:
        if other.depth and found & set(other.ins) and other.name not in WEIGHTED:
            found |= set(other.outs)
    return bool(found & set(node.ins))


def _in_a_row(loss: LossSeen, layers: list[Node]) -> bool:
    """Does each layer work on what the one before gave, and on nothing else?"""
    for first, second in pairwise(layers):
        found = set(first.outs)
        for node in loss.tape.nodes:
            if found & set(node.ins) and node is not second:
                found |= set(node.outs)
        if not found & set(second.ins):
            return False
    return True


def _vanishing(program: Program, loss: LossSeen, hidden: list[Node]) -> Finding | None:
    hidden = _deepest(loss, hidden)
    soft = _of_one_pass(loss, [n for n in hidden if n.name in SOFT and n is not last_activation(loss)])
    if len(soft) < DEEP or any(n.name in ("lstm", "gru", "batch_norm", "layer_norm") for n in hidden):
        return None
    layers = [n.inside for n in hidden if n.name in WEIGHTED]
    ratios = []
    for moment in program.moments[:8]:
        norms = [moment.grad.get(f"{x}.weight", 0.0) / (moment.weight.get(f"{x}.weight") or 1.0) for x in layers]
        if len(norms) > 1 and norms[-1] > 0:
            ratios.append(norms[0] / norms[-1])
    if not ratios or median(ratios) > VANISHED:
        return None
    losses = [v for _, v in program.curve]
    n = max(len(losses) // 5, 1)
    flat = len(losses) > 10 and median(losses[-n:]) > 0.9 * median(losses[: min(n, 10)])
    return _said(f"the gradient vanishes in {len(soft)} {soft[0].name}s",
                 f"the first layer gets {figure(median(ratios), 2)} of the last one's gradient, each against its weights",
                 _made(program, soft[0]), flat or median(ratios) < GONE)  # fmt: skip


def _deepest(loss: LossSeen, hidden: list[Node]) -> list[Node]:
    """Of several networks that one loss is made with, what stands inside that with the most saturating activations, up to
    its last layer: the gradient of each is its own."""
    groups: list[list[Node]] = [[]]
    for node in loss.tape.nodes:
        if node.depth:
            groups[-1].append(node)
        elif node.module is not None:
            groups.append([])
    known = {id(n) for n in hidden}
    best = max(groups, key=lambda group: sum(n.name in SOFT for n in group))
    last = max((i for i, n in enumerate(best) if n.name in WEIGHTED), default=-1)
    return [n for n in best[: last + 1] if id(n) in known]


def _of_one_pass(loss: LossSeen, nodes: list[Node]) -> list[Node]:
    """Without the repetitions of a network that is called several times for one loss (at inner and at boundary points,
    for two views of a picture): its first call alone."""
    repeated: set[int] = set()
    calls: set[int] = set()
    inner: list[Node] = []
    for node in loss.tape.nodes:
        if node.depth:
            inner.append(node)
        elif node.module is not None:
            repeated |= {id(n) for n in inner} if id(node.module) in calls else set()
            calls.add(id(node.module))
            inner = []
    return [n for n in nodes if id(n) not in repeated]


def _made(program: Program, node: Node) -> Site | None:
    for network in program.networks:
        for module in network.module.modules():
            if node.inside and network.names.get(id(module)) == node.inside and id(module) in program.made:
                return named(program, program.made[id(module)])
    return node.site


def _said(
    summary: str, evidence: str, site: Site | None, sure: bool, remedy: str = "ReLU between the layers"
) -> Finding:
    return Finding(
        "activation-unsuitable", "error" if sure else "warning", summary, evidence, remedy, 0.93, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
