"""Foreign: optimizers of fastai and of Keras on torch, which are none of torch's. Each is followed by a twin: a torch
optimizer over the same weights that holds the same settings and never steps."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wellfit.nouns.tape import Site
from wellfit.verbs.spy.hooks import Hooks
from wellfit.verbs.spy.places import here

FASTAI = {"adam_step": "Adam", "momentum_step": "SGD", "sgd_step": "SGD", "rms_prop_step": "RMSprop"}
"""What a fastai optimizer does with the gradients -> torch's optimizer that does the same."""
NAMES = {"mom": "momentum", "sqr_mom": "alpha", "wd": "weight_decay", "eps": "eps", "epsilon": "eps", "rho": "alpha",
         "momentum": "momentum", "nesterov": "nesterov", "amsgrad": "amsgrad", "centered": "centered"}  # fmt: skip
"""Their settings -> torch's; those that torch's optimizer of that kind does not have are left out."""


class Foreign:
    """`look` finds out whether such a library was imported by now, and hooks its optimizers. made: told of each twin and
    where the original was made; before, after: told of its steps; zero: around its
    zero_grad; failed: told of what went wrong here."""

    def __init__(
        self, hooks: Hooks, made: Callable[[Any, Site | None], None], before: Any, after: Any, zero: Any,
        failed: Callable[[Exception], None],
    ):  # fmt: skip
        self.hooks, self.made, self.before, self.after = hooks, made, before, after
        self.zero, self.failed = zero, failed
        self.sites: dict[int, Site | None] = {}
        self.twins: dict[int, torch.optim.Optimizer] = {}
        self.hooked: set[str] = set()

    def look(self) -> None:
        """Costs next to nothing where there is neither."""
        for name, base in (("fastai.optimizer", "Optimizer"), ("keras.src.optimizers.base_optimizer", "BaseOptimizer")):
            kind = getattr(sys.modules.get(name), base, None)
            if kind is None or name in self.hooked:
                continue
            self.hooked.add(name)
            self.hooks.patch(kind, "__init__", self._init)
            self.hooks.patch(kind, "step" if name == "fastai.optimizer" else "apply", self._step)
            if name == "fastai.optimizer":
                self.hooks.patch(kind, "zero_grad", self.zero)

    def _init(self, original: Any, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        self.sites.setdefault(id(optimizer), here(3))
        original(optimizer, *args, **kwargs)

    def _step(self, original: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        twin = None
        try:
            twin = self._twin(optimizer)
            self.before(twin, (), {})
        except Exception as error:  # a step that is not seen
            self.failed(error)
        out = original(optimizer, *args, **kwargs)
        if twin is not None:
            self.after(twin, (), {})
        return out

    def _twin(self, optimizer: Any) -> torch.optim.Optimizer:
        keras = hasattr(optimizer, "apply")
        groups = _of_keras(optimizer) if keras else _of_fastai(optimizer)
        twin = self.twins.get(id(optimizer))
        if twin is None:
            acts = [getattr(cb, "__name__", "") for cb in getattr(optimizer, "cbs", ())]
            done = [FASTAI[act] for act in acts if act in FASTAI]
            name = type(optimizer).__name__ if keras else done[-1] if done else "fastai's"
            twin = self.twins[id(optimizer)] = _made(name, groups)
            self.made(twin, self.sites.get(id(optimizer), here(4)))
        for held, group in zip(twin.param_groups, groups):
            held["lr"] = group["lr"]
        return twin


def _made(name: str, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """torch's optimizer of that name, else one of no known arithmetic that only has its name."""
    kind = getattr(torch.optim, name, None)
    known = isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and name != "LBFGS"
    plain: Any = kind if known else type(name, (torch.optim.Optimizer,), {"__init__": _plain})
    has = inspect.signature(plain).parameters
    return plain([{k: v for k, v in g.items() if k == "params" or k in has} for g in groups])


def _plain(self: torch.optim.Optimizer, params: Any, lr: float = 0.0) -> None:
    torch.optim.Optimizer.__init__(self, params, {"lr": lr})


def _of_fastai(optimizer: Any) -> list[dict[str, Any]]:
    return [_group(list(held), dict(hypers)) for held, hypers in zip(optimizer.param_lists, optimizer.hypers)]


def _of_keras(optimizer: Any) -> list[dict[str, Any]]:
    words = [*NAMES, "beta_1", "beta_2"]
    settings = {w: v for w in words if isinstance(v := getattr(optimizer, w, None), (bool, int, float))}
    settings |= {"lr": float(optimizer.learning_rate), "wd": getattr(optimizer, "weight_decay", None) or 0.0}
    settings |= {"mom": settings.get("beta_1", settings.get("momentum", 0.0)), "sqr_mom": settings.get("beta_2", 0.9)}
    return [_group([v.value for v in optimizer._trainable_variables], settings)]


def _group(parameters: list[Tensor], settings: dict[str, Any]) -> dict[str, Any]:
    group = {NAMES[k]: v for k, v in settings.items() if k in NAMES and v is not None}
    betas = (settings.get("mom", 0.9), settings.get("sqr_mom", 0.999))
    return group | {"params": parameters, "lr": float(settings["lr"]), "betas": betas}
