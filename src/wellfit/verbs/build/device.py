"""Where the network is trained."""

from __future__ import annotations

import torch

from wellfit.nouns.errors import RecipeError
from wellfit.nouns.ranks import rank


def device_of(word: str) -> torch.device:
    """The device that a recipe's word means: cpu, cuda, cuda:1, mps; "auto" is CUDA where there is one, else the CPU;
    where several processes train together, each takes the CUDA device of its number on the machine.

    Raises RecipeError for a word that PyTorch does not know and for a device that is not there.
    """
    if word == "auto":
        word = "cuda" if torch.cuda.is_available() else "cpu"
    if word == "cuda" and rank().of > 1 and torch.cuda.device_count():
        torch.cuda.set_device(rank().local % torch.cuda.device_count())
        return torch.device("cuda", torch.cuda.current_device())
    asked = f"training.device = {word!r}"
    try:
        device = torch.device(word)
    except RuntimeError:
        raise RecipeError(asked, "no device that PyTorch knows", "write cpu, cuda, cuda:1, mps or auto") from None
    there = _there(device.type)
    if (device.index or 0) >= there:
        which = f"PyTorch {torch.__version__} finds {there} such devices" if there else _why_none(device.type)
        raise RecipeError(asked, which, "write auto or cpu, or install PyTorch for this device")
    return device


def _there(kind: str) -> int:
    """How many devices of this kind can be used."""
    if kind == "cpu":
        return 1
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    if kind in ("cuda", "xpu"):
        return getattr(torch, kind).device_count()
    return 0


def _why_none(kind: str) -> str:
    built = kind != "cuda" or torch.version.cuda or torch.version.hip
    return f"PyTorch {torch.__version__} finds none" if built else f"PyTorch {torch.__version__} is built without CUDA"
