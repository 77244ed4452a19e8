"""Tensors in files: safetensors with plain JSON beside them and a hash of the content; a stranger's file runs no code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from wellfit.nouns.errors import RunError
from wellfit.nouns.run import Run

MODEL = "model.safetensors"


def _digest(tensors: dict[str, Tensor]) -> str:
    total = hashlib.sha256()
    for name in sorted(tensors):
        flat = tensors[name].flatten().clone(memory_format=torch.contiguous_format)
        total.update(name.encode())
        if flat.numel():
            total.update(flat.view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def write_tensors(run: Run, name: str, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
    """Tensors by name and JSON types as the file `name` of a run, in one move."""
    # clones: tensors that share memory (tied weights) cannot be written as they are
    tensors = {k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}
    run.write(name, save(tensors, {"wellfit": json.dumps(plain), "sha256": _digest(tensors)}))


def read_tensors(run: Run, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The inverse. Raises RunError where the file is missing, damaged, or none of wellfit's."""
    path = run.path / name
    if not path.is_file():
        raise RunError(
            f"{name} of the run {run.path}", "no such file: nothing has been kept yet", "start the run again"
        )
    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        plain = json.loads(facts["wellfit"])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise RunError(
            f"{path}",
            f"damaged or not of wellfit: {error}",
            "restore the file from a copy, or start the run again",
        ) from None
    if facts.get("sha256") != _digest(tensors):
        raise RunError(
            f"{path}",
            "its content does not have the hash it was written with",
            "restore the file from a copy, or start the run again",
        )
    return tensors, plain


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from any safetensors file. Raises RunError where it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        named = path.suffix.lower() == ".safetensors"
        do = "restore the file from a copy" if named else "name a .safetensors file, or a run's folder"
        raise RunError(f"the weights in {path}", f"damaged, or no safetensors file: {error}", do) from None
