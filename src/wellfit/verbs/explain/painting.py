"""Painting: inputs that make a part of a network answer most, kept in the range and the colours of the data.

An input is painted by waves (Fourier coefficients, each scaled by its frequency), its channels mixed as those of the data
go together, and brought into the data's range by a sigmoid; while it is painted, it is moved, turned and scaled a little,
so that it holds under such changes. Source: Olah et al. 2017, distill.pub/2017/feature-visualization; the
parametrisation: Mordvintsev et al. 2018, distill.pub/2018/differentiable-parameterizations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.nouns.inside import calls, first_heard, heard, still
from wellfit.nouns.look import Look
from wellfit.nouns.shown import spread

RATE, STEPS, LARGE = 0.05, 128, 24  # of Adam; steps; sides from which pictures are turned and scaled too
TURN, GROW, MOVE = math.radians(5), 0.08, 1 / 16  # at most: angle, share of the size, share of the side
SHAKEN = 12  # steps in which an input without a slope is shaken
WORK = 5e11  # multiply-adds of one part's painting: some minute of one core
FAR = 0.98  # quantile of how far training rows of series and fields are from the middle
RANGE = (0.002, 0.998)  # quantiles of the data that an input stays within
ROWS, EACH = (
    1024,
    4096,
)  # rows that the range is taken from; numbers of an input up to which each has a range of its own
AT_ZERO = (nn.ReLU, nn.ReLU6)

Objective = Callable[[Tensor], Tensor]
"""Answers of a layer [B, C, ...] -> how much of what is sought is in each [B]."""


@dataclass(frozen=True)
class Canvas:
    """shape of one input; low, high, middle [C, 1, ...] or [*shape]: its range, and where it begins; mix [C, C]: how
    channels go together; spectrum [C, *frequencies]: how strong each wave is in the data, size: how far from the middle
    an input is at most, by its root mean square: of series and fields, whose rows are waves themselves. A field whose
    every cell is as far off as any ever was is none; a clock that goes in as a channel stays the same everywhere."""

    shape: tuple[int, ...]
    low: Tensor
    high: Tensor
    middle: Tensor
    mix: Tensor
    spectrum: Tensor | None = None
    size: float = math.inf

    @classmethod
    def of(cls, look: Look) -> Canvas:
        """From training rows; without data, −2 to 2 and channels apart."""
        shape, device = look.shape_in, look.device
        c = shape[0]
        narrow = (c, *[1] * (len(shape) - 1))
        if look.data is None:
            ones = torch.ones(narrow, device=device)
            return cls(shape, -2 * ones, 2 * ones, 0 * ones, torch.eye(c, device=device))
        x = look.data.train.x[spread(len(look.data.train), ROWS)].float()
        by = x.movedim(1, 0).reshape(c, -1)
        few = by[:, spread(by.shape[1], 2**18)]
        if x[0].numel() <= EACH:  # digits have borders that are always empty
            low, high, middle = (*(torch.quantile(x, q, dim=0) for q in RANGE), x.mean(0))
        else:
            low, high, middle = (
                v.reshape(narrow) for v in (*(torch.quantile(few, q, dim=1) for q in RANGE), few.mean(1))
            )
        high = torch.where(high > low, high, low + 1e-6)
        covered = torch.cov(few).reshape(c, c) if few.shape[1] > 1 else torch.eye(c)
        values, vectors = torch.linalg.eigh(covered + 1e-8 * torch.eye(c))
        mix = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
        mix = mix / mix.norm(dim=0).max().clamp_min(1e-12)  # as lucid: the strongest channel keeps its size
        low, high, middle, mix = (t.to(device) for t in (low, high, middle, mix))
        if look.way not in ("series", "fields"):
            return cls(shape, low, high, middle, mix)
        far = x - middle.cpu()
        size = float(far.square().flatten(1).mean(1).sqrt().quantile(FAR))
        return cls(shape, low, high, middle, mix, spectrum(far).to(device), size)

    def start(self, n: int, seed: int) -> Tensor:
        """What is optimised: coefficients [n, C, *frequencies, 2], or numbers [n, F], near 0."""
        generator = torch.Generator().manual_seed(seed)
        cells = self.shape[1:]
        size = (n, self.shape[0], *cells[:-1], cells[-1] // 2 + 1, 2) if cells else (n, *self.shape)
        return (0.01 * torch.randn(size, generator=generator)).to(self.low.device)

    def input(self, coefficients: Tensor) -> Tensor:
        """Inputs [n, *shape] of coefficients, in the range."""
        cells = self.shape[1:]
        waves = coefficients
        if cells:
            scale = _falling(cells, coefficients.device) if self.spectrum is None else self.spectrum
            mixed = torch.einsum("dc,nc...->nd...", self.mix, coefficients) * scale[..., None]
            complex_ = torch.view_as_complex(mixed.contiguous())
            waves = torch.fft.irfftn(complex_, s=cells, dim=tuple(range(2, 2 + len(cells))), norm="ortho") * 4
        share = ((self.middle - self.low) / (self.high - self.low)).clamp(0.02, 0.98)
        found = self.low + (self.high - self.low) * torch.sigmoid(waves + torch.logit(share))
        if not math.isfinite(self.size):
            return found
        middle = self.low + (self.high - self.low) * share
        far = found - middle
        length = far.square().flatten(1).mean(1).clamp_min(1e-12).sqrt()
        return middle + far * (self.size / length).clamp_max(1).reshape(-1, *[1] * len(self.shape))


def _falling(cells: tuple[int, ...], device: torch.device) -> Tensor:
    """1 / frequency of each coefficient, at most that of one wave over the longest side, as natural pictures have it."""
    axes = [torch.fft.fftfreq(n) for n in cells[:-1]] + [torch.fft.rfftfreq(cells[-1])]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    frequency = grid.square().sum(0).sqrt().clamp_min(1 / max(cells))
    return (1 / frequency / max(cells) ** 0.5).to(device)


def affordable(look: Look, steps: int = 0, layer: str = "network") -> int:
    """Inputs that WORK paints for a layer, by the size of the network before it: what is usual is cut down to that, what
    was asked for is not."""
    cost = look.cost if layer == "network" else look.cost_to(layer)
    return max(1, int(WORK // (3 * (look.steps or steps or STEPS) * max(1, cost))))  # forward, and backward twice that


def spectrum(far: Tensor) -> Tensor:
    """Mean size [C, *frequencies] of the waves in departures [N, C, *cells], of the same strength in all as `_falling`."""
    cells = far.shape[2:]
    size = torch.fft.rfftn(far, dim=tuple(range(2, far.ndim)), norm="ortho").abs().mean(0)
    strength = _falling(tuple(cells), torch.device("cpu")).norm()
    return size * strength / size.flatten(1).norm(dim=1).clamp_min(1e-12).reshape(-1, *[1] * len(cells))


def painted(
    network: nn.Module, canvas: Canvas, layer: str, objective: Objective, n: int, *, steps: int = 0, seed: int = 0,
    apart: float = 0.0,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(inputs [n, *shape], objective [n] of each as it is) that have most of the objective at a layer ("network": the
    outputs). apart: how much the n are to differ from one another (diversity), beside the objective."""
    generator, steps = torch.Generator().manual_seed(seed + 1), steps or STEPS
    held = canvas.start(n, seed).requires_grad_()
    adam = torch.optim.Adam([held], lr=RATE if len(canvas.shape) > 1 else 2 * RATE)
    asked = [(p, p.requires_grad) for p in network.parameters()]
    with still(network):
        try:
            for p, _ in asked:
                p.requires_grad_(False)
            alone = layer == "network" or calls(network, layer, canvas.input(held)) == 1
            for step in range(steps):
                answer = _answer(network, layer, alone, moved(canvas.input(held), generator))
                sought = objective(answer).sum()
                if apart and n > 1:
                    sought = sought - apart * sought.detach().abs() * _same(answer)
                adam.zero_grad()
                (-sought).backward()
                if held.grad is None:
                    break  # nothing that could be painted changes it
                adam.step()
                _shake(held, step, generator)
        finally:
            for p, wanted in asked:
                p.requires_grad_(wanted)
        with torch.no_grad():
            x = canvas.input(held)
            return x, objective(_answer(network, layer, alone, x))


