"""Something runs along the wrong axis."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.meeting import answers_chain, resolved_dim, shown_at
from wellfit.nouns.mixing import REDUCING, mixing
from wellfit.nouns.program import LossSeen, PassSeen, Program
from wellfit.nouns.tape import Site
from wellfit.nouns.units import percent

SOFT = frozenset(("softmax", "log_softmax", "softmin"))
PRODUCTS = frozenset(("matmul", "__matmul__", "bmm"))
WEIGHTED = frozenset(("linear", "addmm", "conv1d", "conv2d", "matmul", "__matmul__", "add", "__add__"))
SEQUENCES = frozenset(
    (
        "lstm",
        "gru",
        "rnn_tanh",
        "rnn_relu",
        "multi_head_attention_forward",
        "scaled_dot_product_attention",
        "lstm_cell",
        "gru_cell",
        "_transformer_encoder_layer_fwd",
        "_native_multi_head_attention",
    )
)
ALONG = SEQUENCES | SOFT | PRODUCTS | {"normalize", "cumsum", "einsum", "sort", "flip", "layer_norm"}
RECURRENT = ("LSTM", "GRU", "RNN", "MultiheadAttention", "TransformerEncoder", "TransformerEncoderLayer")


def dimension_wrong(program: Program) -> Finding | None:
    """Sees: softmax over the examples of the batch, over the wrong axis of what nll_loss takes classes from, over an
    axis of size 1, or over another axis than the product that follows sums over; a network whose answer in eval mode to
    an example changes with the other examples of the batch, at a recurrent layer, attention or softmax; argmax over the
    batch in evaluation.
    Hurts: examples compete with each other, or are read as steps in time.
    Mistaken for: output-activation-unsuitable, layout-scrambled, capacity-too-small.
    Remedy: `dim=1` (or -1) for classes, `batch_first=True` for [batch, time, features].
    Source: a fact of the run; PyTorch's documentation of the axes."""
    loss = program.loss
    if loss is None or not loss.inputs:
        return None
    said = _softmax(program, loss) or _mixed(program) or _argmax(program)
    if said is None:
        return None
    summary, evidence, remedy, site = said
    return Finding(
        "dimension-wrong",
        "error",
        summary,
        evidence,
        remedy,
        0.95,
        loss.tape.index,
        site.file if site else None,
        site.line if site else None,
        source="seen in the run",
    )


Said = tuple[str, str, str, Site | None]


def _softmax(program: Program, loss: LossSeen) -> Said | None:
    batch, makers, chain = program.batch(), loss.tape.inner_makers(), answers_chain(loss)
    for node in loss.tape.nodes:
        look = loss.look(node.outs[0]) if node.outs else None
        if node.name not in SOFT or not node.learnt or look is None or len(look.shape) < 2 or node.site is None:
            continue
        shape, dim = look.shape, resolved_dim(node, len(look.shape))
        maker = makers.get(node.ins[0]) if node.ins else None
        plain = shape[0] != shape[1] or (maker is not None and maker.name in WEIGHTED - PRODUCTS)
        site, where = shown_at(program, node), f"dim={dim} of {list(shape)}"
        if dim == 0 and shape[0] == batch >= 2 and plain and (len(shape) == 2 or node in chain):
            return f"{node.name} runs over the examples of the batch, not over the classes", where, "dim=1", site
        if loss.name == "nll_loss" and node.outs[0] == loss.answer and dim != 1:
            return (
                f"{node.name} runs along another axis than the classes",
                where,
                "dim=1, where nll_loss has its classes",
                site,
            )
        if len(shape) > 2 and dim is not None and shape[dim] == 1 and max(shape[1:]) > 1 and node not in chain:
            return (
                f"{node.name} over an axis of size 1 always gives 1",
                where,
                "the axis of what is to be weighed",
                site,
            )
        summed = _summed(loss, node.outs[0])
        if dim is not None and summed is not None and dim != summed % len(shape):
            return (
                f"{node.name} runs along another axis than the product that follows sums over",
                f"{where}, summed over axis {summed % len(shape)}",
                f"dim={summed}",
                site,
            )
    return None


