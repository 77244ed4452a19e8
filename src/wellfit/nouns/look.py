"""Look: a trained network and the data it is looked at with: what every part of an explanation begins from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor, nn

from wellfit.nouns.aim import Aim
from wellfit.nouns.anatomy import multiply_adds
from wellfit.nouns.data import Data, Split, at_once
from wellfit.nouns.errors import DataError
from wellfit.nouns.run import Run

Way = Literal["pictures", "masks", "table", "series", "fields", "text", "array"]

MOST_COLUMNS = 128  # features of an array that are shown one by one, as a table's columns


@dataclass(frozen=True)
class Look:
    """name: of the run or module; network: on its device; shape_in: of one example; data: None where nothing but the
    network was given; loss: None likewise; run: None for a module of the user's own; against: (name, network) that it
    is compared with; layer, unit: what is asked for, "" and None for the usual; objective: channel, unit (its middle
    cell) or layer; rows: numbers of the examples to explain, in the source; methods: explainers asked for; count: how
    many pictures at most; steps: of an optimisation, 0 for the usual; path: the weights before training, after each
    epoch and as they were kept, where the training was played again."""

    name: str
    network: nn.Module
    shape_in: tuple[int, ...]
    data: Data | None = None
    loss: Callable[[Tensor, Tensor], Tensor] | None = None
    run: Run | None = None
    against: tuple[str, nn.Module] | None = None
    layer: str = ""
    unit: int | None = None
    objective: str = ""
    rows: tuple[int, ...] = ()
    methods: tuple[str, ...] = ()
    count: int = 0
    steps: int = 0
    seed: int = 0
    path: tuple[tuple[Tensor, ...], ...] = ()

    @property
    def device(self) -> torch.device:
        """Where the network's weights are."""
        return next((p.device for p in self.network.parameters()), torch.device("cpu"))

    @cached_property
    def cost(self) -> int:
        """Multiply-adds of one example, 0 where the network holds what cannot be counted."""
        try:
            return multiply_adds(self.network, self.shape_in)["network"]
        except Exception:  # a stranger's operation
            return 0

    def cost_to(self, layer: str) -> int:
        """Multiply-adds of one example up to a layer, as `cost`."""
        try:
            return multiply_adds(self.network, self.shape_in, layer)["network"]
        except Exception:  # a stranger's operation
            return self.cost

    @property
    def way(self) -> Way:
        """How an example is shown: by what it is."""
        if self.data is None:
            return "pictures" if len(self.shape_in) == 3 else "series" if len(self.shape_in) == 2 else "array"
        kind = self.data.raw.kind
        if kind == "pictures" and len(self.shape_in) == 3:
            return "masks" if self.data.form == "classes" and len(self.data.shape_out) > 2 else "pictures"
        if kind == "grid":
            return "fields"
        if kind in ("table", "series", "text") and (kind == "text" or len(self.shape_in) == 1 + (kind == "series")):
            return kind
        if kind == "array" and len(self.shape_in) == 1 and self.shape_in[0] <= MOST_COLUMNS:
            return "table"
        return "pictures" if kind == "array" and len(self.shape_in) == 3 and self.shape_in[0] in (1, 3, 4) else "array"

    def having(self, why: str) -> Data:
        """The data. Raises DataError where nothing but a network was given; why: what they are needed for."""
        if self.data is None:
            raise DataError(f"{why} of {self.name}", "no data to look at it with", "name some: --data DATA")
        return self.data

    def part(self, name: str = "valid") -> Split:
        """Rows of the data, those of validation unless said otherwise: the test is for judging alone."""
        return getattr(self.having("examples"), name)

    def with_network(self, network: nn.Module) -> Look:
        """The same look at another network."""
        return replace(self, network=network)

    def outputs(self, x: Tensor) -> Tensor:
        """Outputs [N, ...] of prepared inputs, in evaluation mode as the network is, on the processor."""
        self.network.eval()
        with torch.no_grad():
            parts = [self.network(p.to(self.device)).cpu() for p in x.split(at_once(x, 1024))]
        return torch.cat(parts)

    def aim(self, outputs: Tensor) -> Aim:
        """What is explained of these outputs [B, ...]: the class said; of masks the commonest class but the first, over
        the cells where it is said; of fields the first target about the cell of the largest answer; else the first
        target, over all its cells."""
        n = len(outputs)
        first = torch.zeros(n, dtype=torch.int64)
        form = self.data.form if self.data else ("classes" if outputs.ndim > 1 and outputs.shape[1] > 1 else "values")
        if outputs.ndim == 1 or form == "values":
            cells = about_largest(outputs[:, 0]) if self.way == "fields" and outputs.ndim == 4 else None
            return Aim(first, cells)
        if outputs.ndim == 2:
            return Aim(outputs.argmax(1))
        said = outputs.argmax(1)
        index = torch.tensor([commonest(s) for s in said])
        cells = torch.stack([(s == i) for s, i in zip(said, index)]).float()
        return Aim(index, cells)

    def named(self, index: int) -> str:
        """The class or target with this number."""
        names: Any = () if self.data is None else self.data.classes or self.data.target_names
        return str(names[index]) if index < len(names) else f"output {index}"


def commonest(said: Tensor) -> int:
    """The class with the most cells, the first (background) only where there is no other."""
    counts = torch.bincount(said.flatten())
    others = counts[1:]
    return int(others.argmax()) + 1 if len(others) and int(others.max()) else 0


def about_largest(field: Tensor) -> Tensor:
    """field [B, H, W] -> [B, H, W], 1 for the cell of the largest size and its neighbours, else 0."""
    high, wide = field.shape[1:]
    at = field.abs().flatten(1).argmax(1)
    rows, columns = torch.arange(high)[None, :, None], torch.arange(wide)[None, None]
    near = ((rows - (at // wide)[:, None, None]).abs() <= 1) & ((columns - (at % wide)[:, None, None]).abs() <= 1)
    return near.float()