def _shake(held: Tensor, step: int, generator: torch.Generator) -> None:
    """Inputs without a slope, as where every rectifier gives 0, get some noise, more of it each time, in the first steps."""
    still_ = held.grad is not None and (held.grad.flatten(1) == 0).all(1)
    if step < SHAKEN and torch.is_tensor(still_) and still_.any():
        noise = torch.randn(held.shape, generator=generator).to(held.device)
        with torch.no_grad():
            held[still_] += 0.1 * 1.5**step * noise[still_]


def _answer(network: nn.Module, layer: str, alone: bool, x: Tensor) -> Tensor:
    """What a layer gives; of a rectifier what it gets, which has a slope where it gives 0. alone: it runs once in a pass,
    so that nothing behind it need be computed."""
    if layer == "network":
        return network(x)
    rectifier = isinstance(network.get_submodule(layer), AT_ZERO)
    if alone:
        return first_heard(network, layer, x, received=rectifier)
    if rectifier:
        return _received(network, layer, x)
    with heard(network, [layer]) as found:
        network(x)
    return found[layer]


def _received(network: nn.Module, layer: str, x: Tensor) -> Tensor:
    """What a layer gets when it runs for the last time."""
    got: list[Tensor] = []
    hook = network.get_submodule(layer).register_forward_pre_hook(lambda m, given: got.append(given[0]))
    try:
        network(x)
    finally:
        hook.remove()
    return got[-1].clone()  # a rectifier in place would overwrite it


