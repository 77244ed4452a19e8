"""Generative adversarial networks: one network draws pictures, another tells them from real ones; both learn.

Shapes: B examples, C channels, H and W pixels, Z latent numbers.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

INPUTS, OUTPUTS = ("pictures",), ("density",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),  # as Radford et al. have it
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
GAMES = ("hinge", "logistic")
AT_ONCE = 256  # pictures drawn at once


def gan(
    shape_in: Sequence[int],
    shape_out: Sequence[int] = (1,),
    *,
    widths: Sequence[int] = (32, 64, 128),
    activation: str = "leaky_relu",
    dropout: float = 0.0,
    norm: str = "batch",
    latent: int = 64,
    game: str = "logistic",
    spectral: bool = False,
    drawn: int = 256,
    bounds: Sequence[float] = (),
    grain: Sequence[float] | float = (),
) -> nn.Module:
    """Pictures [B, C, H, W] -> what both players gain by each [B, 1], in training; outside it, minus the energy score of
    the pictures drawn. `sample(n)` draws n pictures. To be trained by the least mean of -output.

    Generator: a linear layer to a coarse map and transposed convolutions (Radford et al. 2016, arXiv:1511.06434).
    Discriminator: 3x3 convolutions, each at half the resolution as long as 4 pixels are left. Each player's loss reaches
    its own weights alone, so one backward pass and one optimizer move both, as two optimizers of the same settings would
    (simultaneous gradient descent, Mescheder et al. 2018, arXiv:1801.04406).

    The energy score of an example x is E|X - x| - E|X - X'| / 2 for X, X' drawn: the least, in the mean, for the true
    distribution alone (Gneiting & Raftery 2007). So an epoch is judged by what is drawn, not by how the game stands.

    widths: channels of the discriminator's stages, the generator's in reverse; activation: relu, leaky_relu, tanh,
    sigmoid, gelu; dropout: of the discriminator's last features; norm: of the generator: none, batch, layer; latent:
    numbers from which a picture is drawn; game: logistic, with the generator's non-saturating loss (Goodfellow et al.
    2014, arXiv:1406.2661), or hinge (Lim & Ye 2017); spectral: weights of the discriminator are divided by their spectral
    norm (Miyato et al. 2018, arXiv:1802.05957), steadier and slower; drawn: pictures that are drawn for the energy score;
    bounds: least and greatest value of a pixel, () for none; grain: step in which each channel was written down: a number
    drawn from it is added to what the discriminator sees of real pictures. Raises ValueError for what cannot be.
    """
    words = (("activation", activation, ACTIVATIONS), ("norm", norm, NORMS), ("game", game, GAMES))
    for what, word, known in words:
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
    if len(shape_in) != 3 or tuple(shape_out) != (1,):
        raise ValueError(
            f"gan takes pictures [C, H, W] and gives a score, (1,); not {tuple(shape_in)} and {tuple(shape_out)}"
        )
    if not widths or latent < 1 or drawn < 2 or len(bounds) not in (0, 2):
        raise ValueError(
            f"widths and latent must be one or more, drawn 2 or more, bounds two; not {latent}, {drawn}, {bounds}"
        )
    channels, *side = shape_in
    steps = torch.as_tensor(grain, dtype=torch.float32).flatten()
    if len(steps) > 1 and len(steps) != channels:
        raise ValueError(f"grain must be one number, or one for each of the {channels} channels; not {len(steps)}")
    sizes = [tuple(side)]
    for _ in widths:
        halved = min(sizes[-1]) >= 8
        sizes.append(tuple(-(-s // 2) for s in sizes[-1]) if halved else sizes[-1])
    generator = _generator(channels, widths, sizes, ACTIVATIONS[activation], norm, latent, bounds)
    discriminator = _discriminator(channels, widths, sizes, ACTIVATIONS[activation], dropout, spectral)
    return GAN(generator, discriminator, latent, game, drawn, steps)


def _norm(norm: str, channels: int) -> nn.Module:
    return {"none": nn.Identity, "batch": nn.BatchNorm2d}.get(norm, lambda c: nn.GroupNorm(1, c))(channels)


def _generator(channels, widths, sizes, activation, norm: str, latent: int, bounds: Sequence[float]) -> nn.Module:
    layers: dict[str, nn.Module] = {"linear": nn.Linear(latent, widths[-1] * math.prod(sizes[-1]))}
    layers |= {"unflatten": nn.Unflatten(1, (widths[-1], *sizes[-1])), "norm": _norm(norm, widths[-1])}
    layers["activation"] = activation()
    for n in range(len(widths) - 1, -1, -1):
        width, into, bias = widths[n], widths[max(n - 1, 0)], norm != "batch"
        same = sizes[n] == sizes[n + 1]
        layers[f"up{n}"] = (
            nn.Conv2d(width, into, 3, padding=1, bias=bias)
            if same
            else nn.ConvTranspose2d(width, into, 4, 2, 1, bias=bias)
        )
        layers |= {f"cut{n}": Cut(sizes[n]), f"norm{n}": _norm(norm, into), f"activation{n}": activation()}
    return nn.Sequential(
        OrderedDict(layers | {"output": nn.Conv2d(widths[0], channels, 3, padding=1), "end": End(bounds)})
    )


def _discriminator(channels: int, widths, sizes, activation, dropout: float, spectral: bool) -> nn.Module:
    layers: dict[str, nn.Module] = {}
    held = spectral_norm if spectral else lambda layer: layer
    for n, (width, size, smaller) in enumerate(zip(widths, sizes, sizes[1:]), 1):
        layers[f"conv{n}"] = held(nn.Conv2d(channels, width, 3, 1 if size == smaller else 2, 1))
        layers[f"activation{n}"], channels = activation(), width
    layers |= {"flatten": nn.Flatten(), "dropout": nn.Dropout(dropout)}
    layers["output"] = held(nn.Linear(channels * math.prod(sizes[-1]), 1))
    return nn.Sequential(OrderedDict(layers))


class Cut(nn.Module):
    """[B, C, H, W] -> its first rows and columns, as many as `size` says."""

    def __init__(self, size: Sequence[int]):
        super().__init__()
        self.size = tuple(size)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, *size]."""
        return x[..., : self.size[0], : self.size[1]]


