"""A normalising flow: the density of vectors, and samples of it, by a chain of invertible maps to a normal distribution.

Shapes: B examples, F numbers, T bins of a spline.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("vector",), ("density",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = {"none": None, "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
KINDS = ("spline", "affine")
LEAST = 1e-3  # width, height and slope of a bin, as in the paper's code
MOST = 3.0  # log-scale of an affine coupling, so that none blows up


def flow(
    shape_in: Sequence[int],
    shape_out: Sequence[int] = (1,),
    *,
    widths: Sequence[int] = (64, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "none",
    couplings: int = 6,
    kind: str = "spline",
    bins: int = 8,
    bound: float = 5.0,
    grain: Sequence[float] | float = (),
) -> nn.Module:
    """Vectors [B, *shape_in], flattened -> the natural logarithm of their density [B, 1]; `log_prob(x)` gives it as [B],
    `sample(n)` draws n vectors. To be trained by the least mean of -log_prob.

    Couplings change half of the numbers by a function whose parameters a dense network makes from the other half, and
    swap the halves' members at random after (Dinh et al. 2017, arXiv:1605.08803). Splines: a rising rational-quadratic
    function of `bins` bins from -bound to bound, and nothing beyond (Durkan et al. 2019, arXiv:1906.04032); affine: scale
    and shift. Inputs should be standardised.

    widths: hidden units of each coupling's dense network, with activation (relu, leaky_relu, tanh, sigmoid, gelu), norm
    (none, batch, layer) and dropout; couplings: how many; kind: spline, affine; grain: step in which each number was
    written down, 0 for none: a number drawn from the step is added, so that no density grows without bound where values
    repeat (Theis et al. 2016, arXiv:1511.01844), outside training always the same ones. Raises ValueError.
    """
    for what, word, known in (("activation", activation, ACTIVATIONS), ("norm", norm, NORMS), ("kind", kind, KINDS)):
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
    if tuple(shape_out) != (1,):
        raise ValueError(f"flow gives a log-density, of shape (1,), not outputs of shape {tuple(shape_out)}")
    if couplings < 1 or bins < 2 or bound <= 0:
        raise ValueError(
            f"couplings must be 1 or more, bins 2 or more, bound above 0; not {couplings}, {bins}, {bound}"
        )
    size = math.prod(shape_in)
    steps = torch.as_tensor(grain, dtype=torch.float32).flatten()
    if len(steps) > 1 and len(steps) != size:
        raise ValueError(f"grain must be one number, or one for each of the {size} inputs; not {len(steps)}")
    count = 2 if kind == "affine" else 3 * bins - 1
    parts = []
    for _ in range(couplings):
        held = size // 2
        made = _dense(held, (size - held) * count, widths, activation, dropout, norm)
        parts.append(Coupling(size, held, made, kind, bins, bound))
    return Flow(tuple(shape_in), parts, steps)


def _dense(size: int, out: int, widths: Sequence[int], activation: str, dropout: float, norm: str) -> nn.Module:
    """The dense network of a coupling; with nothing to see (one number alone), parameters that are always the same."""
    if size == 0:
        return Always(out)
    layers: dict[str, nn.Module] = {}
    for n, width in enumerate(widths, 1):
        layers[f"linear{n}"] = nn.Linear(size, width, bias=norm != "batch")
        if norm != "none":
            layers[f"norm{n}"] = (nn.BatchNorm1d if norm == "batch" else nn.LayerNorm)(width)
        layers[f"{activation}{n}"] = ACTIVATIONS[activation]()
        if dropout:
            layers[f"dropout{n}"] = nn.Dropout(dropout)
        size = width
    return nn.Sequential(OrderedDict(layers | {"output": nn.Linear(size, out)}))


class Always(nn.Module):
    """x [B, 0] -> the same learnt parameters [B, P] for every example."""

    def __init__(self, count: int):
        super().__init__()
        self.value = nn.Parameter(torch.randn(count) * 0.1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 0] -> [B, P]."""
        return self.value.expand(len(x), -1)


class Flow(nn.Module):
    """See `flow`."""

    grain: Tensor

    def __init__(self, shape: tuple[int, ...], couplings: Sequence[Coupling], grain: Tensor):
        super().__init__()
        self.shape, self.couplings = shape, nn.ModuleList(couplings)
        self.register_buffer("grain", grain, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, *shape] -> log-density [B, 1]."""
        return self.log_prob(x)[:, None]

    def log_prob(self, x: Tensor) -> Tensor:
        """[B, *shape] -> natural logarithm of the density [B]."""
        z, change = x.flatten(1), x.new_zeros(len(x))
        if self.grain.numel():
            draw = None if self.training else torch.Generator().manual_seed(0)
            z = z + self.grain * (torch.rand(z.shape, generator=draw).to(z) - 0.5)
        for coupling in self.couplings:
            z, slope = coupling(z)
            change = change + slope
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1) + change

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n vectors [n, *shape] of the density; in eval mode, drawn from `generator` or torch's own."""
        training = self.training
        self.eval()
        place = next(self.parameters())
        z = torch.randn(n, math.prod(self.shape), generator=generator).to(place)
        for coupling in reversed(list(self.couplings)):
            z = coupling.back(z)  # type: ignore[operator]
        self.train(training)
        return z.unflatten(1, self.shape)