def _same(answer: Tensor) -> Tensor:
    """How alike the answers [n, C, ...] of inputs are: the mean cosine of their Gram matrices."""
    flat = answer.flatten(2) if answer.ndim > 2 else answer[..., None]
    gram = F.normalize((flat @ flat.transpose(1, 2)).flatten(1), dim=1)
    alike = gram @ gram.T
    n = len(gram)
    return (alike.sum() - alike.diagonal().sum()) / (n * (n - 1))


def moved(x: Tensor, generator: torch.Generator) -> Tensor:
    """Inputs moved by a sixteenth of a side at most (a cell of small ones); large pictures turned and scaled as well."""
    cells = x.shape[2:]
    if not cells:
        return x
    far = [max(1, round(n * MOVE)) for n in cells]
    draw = [int(torch.randint(-f, f + 1, (1,), generator=generator)) for f in far]
    if len(cells) == 2 and min(cells) >= LARGE:
        angle, size = (2 * torch.rand(2, generator=generator) - 1).tolist()
        angle, size = TURN * angle, 1 + GROW * size
        c, s = math.cos(angle) / size, math.sin(angle) / size
        at = [[c, -s, 2 * draw[1] / cells[1]], [s, c, 2 * draw[0] / cells[0]]]
        theta = torch.tensor([at], device=x.device, dtype=x.dtype).expand(len(x), 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    for axis, (n, shift) in enumerate(zip(cells, draw), 2):
        place = (torch.arange(n) + shift).clamp(0, n - 1).to(x.device)  # the border is repeated
        x = x.index_select(axis, place)
    return x


# objectives


def channel(units: Tensor) -> Objective:
    """Of each input another channel: the mean over its cells, units int64 [B]."""
    return lambda a: _of(a, units).flatten(1).mean(1) if a.ndim > 2 else _of(a, units)


def unit(units: Tensor) -> Objective:
    """The cell in the middle of a channel."""
    return lambda a: _of(a, units)[(slice(None), *(n // 2 for n in a.shape[2:]))]


def whole(a: Tensor) -> Tensor:
    """A whole layer: the mean square of its answers (DeepDream)."""
    return a.square().flatten(1).mean(1)


def direction(vectors: Tensor) -> Objective:
    """Directions [B, C] in the space of the channels: the dot product of the mean over cells, times its cosine, so that
    other directions are not taken along (Carter et al. 2019)."""

    def along(a: Tensor) -> Tensor:
        mean = a.flatten(2).mean(2) if a.ndim > 2 else a
        dot = (mean * vectors).sum(1)
        return dot * F.cosine_similarity(mean, vectors, dim=1).clamp_min(0.1)

    return along


def _of(a: Tensor, units: Tensor) -> Tensor:
    return a[torch.arange(len(a), device=a.device), units.to(a.device)]
