"""profile: a few steps of training on a copy, part by part under a clock, beside what the machine can do at its best."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from wellfit.nouns import shelf
from wellfit.nouns.augment import Batch, varied
from wellfit.nouns.case import Case
from wellfit.nouns.profiled import PARTS, Moved, Profiled
from wellfit.nouns.quick import BEFORE, Quick
from wellfit.nouns.ranks import rank
from wellfit.nouns.step import Step
from wellfit.nouns.tempo import order_of
from wellfit.nouns.threads import threads
from wellfit.nouns.world import ALONE

WARM, STEPS, SECONDS = 3, 30, 5.0  # steps before the clock runs; steps under it, at most so many seconds
SIDE, COPIED = 1024, 2**26  # of the square product, and bytes of the copy, that show the machine's peak
BEST_OF = 5


def profile(case: Case, watch: Callable[[Step], object] | None = None, watched_frac: float = 0.0) -> Profiled:
    """What a step of this training costs, measured on a copy: the case, torch's random state and the data order stay as
    they were. Steps are run operation by operation; a step played from a record, as training plays those that nobody
    watches, is timed beside them, or a word says why there is none.

    watch: measures a Step, as in training; watched_frac: the share of time that it may take, which bounds its part.
    """
    state = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state(case.device) if case.device.type == "cuda" else None
    try:
        with threads(case.recipe.training.threads):
            return _profiled(replace(case, network=copy.deepcopy(case.network)), watch, watched_frac)
    finally:
        torch.set_rng_state(state)
        if cuda is not None:
            torch.cuda.set_rng_state(cuda, case.device)


def _profiled(case: Case, watch: Callable[[Step], object] | None, watched_frac: float) -> Profiled:
    c, network = case.recipe.training, case.network.train()
    optimizer = shelf.get("optimizers", c.optimizer)(
        [p for p in network.parameters() if p.requires_grad], float(c.lr), momentum=c.momentum, l2=float(c.l2)
    )
    spent: dict[str, float] = dict.fromkeys(PARTS[:-1], 0.0)
    batches, done, sample_s = _batches(case), 0, 0.0
    begun = time.perf_counter()
    while done < WARM + STEPS and (done <= WARM or time.perf_counter() - begun < SECONDS):
        if done == WARM:
            spent = dict.fromkeys(spent, 0.0)
        with _clock(spent, "data", case.device):
            batch = next(batches)
        with _clock(spent, "forward", case.device):
            outputs, loss = _forward(case, network, batch)
        with _clock(spent, "backward", case.device):
            loss.backward()
        if watch is not None and done == WARM:
            known = (0, 0.0, network, optimizer, batch.x, batch.y, outputs, loss, float(c.lr), len(batch.x))
            one = {"watch": 0.0}
            with _clock(one, "watch", case.device):
                watch(Step(*known))
            sample_s = one["watch"]
        with _clock(spent, "optimizer", case.device):
            if c.clip:
                nn.utils.clip_grad_norm_(network.parameters(), c.clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        done += 1
    n = done - WARM
    each = {name: seconds / n for name, seconds in spent.items()}
    each["watching"] = min(sample_s, watched_frac * sum(each.values()))
    flops, moved = _counted(case, network, optimizer, batch)
    return Profiled(each, n, len(batch.x), flops, moved, *peaks(case.device), *_played(case, optimizer, batches))


def _played(case: Case, optimizer: torch.optim.Optimizer, batches: Iterator[Batch]) -> tuple[float | None, str]:
    """(seconds of a step that is played from a record, None where none is; then a word for why)."""
    quick = Quick(case, optimizer, lambda batch, *_: _forward(case, case.network, batch), ALONE)
    spent: list[float] = []
    for _ in range(BEFORE + 3 + WARM + STEPS):
        if quick.why:
            return None, quick.why
        batch, one, done = next(batches), {"step": 0.0}, quick.played_steps
        if batch.order is not None:
            return None, "mixed"
        with _clock(one, "step", case.device):
            quick.whole(batch)
        if quick.played_steps > done:
            spent.append(one["step"])
    return (statistics.median(spent) if spent else None), quick.why


def _forward(case: Case, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    with torch.autocast(case.device.type, torch.bfloat16, enabled=case.recipe.training.precision == "bfloat16"):
        outputs = network(batch.x)
    outputs = outputs.float()
    return outputs, case.loss(outputs, batch.y)


def _batches(case: Case) -> Iterator[Batch]:
    """Batches as training has them, again from the first one after the last; of several ranks the size of one's share."""
    rows, c = case.data.train, case.recipe.training
    size = -(-min(int(c.batch_size), len(rows)) // rank().of)
    vary = varied(case.recipe.augment.model_extra or {}, case.data, c.seed)
    order, step = (rows.feed.order if rows.feed else order_of)(len(rows), c.seed, 0), 0
    while True:
        for some in order[: len(order) // size * size].split(size):
            x, y = rows.x[some].to(case.device), rows.y[some].to(case.device)
            yield Batch(x, y) if vary is None else vary(x, y, step)
            step += 1


def _counted(case: Case, network: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch) -> tuple[float, float]:
    """(floating-point operations of products and convolutions, bytes moved) of one step."""
    with FlopCounterMode(display=False) as flops:
        _forward(case, network, batch)[1].backward()
    optimizer.zero_grad(set_to_none=True)
    with Moved() as moved:
        _forward(case, network, batch)[1].backward()
        optimizer.step()
    return float(flops.get_total_flops()), float(moved.bytes)


def peaks(device: torch.device) -> tuple[float, float]:
    """(FLOP/s of a square float32 product, bytes/s of a copy, read and written: McCalpin 1995, STREAM), the best of five."""
    large = device.type == "cuda"
    a = torch.randn(SIDE * (8 if large else 1), SIDE * (8 if large else 1), device=device)
    out = torch.empty_like(a)
    product = _fastest(lambda: torch.mm(a, a, out=out), device)
    b = torch.zeros(COPIED * (16 if large else 1), dtype=torch.uint8, device=device)
    to = torch.empty_like(b)
    moved = _fastest(lambda: to.copy_(b), device)
    return 2 * len(a) ** 3 / product, 2 * len(b) / moved


def _fastest(work: Callable[[], object], device: torch.device) -> float:
    found = []
    for _ in range(BEST_OF):
        spent = {"work": 0.0}
        with _clock(spent, "work", device):
            work()
        found.append(spent["work"])
    return max(min(found), 1e-9)


@contextmanager
def _clock(spent: dict[str, float], name: str, device: torch.device) -> Iterator[None]:
    """Seconds of what is done inside are added to spent[name]; a GPU is waited for."""
    begun = time.perf_counter()
    yield
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    spent[name] += time.perf_counter() - begun
