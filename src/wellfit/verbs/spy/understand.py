"""Understand: from the tapes to what a person would say of the program: losses, targets, evaluations."""

from __future__ import annotations

import math

from wellfit.nouns.lineage import OF_TWO
from wellfit.nouns.program import LossSeen, PassSeen, Program
from wellfit.nouns.tape import Node, Tape

LOSSES = {
    "cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss", "mse_loss": "MSELoss", "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss", "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "kl_div": "KLDivLoss", "gaussian_nll_loss": "GaussianNLLLoss",
    "poisson_nll_loss": "PoissonNLLLoss", "hinge_embedding_loss": "HingeEmbeddingLoss",
    "soft_margin_loss": "SoftMarginLoss", "multi_margin_loss": "MultiMarginLoss",
    "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss", "multilabel_margin_loss": "MultiLabelMarginLoss",
    "ctc_loss": "CTCLoss", "margin_ranking_loss": "MarginRankingLoss",
    "cosine_embedding_loss": "CosineEmbeddingLoss", "nll_loss_nd": "NLLLoss",
}  # fmt: skip
"""torch functions that are losses of (answer, target), and the module that calls them."""
PAIRING = frozenset(
    ("sub", "__sub__", "rsub", "__rsub__", "mul", "__mul__", "__rmul__", "div", "__truediv__", "gather", "dist", "eq",
     "__eq__", "__getitem__", "log_prob", "cdist", "pairwise_distance", "cosine_similarity", "add", "__add__")
)  # fmt: skip
"""torch calls in which a loss written by hand may bring outputs and targets together."""
COMPARING = frozenset(
    ("eq", "__eq__", "ne", "__ne__", "sub", "__sub__", "__rsub__", "rsub", "mul", "__mul__", "__and__", "isclose", "gt",
     "bitwise_and", "logical_and", "__or__")
)  # fmt: skip

