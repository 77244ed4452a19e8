"""Training is a generator: `for moment in train(case)` hands out Steps (sampled) and Rests (between steps).

The caller measures, writes down, and stops by leaving. Whatever happens, the network ends with its best weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns import depth, shelf
from wellfit.nouns.augment import Batch, varied
from wellfit.nouns.awake import compiler_asleep
from wellfit.nouns.case import Case
from wellfit.nouns.data import Split, at_once
from wellfit.nouns.feed import WAIT
from wellfit.nouns.forward import forward_of
from wellfit.nouns.progress import Losses, Progress, checkpoint_of, randomness, restore
from wellfit.nouns.quick import Quick, flat_of
from wellfit.nouns.reading import Reading
from wellfit.nouns.room import PARTS, outputs_of
from wellfit.nouns.shards import apart, full, lent, spread
from wellfit.nouns.step import Rest, Step
from wellfit.nouns.task import task_of
from wellfit.nouns.tempo import Tempo, order_of
from wellfit.nouns.threads import own_cores, threads
from wellfit.nouns.thrift import Parts, by_blocks
from wellfit.nouns.world import ALONE, ASK_EVERY, World, join

CHUNK_BYTES = 8 * 2**20  # rows gathered at once into the order of the epoch: large enough to be rare, small in memory
EVAL_ROWS = 256  # rows a forward pass without gradients: activations that stay in the cache


def train(
    case: Case,
    *,
    due: Callable[[int], bool] = lambda index: False,
    rest: Callable[[], bool] = lambda: False,
    stop: Callable[[], bool] = lambda: False,
    state: dict[str, Any] | None = None,
) -> Iterator[Step | Rest]:
    """Train `case.network` by `case.recipe`.

    Hands out a Step where `due(index)`, and a Rest at the end of each epoch and between steps where `rest()` or
    `stop()`; whether the caller should leave there is in `Rest.leave`, the same on all ranks where several processes
    train together (nouns/world.py).
    state: what `Rest.state()` gave; training goes on from there and ends bit for bit where it would have ended.
    Data order is a function of (seed, epoch); dropout draws from torch's global generator, seeded here and put
    back on leaving.
    """
    here = join(case.shares or case.device)
    here.same(*case.network.state_dict().values())
    with spread(case, here) as each:
        yield from _trained(each, case.network, here, due, rest, stop, state)


def _trained(case: Case, whole: nn.Module, here: World, due, rest, stop, state) -> Iterator[Step | Rest]:
    """`train` in this world; whole: the network as those who look at a step get it."""
    choices, network = case.recipe.training, case.network
    rows, valid = case.data.train.to(case.device), case.data.valid.to(case.device)
    pace, agreed = Tempo(choices, len(rows)), _agreed(here, rest, stop)
    due = _sampled(here, due, network is not whole)
    seed, again = choices.seed + 7919 * here.rank, by_blocks(network, choices.checkpoint == "blocks")
    with (
        threads(choices.threads),
        own_cores(*here.beside(case.device)),
        _own_randomness(seed, case.device),
        again,
        compiler_asleep(),
    ):
        optimizer = shelf.get("optimizers", choices.optimizer)(
            network.parameters(), float(choices.lr), momentum=choices.momentum, l2=float(choices.l2)
        )
        optimizer = optimizer if network is whole else apart(optimizer)
        depth.split_groups(optimizer, depth.shares(network, case.recipe.transfer.rate_decay))
        progress = Progress() if state is None else restore(state, network, optimizer, case.device, here)
        parts, flat = Parts(network, choices.accumulate), flat_of(case, optimizer, here)
        quick = Quick(case, optimizer, forward_of(case, here, parts, flat), here, parts, flat)
        kept = partial(_kept, case, network is whole, progress, optimizer, here)
        try:
            while progress.epoch < pace.epochs and not progress.why_stop:
                yield from _epoch(case, whole, rows, optimizer, progress, pace, quick, due, agreed, kept, here)
                scores = _close_epoch(case, valid, progress, pace, here, parts)
                keep, leave = here.any(rest(), stop())
                state = kept(keep or leave)
                yield Rest(
                    progress.index,
                    float(progress.epoch),
                    network,
                    scores,
                    progress.bad_epochs == 0,
                    state,
                    progress.why_stop,
                    leave,
                    keep,
                )
        finally:
            progress.put_best(network)
            network.eval()


def _agreed(here: World, rest: Callable[[], bool], stop: Callable[[], bool]) -> Callable[[int], tuple[bool, bool]]:
    """(steps done) -> is a Rest asked for, and should it be left? Ranks agree on it every so many steps."""

    def ask(index: int) -> tuple[bool, bool]:
        if here.size > 1 and index % ASK_EVERY:
            return False, False
        wanted, leave = here.any(rest(), stop())
        return wanted or leave, leave

    return ask


def _kept(case, whole: bool, progress, optimizer, here: World, wanted: bool) -> Callable[[], dict[str, Any]]:
    """() -> the state to go on from, with the randomness of all ranks where rank 0 writes it for all. To be called by all
    ranks."""
    ranks = here.told(randomness(case.device)) if wanted and whole and here.size > 1 else ()
    return lambda: checkpoint_of(progress, case.network, optimizer, case.device, ranks)


def _sampled(here: World, due: Callable[[int], bool], shared: bool) -> Callable[[int], bool]:
    """(step) -> is it looked at? Rank 0 says; where the network is shared out all must know, every so many steps."""
    mine = due if here.rank == 0 else lambda index: False
    return (lambda index: index % ASK_EVERY == 0 and here.any(mine(index))[0]) if shared else mine


def _epoch(case, whole, split, optimizer, progress, pace, quick, due, agreed, kept, here) -> Iterator[Step | Rest]:
    """One pass over the training rows from `progress.cursor` on."""
    x, network, groups = split.x, case.network, optimizer.param_groups
    draw = split.feed.order if split.feed else order_of
    order = draw(len(x), case.recipe.training.seed, progress.epoch)[progress.cursor :].to(x.device)
    batch, base = pace.batch(progress.epoch, progress.drops), progress.epoch * len(x)
    if progress.cursor == 0:
        progress.losses, progress.sizes, progress.epoch_s = Losses(), [], 0.0
    at = lambda: progress.epoch + progress.cursor / len(x)
    sampled, begun = due(progress.index), time.perf_counter()
    if case.recipe.transfer.mode == "gradual":
        depth.thaw(network, progress.epoch / pace.epochs, case.recipe.transfer.unfreeze_frac)
    _go_on(network, quick)
    vary = varied(case.recipe.augment.model_extra or {}, case.data, case.recipe.training.seed)
    share = here if vary is None else ALONE  # what varies rows draws for all of a batch
    for xb, yb, *weight in _batches(split, order, batch, case.device, share):
        shown = Batch(xb, yb) if vary is None else vary(xb, yb, progress.index)
        lr = pace.rate(base + progress.cursor, batch, progress.drops)
        for group in groups:
            group["lr"] = lr * group.get("share", 1.0)
        if sampled:
            outputs, loss, seen, prepared_s = quick.within(shown, partial(_seen, network, quick, shown, *weight))
            x_mine, y_mine, outputs = (here.mine(t, len(yb)) for t in (shown.x, shown.y, outputs))
            known = (progress.index, at(), network, optimizer, x_mine, y_mine, outputs, loss, lr, len(yb), seen)
            step = Step(*known, weights_before=progress.before, prepared_s=prepared_s)
            step = step if network is whole else lent(step, whole)
            if here.rank == 0:
                yield step
            _go_on(network, quick)
        watched, sampled = sampled, due(progress.index + 1)
        progress.before = {k: full(p).clone() for k, p in network.named_parameters()} if sampled else {}
        if watched:
            quick.finish()
        progress.count(loss if watched else quick.whole(shown, *weight), len(yb))
        wanted, leave = agreed(progress.index)
        if wanted and progress.cursor < len(x):
            progress.epoch_s += time.perf_counter() - begun
            yield Rest(progress.index, at(), network, state=kept(True), leave=leave, keep=True)
            begun = time.perf_counter()
            _go_on(network, quick)
    progress.epoch_s += time.perf_counter() - begun


def _seen(network: nn.Module, quick: Quick, batch: Batch, *weight: Tensor) -> tuple[Any, ...]:
    """(outputs, loss, what the layers gave, seconds that listening took to set up) of a step whose gradients are there."""
    with _listening(network) as (seen, prepared_s):
        outputs, loss = quick.forward(batch, *weight)
    return outputs, quick.backward(loss), seen, prepared_s


def _go_on(network: nn.Module, quick: Quick) -> None:
    """Train mode again, after somebody else was at work."""
    depth.train_mode(network)
    quick.renew()


def _batches(
    split: Split, order: Tensor, batch: int, device: torch.device, here: World = ALONE
) -> Iterator[tuple[Tensor, ...]]:
    """(x, y[, weight]) batches in `order`, gathered some tens of MB at a time (from a file: a pool, ahead of time), of x this
    rank's share of each batch alone; a lone last example is left for another epoch."""
    x, parts = split.x, [t for t in (split.x, split.y, split.weight) if t is not None]
    row_bytes = max(1, x[0].numel() * x.element_size())
    chunk = max(1, (split.feed.rows if split.feed else CHUNK_BYTES // row_bytes) // batch) * batch
    mine = lambda rows: torch.cat([here.part(some) for some in rows.split(batch)]) if here.size > 1 else rows
    chunks = ([x[mine(rows)], *(part[rows] for part in parts[1:])] for rows in order.split(chunk))
    each_x = -(-batch // here.size)
    for held in chunks if split.feed is None else split.feed.ahead(order.split(chunk), parts, mine):
        for each in zip(held[0].split(each_x), *(part.split(batch) for part in held[1:])):
            if len(each[1]) > 1 or batch == 1:
                yield each if split.feed is None else tuple(t.to(device) for t in each)


@contextmanager
def _listening(network: nn.Module) -> Iterator[tuple[dict[str, Tensor], float]]:
    """({layer: what it gives}, filled by the forward pass inside; seconds that listening in took to set up)."""
    seen: dict[str, Tensor] = {}

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                seen[name] = output.detach()

        return hook

    clock = time.perf_counter()
    leaves = [(name or "network", m) for name, m in network.named_modules() if not any(True for _ in m.children())]
    hooks = [m.register_forward_hook(note(name)) for name, m in leaves]
    try:
        yield seen, time.perf_counter() - clock
    finally:
        for hook in hooks:
            hook.remove()


def evaluate(case: Case, split: Split, here: World = ALONE) -> tuple[float, float, float]:
    """(loss, its standard error, score) on a split already on the device, in eval mode; each rank runs its share."""
    x, y, weight = split.x, split.y, () if split.weight is None else (split.weight,)
    case.network.eval()
    here.same(*case.network.buffers())
    with torch.no_grad():
        outputs = here.whole(outputs_of(case.network, here.part(x), at_once(x, EVAL_ROWS)), len(x))
        loss = case.loss(outputs, y, *weight)
        each = torch.func.vmap(case.loss)(outputs[:, None], y[:, None])
        score = task_of(case.data.task).score(outputs, y)
        figures = torch.stack([loss, each.std() / len(y) ** 0.5 if len(y) > 1 else each.sum() * 0, score])
    here.same(figures)  # another machine may round otherwise, and all must stop at the same epoch
    a, b, c = figures.tolist()
    return a, b, c


def _close_epoch(
    case: Case, valid: Split, progress: Progress, pace: Tempo, here: World, parts: Parts
) -> tuple[Reading, ...]:
    """Evaluate, keep the best weights, decide whether to stop; the epoch's curves are returned."""
    sizes = torch.tensor(progress.sizes, dtype=torch.float64)
    train_loss = float((progress.losses.all().double().cpu() * sizes).sum() / sizes.sum())
    batch = pace.batch(progress.epoch, progress.drops)
    valid_loss, error, score = evaluate(case, valid, here)
    rate = pace.rate(progress.epoch * pace.n_rows, batch, progress.drops)
    progress.epoch, progress.cursor = progress.epoch + 1, 0
    progress.judge(case.network, valid_loss, int(case.recipe.training.patience))
    if not (math.isfinite(train_loss) and math.isfinite(valid_loss)):
        progress.why_stop = "not finite"
    elif progress.epoch >= pace.epochs:
        progress.why_stop = "epochs"
    at = (progress.index, float(progress.epoch))
    feed = case.data.train.feed
    waited = () if feed is None else (Reading(WAIT, feed.taken(progress.epoch_s), *at),)
    short = parts.count > case.recipe.training.accumulate
    return (
        *waited,
        *((Reading(PARTS, float(parts.count), *at),) if short else ()),
        Reading("train_loss", train_loss, *at),
        Reading("valid_loss", valid_loss, *at),
        Reading("valid_loss_se", error, *at),
        Reading("valid_score", score, *at),
        Reading("lr", rate, *at),
        Reading("batch_size", float(batch), *at, unit="examples"),
        Reading("examples_s", float(sizes.sum()) / max(progress.epoch_s, 1e-9), *at, unit="1/s"),
    )


@contextmanager
def _own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """torch's global generators seeded for a training, and put back afterwards."""
    kept, kept_cuda = (
        torch.get_rng_state(),
        torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
    )
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(kept)
        if kept_cuda is not None:
            torch.cuda.set_rng_state(kept_cuda, device)