class End(nn.Module):
    """Numbers -> numbers between two bounds, by a sigmoid; as they are without bounds."""

    def __init__(self, bounds: Sequence[float]):
        super().__init__()
        self.bounds = tuple(float(b) for b in bounds)

    def forward(self, x: Tensor) -> Tensor:
        """[...] -> [...]."""
        return self.bounds[0] + (self.bounds[1] - self.bounds[0]) * x.sigmoid() if self.bounds else x


class GAN(nn.Module):
    """See `gan`."""

    grain: Tensor

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, latent: int, game: str, drawn: int, grain: Tensor
    ):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent, self.game, self.drawn = latent, game, drawn
        self.register_buffer("grain", grain, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, 1]: minus both players' losses in training, else minus the energy score."""
        return (-self._losses(x) if self.training else -self._energy_scores(x))[:, None]

    def _losses(self, x: Tensor) -> Tensor:
        """The discriminator's loss at each real picture and at one that is drawn beside it, and the generator's [B]."""
        made = self.generator(torch.randn(len(x), self.latent).to(x))
        step = self.grain.view(-1, 1, 1) if self.grain.numel() else 0.0
        real = x + step * (torch.rand(x.shape).to(x) - 0.5)
        told, drawn = self.discriminator(torch.cat([real, made.detach()]))[:, 0].chunk(2)
        weights = [p for p in self.discriminator.parameters() if p.requires_grad]
        for p in weights:  # the generator learns by what the discriminator says, which does not learn by it
            p.requires_grad_(False)
        fooled = self.discriminator(made)[:, 0]
        for p in weights:
            p.requires_grad_(True)
        if self.game == "hinge":
            return F.relu(1 - told) + F.relu(1 + drawn) - fooled
        return F.softplus(-told) + F.softplus(drawn) + F.softplus(-fooled)

    def _energy_scores(self, x: Tensor) -> Tensor:
        """[B] of real pictures, by pictures that are drawn from the same numbers each time."""
        z = torch.randn(self.drawn, self.latent, generator=torch.Generator().manual_seed(0)).to(x)
        made = self.generator(z).flatten(1)
        among = torch.cdist(made, made).sum() / (self.drawn * (self.drawn - 1))
        return torch.cdist(x.flatten(1), made).mean(1) - among / 2

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n pictures [n, C, H, W], in eval mode, drawn from `generator` or torch's own."""
        training, place = self.training, next(self.parameters())
        self.eval()
        z = torch.randn(n, self.latent, generator=generator).to(place)
        pictures = torch.cat([self.generator(part) for part in z.split(AT_ONCE)])
        self.train(training)
        return pictures
