"""A network on the globe: convolutions of the sphere, by spherical harmonics, for maps on a grid of latitudes and longitudes.

Shapes: B examples, C channels, H latitudes, W longitudes, L degrees l and M orders m of the harmonics, K outputs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

INPUTS, OUTPUTS = ("globe",), ("vector", "maps")
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
GRIDS = ("auto", "poles", "centres", "gauss")


def sphere(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (32, 32, 32, 32),
    activation: str = "gelu",
    dropout: float = 0.0,
    norm: str = "layer",
    latitudes: str | Sequence[float] = "auto",
    degrees: int = 0,
) -> nn.Module:
    """Maps of the whole globe [B, C, H, W] -> maps (shape_out = (K, H, W)), or [B, *shape_out] by a mean over its area.

    Each block is a convolution of the sphere, which multiplies all harmonics of a degree l by the same learnt matrix
    (Driscoll & Healy 1994) and so turns with the globe about any axis, plus a 1x1 convolution, then norm, activation and
    the way around; a spherical Fourier neural operator (after Bonev et al. 2023, arXiv:2306.03838). Longitude is
    periodic, the poles are points like any others, and rows count by their area.

    widths: channels of each block; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: of a block's channels;
    norm: none, batch, layer (over channels and area); latitudes: of the rows in degrees, north or south first; or poles
    (evenly from pole to pole), centres (half a step from the poles), gauss (Gauss-Legendre), auto (poles for odd H, else
    centres); degrees: how many are convolved, 0 for as many as the grid resolves (half of H). Raises ValueError.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS))
    if len(shape_in) != 3 or min(shape_in[1:]) < 4 or not widths:
        raise ValueError(f"sphere takes maps of the globe [C, H, W], 4 rows or more, not {tuple(shape_in)}")
    if isinstance(latitudes, str):
        _must_know(latitudes=(latitudes, GRIDS))
    height, width = shape_in[1:]
    theta = colatitudes(latitudes, height)
    most = min(height, width) // 2
    if not 0 <= degrees <= most:
        raise ValueError(f"degrees must be 0 to {most}, half of the rows, not {degrees}")
    if len(shape_out) == 3 and tuple(shape_out[1:]) != (height, width):
        raise ValueError(f"sphere gives maps on the grid of its inputs, {height} by {width}, not {tuple(shape_out)}")
    return Sphere(shape_in, shape_out, widths, activation, dropout, norm, theta, degrees or most)


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def colatitudes(latitudes: str | Sequence[float], rows: int) -> Tensor:
    """Angles from the north pole [H], radians, float64. Raises ValueError for latitudes that are no grid."""
    if not isinstance(latitudes, str):
        theta = torch.deg2rad(90 - torch.tensor([float(v) for v in latitudes], dtype=torch.float64))
        step = theta.diff()
        if (
            len(theta) != rows
            or not bool((step > 0).all() or (step < 0).all())
            or theta.min() < -1e-6
            or theta.max() > math.pi + 1e-6
        ):
            raise ValueError(f"latitudes must be {rows} rising or falling degrees from -90 to 90")
        if max(theta.min(), math.pi - theta.max()) > 2 * step.abs().max():
            raise ValueError("these latitudes leave out a part of the globe: take unet with longitude padding there")
        return theta.clamp(0, math.pi)
    if latitudes == "gauss":  # Golub & Welsch 1969: eigenvalues of the Jacobi matrix of Legendre's polynomials
        n = torch.arange(1, rows, dtype=torch.float64)
        beside = n / (4 * n**2 - 1).sqrt()
        return torch.linalg.eigvalsh(beside.diag(1) + beside.diag(-1)).flip(0).acos()
    if latitudes == "poles" or (latitudes == "auto" and rows % 2):
        return torch.linspace(0, math.pi, rows, dtype=torch.float64)
    return (torch.arange(rows, dtype=torch.float64) + 0.5) * (math.pi / rows)


