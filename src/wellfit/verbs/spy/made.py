"""Made: the modules, optimizers, schedulers and loaders that a script makes, where it made them, and what happens when."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.collector import still
from wellfit.nouns.program import LoaderSeen, OptimizerSeen, Program
from wellfit.verbs.spy.graph import some
from wellfit.verbs.spy.places import called_by_user, here, making

MOST_EVENTS = 20_000
KEPT = 8
"""Loaders that are held on to: those of the data sets, not those that a loop makes anew."""


class Made:
    """Wrappers around constructors; `event` notes what happens, `seen` finds what is known of an optimizer."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sites = program.made
        self.optimizers: dict[int, OptimizerSeen] = {}
        self._in_schedule = False

    def event(self, letter: str) -> None:
        """One letter more, and the line of the user's it happened at."""
        p = self.program
        if len(p.events) < MOST_EVENTS:
            p.events += letter
        known = p.sites.setdefault(letter, [])
        if len(known) < 200 and len(p.events) < 3000:
            site = here(3)
            if site and site not in known:
                known.append(site)

    def module(self, original: Any, module: nn.Module, *args: Any, **kwargs: Any) -> None:
        """Around Module.__init__."""
        original(module, *args, **kwargs)
        site = here(3)
        if site:
            self.sites[id(module)] = site
            if isinstance(module, nn.modules.loss._Loss):
                self.program.sites.setdefault(f"made:{type(module).__name__}", []).append(site)

    def initialised(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        """Around the functions of nn.init."""
        if called_by_user(3):
            site, given = here(3), args[0] if args else next(iter(kwargs.values()), None)
            if site and isinstance(given, Tensor):
                self.program.sites.setdefault(f"init:{original.__name__}:{id(given)}", []).append(site)
        return original(*args, **kwargs)

    def optimizer(self, original: Any, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
        """Around Optimizer.__init__. The first one loads torch's compiler, 700 modules."""
        with nullcontext() if self.optimizers else still():
            original(optimizer, *args, **kwargs)
        self.optimizers[id(optimizer)] = OptimizerSeen(optimizer, making(optimizer, 3))
        self.program.optimizers.append(self.optimizers[id(optimizer)])

    def seen(self, optimizer: Any) -> OptimizerSeen:
        """What is known of this optimizer."""
        if id(optimizer) not in self.optimizers:
            self.optimizers[id(optimizer)] = OptimizerSeen(optimizer, None)
            self.program.optimizers.append(self.optimizers[id(optimizer)])
        return self.optimizers[id(optimizer)]

    def parameters(self) -> list[Tensor]:
        """All that optimizers hold."""
        return [w for o in self.optimizers.values() for g in o.optimizer.param_groups for w in g["params"]]

    def cleared(self, whose: Any = None) -> None:
        """`zero_grad` is called of an optimizer or a module."""
        self.event("z")
        if id(whose) in self.optimizers:
            self.optimizers[id(whose)].zeroed += 1

    def stale(self) -> bool:
        """Does one of the first parameters that ask for a gradient (not one frozen since) hold one?"""
        return any(some(w.grad) for w in self.parameters()[:8] if w.requires_grad)

    def piled(self) -> frozenset[int]:
        """The optimizers whose parameters hold gradients now."""
        held = {i: [w for g in o.optimizer.param_groups for w in g["params"]][:2] for i, o in self.optimizers.items()}
        return frozenset(i for i, weights in held.items() if any(some(w.grad) for w in weights))

    def scheduler(self, original: Any, scheduler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        """Around LRScheduler.__init__."""
        self._in_schedule = True
        try:
            original(scheduler, optimizer, *args, **kwargs)
        finally:
            self._in_schedule = False
        seen = self.seen(optimizer)
        seen.schedule, seen.schedule_site = type(scheduler).__name__, here(3)

    def scheduled(self, original: Any, scheduler: Any, *args: Any, **kwargs: Any) -> Any:
        """Around a scheduler's step()."""
        if not self._in_schedule:
            seen = self.optimizers.get(id(getattr(scheduler, "optimizer", None)))
            if seen is not None:
                seen.schedule_steps += 1
                seen.schedule = seen.schedule or type(scheduler).__name__
                if seen.schedule_steps < 20:
                    seen.schedule_last = here(3)
            self.event("v")
        return original(scheduler, *args, **kwargs)

    def loader(self, original: Any, loader: Any, *args: Any, **kwargs: Any) -> None:
        """Around DataLoader.__init__."""
        original(loader, *args, **kwargs)
        try:
            examples = len(loader.dataset)
        except Exception:
            examples = None
        sampler = type(getattr(loader, "sampler", None)).__name__
        drop = bool(getattr(loader, "drop_last", False))
        held = loader if len(self.program.loaders) < KEPT else None
        self.program.loaders.append(LoaderSeen(here(3), loader.batch_size, examples, sampler, drop, loader=held))
