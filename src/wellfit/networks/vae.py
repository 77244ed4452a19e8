"""A variational autoencoder: pictures by way of a few numbers, a bound of their density, and new pictures.

Shapes: B examples, C channels, H and W pixels, Z latent numbers.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("pictures",), ("density",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
LEAST = 1e-3  # width of a pixel's distribution
MOST = 6.0  # logarithm of a latent variance, up or down
EDGE = 1e-6  # chance of the farthest pixels that are drawn
AT_ONCE = 256  # pictures drawn at once


def vae(
    shape_in: Sequence[int],
    shape_out: Sequence[int] = (1,),
    *,
    widths: Sequence[int] = (32, 64, 128),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    latent: int = 16,
    beta: float = 1.0,
    grain: Sequence[float] | float = (),
) -> nn.Module:
    """Pictures [B, C, H, W] -> a lower bound [B, 1] of the natural logarithm of their density (the ELBO of Kingma &
    Welling 2014, arXiv:1312.6114); `log_prob(x)` gives it as [B], `sample(n)` draws n pictures. To be trained by the least
    mean of -output.

    3x3 convolutions, each at half the resolution as long as 4 pixels are left, to mean and variance of `latent` numbers;
    one draw of them, and transposed convolutions back to mean and width of a logistic distribution at each pixel, summed
    over the step in which the pixel was written down (Kingma et al. 2016, arXiv:1606.04934, section 5.2).

    widths: channels of each stage; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: of the latent map; norm:
    none, batch, layer; latent: numbers a picture comes to; beta: what the distance of these from a normal distribution
    counts in training (Higgins et al. 2017), 1 outside it; grain: the step of each channel, 0 for none; draws outside
    training are always the same. Raises ValueError for what cannot be.
    """
    for what, word, known in (("activation", activation, ACTIVATIONS), ("norm", norm, NORMS)):
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
    if len(shape_in) != 3 or tuple(shape_out) != (1,):
        raise ValueError(
            f"vae takes pictures [C, H, W] and gives a bound, (1,); not {tuple(shape_in)} and {tuple(shape_out)}"
        )
    if not widths or latent < 1 or beta < 0:
        raise ValueError(f"widths must be one or more, latent 1 or more, beta 0 or more; not {latent}, {beta}")
    channels, *side = shape_in
    steps = torch.as_tensor(grain, dtype=torch.float32).flatten()
    if len(steps) > 1 and len(steps) != channels:
        raise ValueError(f"grain must be one number, or one for each of the {channels} channels; not {len(steps)}")
    sizes = [tuple(side)]
    for _ in widths:
        halved = min(sizes[-1]) >= 8
        sizes.append(tuple(-(-s // 2) for s in sizes[-1]) if halved else sizes[-1])
    down, coarse = _down(channels, widths, sizes, activation, norm), math.prod(sizes[-1]) * widths[-1]
    down |= {"flatten": nn.Flatten(), "dropout": nn.Dropout(dropout), "latent": nn.Linear(coarse, 2 * latent)}
    up: dict[str, nn.Module] = {
        "linear": nn.Linear(latent, coarse),
        "unflatten": nn.Unflatten(1, (widths[-1], *sizes[-1])),
    }
    up |= {activation: ACTIVATIONS[activation](), **_up(channels, widths, sizes, activation, norm)}
    return VAE(nn.Sequential(OrderedDict(down)), nn.Sequential(OrderedDict(up)), latent, beta, steps)


def _norm(norm: str, channels: int) -> nn.Module:
    return {"none": nn.Identity, "batch": nn.BatchNorm2d}.get(norm, lambda c: nn.GroupNorm(1, c))(channels)


def _down(channels: int, widths: Sequence[int], sizes: Sequence[tuple[int, ...]], activation: str, norm: str) -> dict:
    layers: dict[str, nn.Module] = {}
    for n, (width, size, smaller) in enumerate(zip(widths, sizes, sizes[1:]), 1):
        layers[f"conv{n}"] = nn.Conv2d(channels, width, 3, 1 if size == smaller else 2, 1, bias=norm != "batch")
        layers |= {f"norm{n}": _norm(norm, width), f"{activation}{n}": ACTIVATIONS[activation]()}
        channels = width
    return layers


def _up(channels: int, widths: Sequence[int], sizes: Sequence[tuple[int, ...]], activation: str, norm: str) -> dict:
    layers: dict[str, nn.Module] = {}
    for n in range(len(widths) - 1, -1, -1):
        width, into = widths[n], widths[max(n - 1, 0)]
        same = sizes[n] == sizes[n + 1]
        bias = norm != "batch"
        layers[f"up{n}"] = (
            nn.Conv2d(width, into, 3, padding=1, bias=bias)
            if same
            else nn.ConvTranspose2d(width, into, 4, 2, 1, bias=bias)
        )
        layers |= {
            f"cut{n}": Cut(sizes[n]),
            f"norm{n}": _norm(norm, into),
            f"{activation}{n}": ACTIVATIONS[activation](),
        }
    return layers | {"output": nn.Conv2d(widths[0], 2 * channels, 3, padding=1)}


class Cut(nn.Module):
    """[B, C, H, W] -> its first rows and columns, as many as `size` says."""

    def __init__(self, size: Sequence[int]):
        super().__init__()
        self.size = tuple(size)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, *size]."""
        return x[..., : self.size[0], : self.size[1]]