def areas(theta: Tensor) -> Tensor:
    """Weights [H] of the rows with sum 2: with them sums over cos(theta) integrate polynomials of degree H - 1 exactly
    (Clenshaw & Curtis 1960 from pole to pole, Fejér 1933 between, Gauss-Legendre for its latitudes)."""
    legendre = [torch.ones_like(theta), theta.cos()]
    for n in range(2, len(theta)):
        legendre.append(((2 * n - 1) * theta.cos() * legendre[-1] - (n - 1) * legendre[-2]) / n)
    goal = torch.zeros(len(theta), dtype=theta.dtype)
    goal[0] = 2.0
    return torch.linalg.solve(torch.stack(legendre), goal)


def harmonics(theta: Tensor, degrees: int) -> Tensor:
    """P [L, M, ...] with Y_lm = P_lm(theta) exp(i m phi) orthonormal on the sphere, l and m from 0 to degrees - 1; 0 for
    m > l (recurrence of Holmes & Featherstone 2002, equations 11 and 13)."""
    cos, sin = theta.cos(), theta.sin()
    found = torch.zeros(degrees, degrees, *theta.shape, dtype=theta.dtype)
    found[0, 0] = math.sqrt(1 / (4 * math.pi))
    for m in range(degrees):
        if m:
            found[m, m] = -math.sqrt((2 * m + 1) / (2 * m)) * sin * found[m - 1, m - 1]
        for n in range(m + 1, degrees):
            a = math.sqrt((4 * n**2 - 1) / (n**2 - m**2))
            b = math.sqrt(((n - 1) ** 2 - m**2) / (4 * (n - 1) ** 2 - 1))
            found[n, m] = a * (cos * found[n - 1, m] - (b * found[n - 2, m] if n - 2 >= m else 0))
    return found


class Sphere(nn.Module):
    """See `sphere`."""

    area: Tensor

    def __init__(
        self,
        shape_in: Sequence[int],
        shape_out: Sequence[int],
        widths: Sequence[int],
        activation: str,
        dropout: float,
        norm: str,
        theta: Tensor,
        degrees: int,
    ):
        super().__init__()
        self.shape_in, self.shape_out, self.maps = tuple(shape_in), tuple(shape_out), len(shape_out) == 3
        self.harmonic = Harmonic(theta, shape_in[2], degrees)
        weight = areas(theta).float()
        self.register_buffer("area", weight / (weight.sum() * shape_in[2]), persistent=False)
        self.enter = nn.Conv2d(shape_in[0], widths[0], 1)
        blocks = [
            Block(c, w, activation, dropout, norm, self.harmonic, self.area)
            for c, w in zip([widths[0], *widths], widths)
        ]
        self.blocks = nn.ModuleList(blocks)
        last = shape_out[0] if self.maps else math.prod(shape_out)
        self.output = nn.Conv2d(widths[-1], last, 1) if self.maps else nn.Linear(widths[-1], last)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, *shape_out]. Raises ValueError for another grid."""
        if tuple(x.shape[1:]) != self.shape_in:
            raise ValueError(f"it is made for maps {self.shape_in}, not {tuple(x.shape[1:])}")
        x = self.enter(x)
        for block in self.blocks:
            x = block(x)
        if self.maps:
            return self.output(x)
        return self.output((x * self.area[:, None]).sum((2, 3))).unflatten(1, self.shape_out)

    def rotated(self, x: Tensor, angles: Sequence[float]) -> Tensor:
        """Fields x [B, C, H, W] turned about the axis of the poles, the axis through longitude 90 east on the equator,
        and that of the poles again (Euler angles z, y, z in radians), by their harmonics of the degrees convolved."""
        return self.harmonic.rotated(x, angles)


class Block(nn.Module):
    """activation(norm(convolution of the sphere + 1x1 convolution)), x added where the channels are the same."""

    def __init__(
        self,
        channels: int,
        width: int,
        activation: str,
        dropout: float,
        norm: str,
        harmonic: Harmonic,
        area: Tensor,
    ):
        super().__init__()
        self.convolution = Convolution(channels, width, harmonic)
        self.point = nn.Conv2d(channels, width, 1, bias=norm != "batch")
        self.norm = (
            nn.BatchNorm2d(width) if norm == "batch" else Area(width, area) if norm == "layer" else nn.Identity()
        )
        self.activation, self.dropout = ACTIVATIONS[activation](), nn.Dropout2d(dropout)
        self.around = channels == width

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, width, H, W]."""
        y = self.dropout(self.activation(self.norm(self.convolution(x) + self.point(x))))
        return x + y if self.around else y


