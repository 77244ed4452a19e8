"""The weights that training starts from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from wellfit.nouns.errors import RecipeError, nearest

Layer = nn.Linear | nn.modules.conv._ConvNd


def initialise(network: nn.Module, init: str, sigma: float = 0.01, generator: torch.Generator | None = None) -> None:
    """Give the weights of linear and convolutional layers their first values, drawn from `generator`; biases 0.

    he               normal, standard deviation gain / sqrt(fan in), which keeps the scale of activations through
                     the layers (He et al. 2015, arXiv:1502.01852, equation 10)
    xavier           uniform, variance 2 / (fan in + fan out), a middle way for activations and gradients (Glorot &
                     Bengio 2010, equation 16; without a gain, as there)
    orthogonal       a random orthogonal matrix times the gain (Saxe et al. 2014, arXiv:1312.6120)
    constant_sigma   normal, standard deviation `sigma` in every layer
    zero             0: units stay alike, and nothing is learnt beneath the last layer
    torch            what the layers' own reset_parameters draws

    The gain makes up for what the activation after a layer takes away (`gain_of`); it is 1 for a layer without one,
    such as the last, so that first outputs are of the size of the activations before them. Norm layers, embeddings
    and parameters of other modules keep their own start. Without a generator, one seeded with 0 is used: torch's
    global random state stays as it was. Raises RecipeError for an unknown word.
    """
    generator = generator or torch.Generator().manual_seed(0)
    if init == "torch":
        return _as_torch_does(network, generator)
    draw = _draws(sigma, generator).get(init)
    if draw is None:
        known = (*_draws(sigma, generator), "torch")
        close = nearest(init, known)
        do = f"write {close!r}" if close else f"known are {', '.join(known)}"
        raise RecipeError(f"network.init = {init!r}", "no such start", do)
    with torch.no_grad():
        for layer, after in _layers(network):
            if isinstance(layer.weight, nn.parameter.UninitializedParameter):
                continue  # a lazy layer gets its weights by its first pass
            draw(layer.weight, gain_of(after) * _narrow(layer))
            if layer.bias is not None:
                layer.bias.zero_()


def _narrow(layer: Layer) -> float:
    """What makes a transposed convolution's draw fit its fan in: its weight [in, out, k, k] has the outputs in the place
    where others have the inputs, and each output sees k² / stride² of the kernel's points."""
    if not isinstance(layer, nn.modules.conv._ConvTransposeNd):
        return 1.0
    points = layer.weight[0, 0].numel()
    seen = layer.in_channels / layer.groups * points / math.prod(layer.stride)
    return math.sqrt(layer.weight[0].numel() / seen)


def gain_of(activation: nn.Module | None) -> float:
    """What weights are multiplied by to make up for an activation: sqrt(2) for ReLU, sqrt(2 / (1 + slope²)) for leaky
    ReLU (He et al. 2015), 5/3 for tanh, 1 for sigmoid (`torch.nn.init.calculate_gain`), 1.53 for GELU, of which
    the mean of gelu(z)² over normal z is 0.4252; 1 where there is none."""
    if isinstance(activation, nn.LeakyReLU):
        return nn.init.calculate_gain("leaky_relu", activation.negative_slope)
    if isinstance(activation, nn.GELU):
        return 0.4252**-0.5
    return next((gain for kind, gain in _GAINS.items() if isinstance(activation, kind)), 1.0)


_GAINS = {nn.ReLU: math.sqrt(2), nn.Tanh: 5 / 3, nn.Sigmoid: 1.0}
_ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.GELU)


def _draws(sigma: float, generator: torch.Generator) -> dict[str, Callable[[Tensor, float], object]]:
    """word -> (weight, gain) -> None."""
    return {
        "he": lambda w, gain: w.normal_(0, gain / math.sqrt(w[0].numel()), generator=generator),
        "xavier": lambda w, gain: nn.init.xavier_uniform_(w, generator=generator),
        "orthogonal": lambda w, gain: nn.init.orthogonal_(w, gain, generator=generator),
        "constant_sigma": lambda w, gain: w.normal_(0, sigma, generator=generator),
        "zero": lambda w, gain: w.zero_(),
    }


def _layers(network: nn.Module) -> Iterator[tuple[Layer, nn.Module | None]]:
    """Each linear or convolutional layer with the activation that follows it before the next such layer, if one
    does, in the order in which the modules were put into the network."""
    modules = [m for _, m in network.named_modules(remove_duplicate=False)]  # one ReLU may serve twice
    found = [m for m in modules if isinstance(m, (nn.Linear, nn.modules.conv._ConvNd, *_ACTIVATIONS))]
    for module, after in zip(found, [*found[1:], None]):
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
            yield module, after if isinstance(after, _ACTIVATIONS) else None


def _as_torch_does(network: nn.Module, generator: torch.Generator) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        for layer, _ in _layers(network):
            layer.reset_parameters()