FIRST = frozenset(
    ("linear", "matmul", "__matmul__", "mm", "addmm", "bmm", "conv1d", "conv2d", "conv3d", "embedding", "einsum")
)
"""torch calls in which weights meet data."""
FILLED = frozenset(("zeros", "ones", "full", "eye", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones"))
"""torch calls that make constants: what they give is no target of a loss written by hand."""


def understand(program: Program) -> Program:
    """Fills in `losses` (one for each tape that holds one, in order) and `passes` from the tapes."""
    for tape in program.tapes:
        try:
            needed = tape.needed(tape.losses)
            losses = [_loss(program, tape, total) for total in tape.losses[:4]]
            program.losses += [x for x in losses if x is not None]
            minimised = {id(n) for n in needed}
            for node in tape.passes():
                if id(node) in minimised or (node.grad and not node.outs) or _lent(tape, node):
                    continue  # it may have given a distribution, or run with other weights than its own
                program.passes.append(_pass(tape, node))
        except Exception as error:
            program.trouble.append(f"a step was not understood ({type(error).__name__}: {error})")
    return program


def _loss(program: Program, tape: Tape, total: int) -> LossSeen | None:
    """The loss that backward was called on: a loss function among what it is made from, else by hand."""
    needed = tape.needed([total])
    used = tape.ancestors([total])
    networks = [n for n in needed if n.module is not None]
    fed = tuple(i for n in networks for i in n.ins if i in tape.leaves) or _met(tape, needed)
    output = next((o for n in reversed(networks) for o in n.outs), None)
    named = [n for n in tape.nodes if n.name in LOSSES and n.learnt and any(o in used for o in n.outs)]
    outer = [n for n in named if n.depth == 0] or named
    if outer:
        node = outer[0]  # the first of several terms
        arguments = [*node.ins, None, None, None]
        answer, target = arguments[0], arguments[2 if node.name in OF_TWO else 1]
        if answer in tape.leaves and target is not None and target not in tape.leaves:
            answer, target = target, answer  # mse_loss(targets, outputs): what is data is the target
        reduction = str(node.kwargs.get("reduction", "mean"))
        made = program.sites.get(f"made:{LOSSES[node.name]}", [])
        output = _output(tape, networks, answer, output)
        return LossSeen(
            node.name, node, tape, answer, target, output, fed, total, reduction, node.site, made[-1] if made else None
        )
    outputs = {o for n in networks for o in n.outs}
    made = {o: n.name for n in tape.nodes for o in n.outs}
    said, inner = _from(needed, outputs), _into(needed, networks)
    for node in needed:
        if node.module is None and node.name in PAIRING and not inner & set(node.outs):
            data = [i for i in node.ins if i in tape.leaves]
            learnt = [i for i in node.ins if i not in tape.leaves and i not in tape.parameters]
            learnt = [i for i in learnt if i in said or not networks]
            if data and made.get(data[0]) in FILLED:
                continue  # a sum that begins with zeros
            if data and learnt:
                if max(len(tape.looks[data[0]].shape), 0) == 0 and node.name != "__getitem__":
                    continue  # a plain number
                output = _output(tape, networks, learnt[0], output)
                answer = output if _alike(tape, output, data[0]) else learnt[0]  # not its logarithm or the like
                return LossSeen("", node, tape, answer, data[0], output, fed, total, _reduced(needed), node.site)
    site = next((n.site for n in reversed(needed) if n.site), None)
    return LossSeen("", None, tape, None, None, output, fed, total, _reduced(needed), site) if needed else None


def _met(tape: Tape, nodes: list[Node]) -> tuple[int, ...]:
    """Of a program without modules: the data that weights meet first."""
    for node in nodes:
        data = [i for i in node.ins if i in tape.leaves and len(tape.looks[i].shape) > 1] if node.learnt else []
        if data and node.name in FIRST and any(i in tape.parameters for i in tape.ancestors(node.ins)):
            return (data[0],)
    return ()


def _from(nodes: list[Node], found: set[int]) -> set[int]:
    """These tensors and what is made from them."""
    found = set(found)
    for node in nodes:
        if found & set(node.ins):
            found |= set(node.outs)
    return found


def _into(nodes: list[Node], networks: list[Node]) -> set[int]:
    """What a network is fed, or something that is made into that: no comparison with the truth stands there."""
    found = {i for n in networks for i in n.ins}
    for node in reversed(nodes):
        if found & set(node.outs):
            found |= set(node.ins)
    return found


def _output(tape: Tape, networks: list[Node], answer: int | None, otherwise: int | None) -> int | None:
    """The network's own output that the loss's answer was made from."""
    if answer is None:
        return otherwise
    made = tape.ancestors([answer])
    return next((o for n in reversed(networks) for o in n.outs if o in made), otherwise)


def _alike(tape: Tape, a: int | None, b: int) -> bool:
    """Do two tensors hold as many values?"""
    return a in tape.looks and b in tape.looks and math.prod(tape.looks[a].shape) == math.prod(tape.looks[b].shape)


def _reduced(nodes: list[Node]) -> str:
    names = [n.name for n in nodes]
    return "sum" if "sum" in names and "mean" not in names else "mean" if "mean" in names else ""


def _lent(tape: Tape, node: Node) -> bool:
    """Did this network run with weights that are not its own (as by torch.func.functional_call)?"""
    at, inner = tape.nodes.index(node), []
    while at and tape.nodes[at - 1].depth > node.depth:
        at -= 1
        inner.append(tape.nodes[at])
    own = {id(p) for p in node.module.parameters()} if node.module is not None else set()
    return bool(own and inner) and not any(tape.parameters.get(i) in own for n in inner for i in n.ins)


def _pass(tape: Tape, node: Node) -> PassSeen:
    fed = tuple(i for i in node.ins if i in tape.leaves or i in tape.looks)
    look = tape.looks.get(fed[0]) if fed else None
    after = {*node.outs}
    compared = []
    for other in tape.nodes[tape.nodes.index(node) + 1 :]:
        if after & set(other.ins):
            if (other.name in COMPARING and any(i not in after for i in other.ins)) or other.name in LOSSES:
                compared.append(other)
            if other.depth == 0:
                after |= set(other.outs)
    output = node.outs[0] if node.outs else None
    batch = look.shape[0] if look and look.shape else 0
    return PassSeen(tape, node, tape.index, batch, bool(node.training), node.grad, fed, output, compared)