def _summed(loss: LossSeen, weights: int) -> int | None:
    """The axis of attention weights that the product right after (dropout allowed) sums over."""
    for node in loss.tape.nodes:
        if node.module is None and node.name == "dropout" and node.ins[:1] == (weights,) and node.outs:
            weights = node.outs[0]
        elif node.name in PRODUCTS and weights in node.ins[:2]:
            return -1 if node.ins[0] == weights else -2
        elif node.name == "einsum" and weights in node.ins and node.args and isinstance(node.args[0], str):
            return _contracted(node.args[0], node.ins.index(weights))
    return None


def _contracted(equation: str, place: int) -> int | None:
    """The one axis (from the end) of this operand that the equation sums over together with another operand's."""
    given, arrow, result = equation.replace(" ", "").partition("->")
    operands = given.split(",")
    if not arrow or place >= len(operands) or "." in equation:
        return None
    own, others = operands[place], "".join(operands[:place] + operands[place + 1 :])
    summed = [i - len(own) for i, axis in enumerate(own) if axis not in result and axis in others]
    return summed[0] if len(summed) == 1 else None


def _copied_from(program: Program) -> Site | None:
    """Where the layer is made that a stack of such layers is copied from."""
    for path, source in program.sources.items():
        for call in source.calls("TransformerEncoderLayer", "TransformerDecoderLayer"):
            return Site(path, call.lineno)
    return None


def _mixed(program: Program) -> Said | None:
    """The answer to an example depends on the others."""
    try:
        mixed = mixing(program)
    except Exception as error:
        text = str(error).partition("\n")[0][:200]
        program.trouble.append(f"the network could not be fed again ({type(error).__name__}: {text})")
        return None
    if mixed is None:
        return None
    layer, site = mixed.layer, mixed.site
    if not mixed.name:
        found = [m for n in program.networks for m in n.module.modules() if type(m).__name__ in RECURRENT]
        layer = found[0] if found else None
        if layer is None:
            return None
    elif mixed.name not in ALONG and not (mixed.name in REDUCING and _few(program)):
        return None
    own = layer is not None and type(layer).__module__.startswith("torch.nn")
    site = program.made.get(id(layer)) or _copied_from(program) or site if own else site
    kind = type(layer).__name__ if own else mixed.name
    remedy = "batch_first=True" if kind in RECURRENT else "the axis of classes or features instead of axis 0"
    return (
        f"{kind} runs along the examples of the batch",
        f"with the other examples of its batch changed, an answer changes by {percent(mixed.change)} of the largest",
        remedy,
        site,
    )


def _few(program: Program) -> bool:
    """Is it evaluated on fewer examples at a time than it is trained on, so that what a batch says of itself is another?"""
    sizes = [seen.batch for seen in program.passes if not seen.grad]
    return bool(sizes) and 2 * min(sizes) < program.batch()


def _argmax(program: Program) -> Said | None:
    """Evaluation takes the largest, or softmax, over the examples."""
    for seen in program.passes:
        look = seen.tape.looks.get(seen.output) if seen.output is not None else None
        if look is None or len(look.shape) != 2 or min(look.shape) < 2:
            continue
        if look.shape[0] == look.shape[1] and not _rows_first(program, seen):
            continue
        used = {i for other in seen.compared for i in other.ins}
        for node in seen.tape.nodes:
            first = node.depth == 0 and node.ins[:1] == (seen.output,)
            taken = first and node.name in ("argmax", "max") and bool(set(node.outs) & used)
            if (taken or (first and node.name in SOFT and not seen.grad)) and resolved_dim(node, 2) == 0:
                said = f"{node.name} runs over the examples, not over the classes"
                return said, f"dim=0 of {list(look.shape)}", "dim=1", node.site
    return None


def _rows_first(program: Program, seen: PassSeen) -> bool:
    """Does the network that is evaluated give the classes along axis 1 in training? Then axis 0 holds the examples, also
    where there are as many of them as classes."""
    loss = program.loss
    answer = loss.look(loss.answer) if loss is not None else None
    shape: tuple[int, ...] = seen.tape.looks[seen.output].shape if seen.output is not None else ()
    same = loss is not None and any(n.module is seen.node.module for n in loss.tape.passes())
    return same and answer is not None and loss is not None and loss.name in ("cross_entropy", "nll_loss") and (
        len(answer.shape) == 2 and answer.shape[1:] == shape[1:2] and answer.shape[0] != answer.shape[1]
    )  # fmt: skip