class Convolution(nn.Module):
    """Harmonics of degree l times weight[l] [C, width]; what is of higher degrees goes."""

    def __init__(self, channels: int, width: int, harmonic: Harmonic):
        super().__init__()
        self.harmonic = [harmonic]  # in a list: it belongs to the network, and is no part of this layer
        self.weight = nn.Parameter(torch.randn(harmonic.degrees, channels, width) / math.sqrt(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, width, H, W]."""
        a_BCLM = self.harmonic[0].analysed(x)
        mixed = torch.view_as_complex(
            torch.einsum("bclmr,lck->bklmr", torch.view_as_real(a_BCLM), self.weight).contiguous()
        )
        return self.harmonic[0].synthesised(mixed)

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return "degrees {}, channels {} to {}".format(*self.weight.shape)


class Area(nn.Module):
    """Layer norm over channels and the sphere's area, with a scale and shift for each channel."""

    area: Tensor

    def __init__(self, width: int, area: Tensor):
        super().__init__()
        self.register_buffer("area", area[:, None], persistent=False)
        self.weight, self.bias = nn.Parameter(torch.ones(width, 1, 1)), nn.Parameter(torch.zeros(width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, H, W]."""
        share = self.area / x.shape[1]
        centred = x - (x * share).sum((1, 2, 3), keepdim=True)
        variance = (centred.square() * share).sum((1, 2, 3), keepdim=True)
        return centred * (variance + 1e-5).rsqrt() * self.weight + self.bias


class Harmonic(nn.Module):
    """The transform between maps [B, C, H, W] and coefficients of spherical harmonics [B, C, L, M], complex."""

    forth: Tensor
    back: Tensor

    def __init__(self, theta: Tensor, longitudes: int, degrees: int):
        super().__init__()
        self.theta, self.longitudes, self.degrees = theta, longitudes, degrees
        found = harmonics(theta, degrees)
        weight = areas(theta) * (2 * math.pi)
        self.register_buffer("back", found.float(), persistent=False)
        self.register_buffer("forth", (found * weight).float(), persistent=False)

    def analysed(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, L, M]."""
        waves_BCHM = torch.view_as_real(torch.fft.rfft(x.to(self.forth.dtype), norm="forward")[..., : self.degrees])
        return torch.view_as_complex(torch.einsum("bchmr,lmh->bclmr", waves_BCHM, self.forth).contiguous())

    def synthesised(self, a: Tensor) -> Tensor:
        """[B, C, L, M] -> [B, C, H, W]."""
        waves = torch.einsum("bclmr,lmh->bchmr", torch.view_as_real(a), self.back)
        return torch.fft.irfft(torch.view_as_complex(waves.contiguous()), n=self.longitudes, norm="forward")

    def rotated(self, x: Tensor, angles: Sequence[float]) -> Tensor:
        """See `Sphere.rotated`: the harmonics of x, taken at the places that each point of the grid came from."""
        phi = torch.arange(self.longitudes, dtype=torch.float64) * (2 * math.pi / self.longitudes)
        theta = self.theta[:, None].expand(-1, self.longitudes)
        points = torch.stack([theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos().expand(theta.shape)], -1)
        turn = _about_z(angles[0]) @ _about_y(angles[1]) @ _about_z(angles[2])
        came = points @ turn  # of the inverse, which is the transpose
        p_LMHW = harmonics(came[..., 2].clamp(-1, 1).acos(), self.degrees).to(x.device)
        orders = torch.arange(self.degrees, dtype=torch.float64)
        wave_MHW = torch.polar(torch.ones(()).double(), orders[:, None, None] * torch.atan2(came[..., 1], came[..., 0]))
        twice = torch.where(orders > 0, 2.0, 1.0)[:, None, None]  # order -m is the conjugate of order m
        y_LMHW = p_LMHW * (wave_MHW * twice).to(x.device)
        return torch.einsum("bclm,lmhw->bchw", self.analysed(x).to(y_LMHW.dtype), y_LMHW).real.to(x.dtype)


def _about_z(angle: float) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=torch.float64)


def _about_y(angle: float) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=torch.float64)