class VAE(nn.Module):
    """See `vae`."""

    grain: Tensor

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int, beta: float, grain: Tensor):
        super().__init__()
        self.encoder, self.decoder, self.latent, self.beta = encoder, decoder, latent, beta
        self.register_buffer("grain", grain, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> bound of the log-density [B, 1], with beta in training."""
        likely, apart = self.terms(x)
        return (likely - (self.beta if self.training else 1.0) * apart)[:, None]

    def log_prob(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> bound of the log-density [B]."""
        likely, apart = self.terms(x)
        return likely - apart

    def terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log-density of the pictures given a draw of the latent numbers [B], Kullback-Leibler distance of these from a
        normal distribution [B]), in nats."""
        mean, raw = self.encoder(x).chunk(2, 1)
        log_variance = MOST * torch.tanh(raw / MOST)
        draw = None if self.training else torch.Generator().manual_seed(0)
        noise = torch.randn(mean.shape, generator=draw).to(mean)
        middle, width = self._pixels(mean + (log_variance / 2).exp() * noise)
        apart = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return self._log_prob(x, middle, width).flatten(1).sum(1), apart

    def _pixels(self, z: Tensor) -> tuple[Tensor, Tensor]:
        middle, raw = self.decoder(z).chunk(2, 1)
        return middle, LEAST + F.softplus(raw)

    def _log_prob(self, x: Tensor, middle: Tensor, width: Tensor) -> Tensor:
        """Logarithm of the logistic density of each pixel, the mean over its step where it has one. The difference of two
        sigmoids is sigma(a) sigma(-b) (1 - exp(b - a))."""
        away = (x - middle) / width
        smooth = -away - width.log() - 2 * F.softplus(-away)
        if not self.grain.numel():
            return smooth
        step = self.grain.view(-1, 1, 1)
        half = torch.where(step > 0, step, torch.ones_like(step)) / (2 * width)
        above, below = away + half, away - half
        whole = (
            F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-2 * half)) - (2 * half * width).log()
        )
        return torch.where(step > 0, whole, smooth)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n pictures [n, C, H, W], latent numbers and pixels drawn from `generator` or torch's own, in eval mode."""
        training, place = self.training, next(self.parameters())
        self.eval()
        z = torch.randn(n, self.latent, generator=generator).to(place)
        middle, width = (torch.cat(parts) for parts in zip(*(self._pixels(part) for part in z.split(AT_ONCE))))
        self.train(training)
        chance = torch.rand(middle.shape, generator=generator).clamp(EDGE, 1 - EDGE).to(middle)
        return middle + width * (chance.log() - (-chance).log1p())