class Coupling(nn.Module):
    """Holds the first `held` numbers, changes the others, and puts all of them in another order."""

    order: Tensor

    def __init__(self, size: int, held: int, network: nn.Module, kind: str, bins: int, bound: float):
        super().__init__()
        self.held, self.network, self.kind, self.bins, self.bound = held, network, kind, bins, bound
        self.register_buffer("order", torch.arange(size).roll(-held)[_shuffled(size, held)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x [B, F] -> (z [B, F], logarithm of the volume's change [B])."""
        y, slope = self._changed(x[:, : self.held], x[:, self.held :], inverse=False)
        return torch.cat([x[:, : self.held], y], 1)[:, self.order], slope.sum(1)

    def back(self, z: Tensor) -> Tensor:
        """The inverse."""
        y = torch.empty_like(z)
        y[:, self.order] = z
        x, _ = self._changed(y[:, : self.held], y[:, self.held :], inverse=True)
        return torch.cat([y[:, : self.held], x], 1)

    def _changed(self, held: Tensor, x: Tensor, inverse: bool) -> tuple[Tensor, Tensor]:
        made = self.network(held).unflatten(1, (x.shape[1], -1))
        if self.kind == "spline":
            return spline(x, made, self.bins, self.bound, inverse)
        scale = MOST * torch.tanh(made[..., 0] / MOST)
        if inverse:
            return (x - made[..., 1]) * (-scale).exp(), -scale
        return x * scale.exp() + made[..., 1], scale


def _shuffled(size: int, held: int) -> Tensor:
    """An order in which those just changed come first, each part at random."""
    changed = size - held
    return torch.cat([torch.randperm(changed), changed + torch.randperm(held)])


def spline(x: Tensor, made: Tensor, bins: int, bound: float, inverse: bool) -> tuple[Tensor, Tensor]:
    """(y, log dy/dx) [B, N] of a rising rational-quadratic spline with parameters made [B, N, 3 bins - 1]: widths,
    heights, inner slopes; the identity beyond -bound and bound (equations 4 to 8 of Durkan et al. 2019)."""
    edges_x, edges_y = _edges(made[..., :bins], bound), _edges(made[..., bins : 2 * bins], bound)
    offset = math.log(math.expm1(1 - LEAST))  # parameters of 0 give slope 1
    inner = LEAST + F.softplus(made[..., 2 * bins :] + offset)
    slopes = F.pad(inner, (1, 1), value=1.0)
    inside = x.abs() < bound
    at = torch.where(inside, x, 0.0)
    place = ((edges_y if inverse else edges_x)[..., 1:-1] <= at[..., None]).sum(-1, keepdim=True)

    def take(values: Tensor, step: int = 0) -> Tensor:
        return values.gather(-1, place + step)[..., 0]

    left, width = take(edges_x), take(edges_x, 1) - take(edges_x)
    low, height = take(edges_y), take(edges_y, 1) - take(edges_y)
    d0, d1, s = take(slopes), take(slopes, 1), height / width
    if inverse:
        over = at - low
        a = height * (s - d0) + over * (d0 + d1 - 2 * s)
        b = height * d0 - over * (d0 + d1 - 2 * s)
        root = (b.square() + 4 * a * s * over).clamp_min(0).sqrt()
        t = 2 * s * over / (b + root)
        y = t * width + left
    else:
        t = (at - left) / width
        y = low + height * (s * t.square() + d0 * t * (1 - t)) / (s + (d0 + d1 - 2 * s) * t * (1 - t))
    below = (s + (d0 + d1 - 2 * s) * t * (1 - t)).square()
    slope = (s.square() * (d1 * t.square() + 2 * s * t * (1 - t) + d0 * (1 - t).square()) / below).log()
    zero = torch.zeros_like(x)
    return torch.where(inside, y, x), torch.where(inside, -slope if inverse else slope, zero)


def _edges(made: Tensor, bound: float) -> Tensor:
    """[B, N, T] -> edges [B, N, T + 1] from -bound to bound, each at least a little apart from the next."""
    shares = LEAST + (1 - LEAST * made.shape[-1]) * made.softmax(-1)
    inner = 2 * bound * shares.cumsum(-1)[..., :-1] - bound
    return F.pad(F.pad(inner, (1, 0), value=-bound), (0, 1), value=bound)
