"""U-Net: maps to maps; down to coarse maps and up again, with each fine map handed across.

Shapes: B examples, C channels, K output channels, H and W pixels; series and volumes go the same way.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("pictures", "series"), ("maps",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
PADDINGS = ("zero", "reflect", "longitude")
DOWNS = ("max", "average", "stride")
UPS = ("transposed", "bilinear")
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}  # by the number of axes of a picture
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
DROPOUTS = {1: nn.Dropout1d, 2: nn.Dropout2d, 3: nn.Dropout3d}
POOLS: dict[str, dict[int, Any]] = {
    "max": {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d},
    "average": {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d},
}
STRAIGHT = {1: "linear", 2: "bilinear", 3: "trilinear"}


def unet(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (32, 64, 128, 256),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    convolutions: int = 2,
    upsample: str = "transposed",
    kernel: int = 3,
    dilation: int = 1,
    padding: str = "zero",
    down: str = "max",
    carry: Sequence[int] = (),
    before: Sequence[int] = (),
    ahead: float = 1.0,
) -> nn.Module:
    """Maps [B, C, H, W] -> maps [B, K, H, W], logits or values at each pixel; shape_out = (K, H, W).

    Each level has `convolutions` times convolution, norm, activation and half the resolution of the one above; on the
    way up, maps are brought to double size and joined with those of the way down (Ronneberger et al. 2015,
    arXiv:1505.04597; here the sides are kept by padding, and any side of 2^(levels - 1) pixels or more will do). Where
    shape_out asks for another size, as in downscaling, the input is brought to it first, bilinearly.

    widths: channels of each level, the finest first; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: share
    of the coarsest level's channels dropped; norm: none, batch, layer; upsample: transposed (convolutions of 2x2 by 2)
    or bilinear (and a 1x1 convolution), which leaves no chequered pattern (Odena et al. 2016); kernel: odd; dilation:
    pixels between the points of a kernel; padding: zero, reflect, longitude (periodic along the last axis); down: max,
    average, stride; carry: of a forecast, the input channels that hold the outputs' last state: outputs are then that
    state, times a factor of each cell that begins at 1, and a change that begins at a tenth of what the U-Net gives (so
    that training starts from persistence; small first steps as in Bachlechner et al. 2020, arXiv:2003.04887); before:
    the channels of an earlier state of maps, from which the last has moved by one shift (where their cross-correlation is
    highest): then it is the last state moved on by `ahead` times that shift that is carried, and an input besides.
    Raises ValueError for what cannot be.
    """
    axes = len(shape_in) - 1
    if axes not in CONVOLUTIONS or len(shape_out) != len(shape_in):
        asked = "unet takes maps [C, H, W] and gives maps [K, H, W]"
        raise ValueError(f"{asked}, not {tuple(shape_in)} and {tuple(shape_out)}")
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), padding=(padding, PADDINGS))
    _must_know(down=(down, DOWNS), upsample=(upsample, UPS))
    if convolutions < 1 or not widths or kernel % 2 == 0 or dilation < 1:
        raise ValueError("convolutions, widths and dilation must be 1 or more, kernel odd")
    if min(shape_out[1:]) < 2 ** (len(widths) - 1):
        raise ValueError(
            f"{len(widths)} levels need sides of {2 ** (len(widths) - 1)} pixels, not {tuple(shape_out[1:])}"
        )
    if carry:
        _must_carry(shape_in, shape_out, carry, before)
    blocks = _Blocks(axes, activation, norm, convolutions, kernel, dilation, padding)
    taken = (shape_in[0] + len(before), *shape_in[1:])
    network = Unet(taken, shape_out, widths, dropout, upsample, down, blocks)
    return Carried(network, carry, shape_out, before, ahead) if carry else network


def _must_carry(shape_in: Sequence[int], shape_out: Sequence[int], carry: Sequence[int], before: Sequence[int]) -> None:
    """Raises ValueError where channels to carry are not there, or of another size or number than the outputs."""
    unlike = len(carry) != shape_out[0] or tuple(shape_in[1:]) != tuple(shape_out[1:])
    if unlike or max(carry) >= shape_in[0]:
        raise ValueError(f"carry must name one of {shape_in[0]} inputs of the outputs' size for each of {shape_out[0]}")
    if before and (len(before) != len(carry) or max(before) >= shape_in[0] or len(shape_in) != 3):
        raise ValueError("before must name an input for each of carry, of maps [C, H, W]")


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


class _Blocks:
    """Makes the blocks of one network, which have these choices in common."""

    def __init__(
        self, axes: int, activation: str, norm: str, convolutions: int, kernel: int, dilation: int, padding: str
    ):
        self.axes, self.activation, self.norm, self.convolutions = axes, activation, norm, convolutions
        self.kernel, self.dilation, self.padding = kernel, dilation, padding

    def block(self, channels: int, width: int) -> nn.Module:
        """`convolutions` times convolution, norm, activation."""
        layers: dict[str, nn.Module] = {}
        for n in range(1, self.convolutions + 1):
            layers |= self.one(f"{n}", channels, width)
            channels = width
        return nn.Sequential(OrderedDict(layers))

    def one(self, n: str, channels: int, width: int, stride: int = 1) -> dict[str, nn.Module]:
        """Padding, convolution, norm, activation; batch norm takes the mean away, and a bias before it with it."""
        pad = self.dilation * (self.kernel // 2)
        layers: dict[str, nn.Module] = {}
        if pad and self.padding != "zero":
            layers[f"pad{n}"] = Pad(pad, self.padding)
            pad = 0
        convolution, batch = CONVOLUTIONS[self.axes], self.norm == "batch"
        layers[f"conv{n}"] = convolution(channels, width, self.kernel, stride, pad, self.dilation, bias=not batch)
        if self.norm != "none":
            layers[f"norm{n}"] = BATCH_NORMS[self.axes](width) if batch else nn.GroupNorm(1, width)
        return layers | {f"{self.activation}{n}": ACTIVATIONS[self.activation]()}

    def down(self, word: str, width: int) -> nn.Module:
        """What halves the sides."""
        if word == "stride":
            return nn.Sequential(OrderedDict(self.one("", width, width, 2)))
        return POOLS[word][self.axes](2)


class Unet(nn.Module):
    """See `unet`."""

    def __init__(
        self,
        shape_in: Sequence[int],
        shape_out: Sequence[int],
        widths: Sequence[int],
        dropout: float,
        upsample: str,
        down: str,
        blocks: _Blocks,
    ):
        super().__init__()
        axes = len(shape_in) - 1
        self.size, self.straight = tuple(shape_out[1:]), STRAIGHT[axes]
        self.resized = tuple(shape_in[1:]) != self.size
        self.enter = nn.ModuleList(blocks.block(c, w) for c, w in zip([shape_in[0], *widths], widths))
        self.down = nn.ModuleList(blocks.down(down, w) for w in widths[:-1])
        self.dropout = DROPOUTS[axes](dropout) if dropout else nn.Identity()
        pairs = list(itertools.pairwise(widths))[::-1]
        self.up = nn.ModuleList(Up(fine, coarse, axes, upsample) for fine, coarse in pairs)
        self.leave = nn.ModuleList(blocks.block(2 * fine, fine) for fine, _ in pairs)
        self.output = CONVOLUTIONS[axes](widths[0], shape_out[0], 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, K, H, W]."""
        if self.resized:
            x = F.interpolate(x, self.size, mode=self.straight, align_corners=False)
        x = channels_last(x)
        across: list[Tensor] = []
        for n, block in enumerate(self.enter):
            x = block(x)
            if n < len(self.down):
                across.append(x)
                x = self.down[n](x)
        x = self.dropout(x)
        for up, block in zip(self.up, self.leave):
            fine = across.pop()
            x = block(torch.cat([up(x, fine.shape[2:]), fine], 1))
        return self.output(x)


def channels_last(x: Tensor) -> Tensor:
    """Maps with their channels last in memory, in which a step on a CPU takes about four fifths of the time."""
    if x.ndim != 4:
        return x
    c, h, w = x.shape[1:]  # strides by hand: PyTorch takes one channel for "channels first" otherwise
    return x.new_empty_strided(x.shape, (h * w * c, 1, w * c, c)).copy_(x)


class Carried(nn.Module):
    """The last state, each cell times its own factor, and a change that the network gives."""

    def __init__(
        self,
        network: nn.Module,
        carry: Sequence[int],
        shape_out: Sequence[int],
        before: Sequence[int] = (),
        ahead: float = 1.0,
    ):
        super().__init__()
        self.carry, self.before, self.ahead, self.inner = tuple(carry), tuple(before), ahead, network
        self.kept = nn.Parameter(torch.ones(*shape_out))
        self.change = nn.Parameter(torch.full((shape_out[0], *[1] * (len(shape_out) - 1)), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, K, H, W]."""
        last = x[:, self.carry]
        if self.before:
            last = moved(x[:, self.before], last, self.ahead)
            x = torch.cat([x, last], 1)
        return last * self.kept + self.inner(x) * self.change


def moved(before: Tensor, last: Tensor, ahead: float) -> Tensor:
    """last [B, K, H, W] moved on by `ahead` times its shift since `before`, 0 where nothing comes in.

    The shift of each map is where its circular cross-correlation, with as much room again around it, is highest, at most
    a quarter of its sides. No gradient passes through the shift.
    """
    h, w = last.shape[2:]
    with torch.no_grad():
        a, b = (m - m.mean((2, 3), keepdim=True) for m in (before, last))
        spectra = [torch.fft.rfft2(m, s=(2 * h, 2 * w)) for m in (a, b)]
        alike = torch.fft.irfft2(spectra[0].conj() * spectra[1], s=(2 * h, 2 * w))
        rows, columns = (torch.cat([torch.arange(n // 4 + 1), torch.arange(-(n // 4), 0)]) for n in (h, w))
        rows, columns = rows.to(last.device), columns.to(last.device)
        near = alike[:, :, rows % (2 * h)][:, :, :, columns % (2 * w)]
        at = near.flatten(2).argmax(2)
        down, right = (ahead * rows[at // len(columns)]).round(), (ahead * columns[at % len(columns)]).round()
        y = torch.arange(h, device=last.device) - down[..., None]
        x = torch.arange(w, device=last.device) - right[..., None]
        inside = ((y >= 0) & (y < h))[..., :, None] & ((x >= 0) & (x < w))[..., None, :]
        from_ = (y.clamp(0, h - 1)[..., :, None] * w + x.clamp(0, w - 1)[..., None, :]).long()
    return last.flatten(2).gather(2, from_.flatten(2)).view_as(last) * inside


class Up(nn.Module):
    """[B, C, h, w] -> [B, K, *size], of about double size."""

    def __init__(self, fine: int, coarse: int, axes: int, word: str):
        super().__init__()
        self.straight = STRAIGHT[axes] if word == "bilinear" else ""
        self.conv = CONVOLUTIONS[axes](coarse, fine, 1) if self.straight else TRANSPOSED[axes](coarse, fine, 2, 2)

    def forward(self, x: Tensor, size: Sequence[int]) -> Tensor:
        """Sides of 2 n - 1, 2 n and 2 n + 1 all come from n."""
        if self.straight:  # the 1x1 convolution before it, where it has a quarter of the work, gives the same
            return F.interpolate(self.conv(x), size, mode=self.straight, align_corners=False)
        even = [max(side, 2 * half) for side, half in zip(size, x.shape[2:])]
        y = self.conv(x, output_size=even)
        for axis, side in enumerate(size, 2):  # strided convolutions make n of 2 n - 1, too
            y = y.narrow(axis, 0, side) if y.shape[axis] > side else y
        return y


class Pad(nn.Module):
    """[B, C, ...] with `pad` pixels more on each side: mirrored at the border (reflect), or, of a map of the globe, from
    the other end along the last axis and with the first and last row repeated (longitude)."""

    def __init__(self, pad: int, mode: str):
        super().__init__()
        self.pad, self.mode = pad, mode

    def forward(self, x: Tensor) -> Tensor:
        """Raises ValueError for a map that is too small for its padding."""
        p, around = self.pad, 2 * (x.ndim - 2)
        if (min(x.shape[2:]) <= p and self.mode == "reflect") or x.shape[-1] < p:
            raise ValueError(f"{self.mode} padding by {p} pixels is too much for a map of {tuple(x.shape[2:])}")
        if self.mode == "reflect":
            return F.pad(x, [p] * around, mode="reflect")
        x = torch.cat([x[..., x.shape[-1] - p :], x, x[..., :p]], -1)
        return F.pad(x, [0, 0, *[p] * (around - 2)], mode="replicate") if around > 2 else x

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return f"{self.pad}, {self.mode}"
