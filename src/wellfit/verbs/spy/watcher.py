"""Watcher: the hooks on torch while a stranger's script runs, and when to write down what happens."""

from __future__ import annotations

import builtins
import copy
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor as is_wrapped
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data.dataloader import _BaseDataLoaderIter

from wellfit.nouns.program import LoaderSeen, Moment, NetworkSeen, OptimizerSeen, Program
from wellfit.nouns.source import Source
from wellfit.verbs.spy.graph import reached, some
from wellfit.verbs.spy.places import called_by_user, here
from wellfit.verbs.spy.recorder import Recorder

DENSE = 48
"""Steps at the beginning of each phase that are all written down, so that the batches are different examples."""
GROWTH = 1.12
"""After them the gaps grow by this factor: some 50 more tapes for 10,000 steps."""
COSTLY = ((24, 0.75), (8, 2.0))
"""(steps of a phase, seconds beyond 5 % of the run): above both no more are written down (a step may be an episode)."""
MOST_TAPES = 160
MOST_EVENTS = 20_000
LARGE = 256 * 2**20
"""Bytes of parameters above which the network is not copied (no trials then)."""


class Watcher:
    """`on_()` puts the hooks in place, `off()` takes them off; `program` fills up meanwhile."""

    def __init__(self, script: str) -> None:
        self.program = Program(os.path.abspath(script))
        self.recorder = Recorder()
        self.roots: set[int] = set()
        self.made = self.program.made
        self.begun = perf_counter()
        self._undo: list[Callable[[], None]] = []
        self._due = 0.0
        self._phase_start = 0
        self._forwards = 0  # calls of networks since the last backward
        self._batch = 0
        self._seen: dict[int, OptimizerSeen] = {}
        self._has_parameters: dict[int, bool] = {}
        self._active = False
        self._curve: list[tuple[int, Tensor | float]] = []
        self._before: dict[int, Tensor] = {}
        self._moment: Moment | None = None
        self._in_mode = False
        self._in_step = False
        self._in_backward = False
        self._wiped = False
        self._in_schedule = False
        self._looked_s, self._looked_from = 0.0, None  # cost of writing down evaluations

    # ------------------------------------------------------------------ on and off

    def on_(self) -> None:
        self._active = True
        self._patch(nn.Module, "__call__", self._call)
        self._patch(nn.Module, "__init__", self._module_made)
        self._patch(nn.Module, "train", self._train)
        self._patch(nn.Module, "zero_grad", self._zero)
        self._patch(Tensor, "backward", self._backward)
        self._patch(torch.optim.Optimizer, "__init__", self._optimizer_made)
        self._patch(torch.optim.Optimizer, "zero_grad", self._zero)
        self._patch(torch.optim.lr_scheduler.LRScheduler, "__init__", self._scheduler_made)
        self._patch(torch.optim.lr_scheduler.LRScheduler, "step", self._scheduled)
        self._patch(torch.optim.lr_scheduler.ReduceLROnPlateau, "step", self._scheduled)
        self._patch(torch.utils.data.DataLoader, "__init__", self._loader_made)
        self._patch(_BaseDataLoaderIter, "__next__", self._fetch)
        self._patch(nn.utils, "clip_grad_norm_", self._clipped)
        self._patch(builtins, "print", self._print)
        for name in dir(nn.init):
            if name.endswith("_") and not name.startswith("_"):
                self._patch(nn.init, name, self._initialised)
        for hook in (register_optimizer_step_pre_hook(self._pre), register_optimizer_step_post_hook(self._post)):
            self._undo.append(hook.remove)

    def off(self) -> None:
        """Everything off; the last tape (evaluations after the last step) is put by."""
        if not self._active:
            return
        self._active = False
        self._stop()
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self._put_by(None)
        p = self.program
        p.curve = [(i, float(v)) for i, v in self._curve]
        p.spent_s = self.recorder.spent_s
        p.trouble += self.recorder.failures

    def _patch(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        own = name in vars(owner)

        def replaced(*args: Any, **kwargs: Any) -> Any:
            return wrapper(original, *args, **kwargs)

        replaced.__name__, replaced.__doc__ = getattr(original, "__name__", name), getattr(original, "__doc__", None)
        replaced.__qualname__ = getattr(original, "__qualname__", name)
        replaced.__wrapped__ = original  # type: ignore[attr-defined]
        setattr(owner, name, replaced)
        self._undo.append(lambda: setattr(owner, name, original) if own else delattr(owner, name))

    def _start(self) -> None:
        r = self.recorder
        if not r.on and self._active:
            r.on = True
            r.begin(self.program.steps, examine=self._examine())
            if not self._in_mode:
                r.__enter__()
                self._in_mode = True

    def _stop(self) -> None:
        r = self.recorder
        if self._looked_from is not None:
            self._looked_s, self._looked_from = self._looked_s + r.spent_s - self._looked_from, None
        r.on = False
        if self._in_mode and torch.overrides._get_current_function_mode() is r:
            r.__exit__(None, None, None)
            self._in_mode = False

    def _examine(self) -> bool:
        """Look at values on this tape? The first steps of a phase, then ever fewer."""
        since = self.program.steps - self._phase_start
        return since < 3 or since % 16 == 0 or since > DENSE

    def _call(self, original: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        r = self.recorder
        if not r.on:
            if not self._active or r.busy:
                return original(module, *args, **kwargs)
            if id(module) in self.roots:
                self._root_called(module, args)
            elif not self.roots and self._parametrised(module):
                self._start()
            if not r.on:
                return original(module, *args, **kwargs)
        if r.busy or not (r.stack or self._parametrised(module)):
            return original(module, *args, **kwargs)
        if not r.stack:
            self._meet(module)
        ins = r.enter(module, args, kwargs)
        failed, out = True, None
        try:
            out = original(module, *args, **kwargs)
            failed = False
        finally:
            r.leave(module, ins, out, failed)
        return out

    def _root_called(self, module: nn.Module, args: Any) -> None:
        """A known network is called while nothing is written down: is this an evaluation? Then write it down."""
        self._forwards += 1
        size = len(args[0]) if args and isinstance(args[0], Tensor) and args[0].ndim else 0
        odd = not torch.is_grad_enabled() or not module.training or self._forwards > 1 or size not in (0, self._batch)
        if odd and self._looked_s < 0.3 + 0.03 * (perf_counter() - self.begun):
            self._looked_from = self.recorder.spent_s
            self._start()

    def _parametrised(self, module: nn.Module) -> bool:
        known = self._has_parameters.get(id(module))
        if known is None:
            known = next(module.parameters(), None) is not None
            self._has_parameters[id(module)] = known
        return known

    def _meet(self, module: nn.Module) -> None:
        """First call of a network: name its parts, copy it as it is before its first call."""
        if id(module) in self.roots or any(map(nn.parameter.is_lazy, module.parameters())):
            return
        self.roots.add(id(module))
        r, p = self.recorder, self.program
        r.busy = True
        try:
            names = {id(m): n for n, m in module.named_modules()}
            r.names.update(names)
            p.parameter_names.update({id(w): n for n, w in module.named_parameters()})
            first = None
            swapped = any(is_wrapped(w) or not w.is_leaf for w in module.parameters())  # by torch.func, for this call
            if not swapped and sum(w.numel() * w.element_size() for w in module.parameters()) < LARGE:
                try:
                    for m in module.modules():
                        for v in vars(m).values():
                            if isinstance(v, Tensor) and not v.is_leaf:
                                p.memo[id(v)] = v.detach().clone()
                    first = copy.deepcopy(module, p.memo)
                except Exception as error:
                    p.trouble.append(f"the network could not be copied ({type(error).__name__}: {error})")
            p.networks.append(NetworkSeen(module, first, names, self.made.get(id(module))))
        finally:
            r.busy = False

    def _module_made(self, original: Any, module: nn.Module, *args: Any, **kwargs: Any) -> None:
        original(module, *args, **kwargs)
        site = here(3)
        if site:
            self.made[id(module)] = site
            if isinstance(module, nn.modules.loss._Loss):
                self.program.sites.setdefault(f"made:{type(module).__name__}", []).append(site)

    def _train(self, original: Any, module: nn.Module, mode: bool = True) -> Any:
        if not self._in_step:
            self._in_step = True
            try:
                self._event("t" if mode else "e")
                return original(module, mode)
            finally:
                self._in_step = False
        return original(module, mode)

    def _initialised(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        if called_by_user(3):
            site, given = here(3), args[0] if args else next(iter(kwargs.values()), None)
            if site and isinstance(given, Tensor):
                self.program.sites.setdefault(f"init:{original.__name__}:{id(given)}", []).append(site)
        return original(*args, **kwargs)

    # ------------------------------------------------------------------ losses and steps

    def _event(self, letter: str) -> None:
        p = self.program
        if len(p.events) < MOST_EVENTS:
            p.events += letter
        known = p.sites.setdefault(letter, [])
        if len(known) < 200 and len(p.events) < 3000:
            site = here(4)
            if site and site not in known:
                known.append(site)

    def _backward(self, original: Any, loss: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not self._active or self._in_backward:  # under a function mode torch comes here a second time
            return original(loss, *args, **kwargs)
        p, r = self.program, self.recorder
        p.backwards += 1
        self._forwards = 0
        self._event("b")
        self._wiped = False  # by zero_grad, since this backward
        if loss.numel() == 1 and len(self._curve) < 2_000_000:
            value = loss.detach()
            self._curve.append((p.steps, float(value) if value.device.type == "cpu" else value))
        if r.on and not r.busy:
            r.busy = True
            try:
                self._look_at_backward(loss)
            except Exception as error:
                r._failed(error)
            finally:
                r.busy = False
        elif not r.on and not self.roots:  # parameters outside modules: write the next step down
            self._start()
        if r.on and p.backwards - p.steps > 400 and not p.steps:  # nobody steps: put by what there is
            self._put_by(None)
            if len(p.tapes) > 8:
                self._stop()
            else:
                r.begin(p.backwards, True)
        self._in_backward = True
        try:
            return original(loss, *args, **kwargs)
        finally:
            self._in_backward = False

    def _look_at_backward(self, loss: Tensor) -> None:
        r, p = self.recorder, self.program
        tape = r.tape
        tape.losses.append(r.number(loss))
        tape.backwards += 1
        if r.number(loss) not in tape.looks:
            tape.looks[r.number(loss)] = r.look(loss)
        if tape.backwards == 1:
            tape.stale = any(some(w.grad) for w in self._all_parameters()[:8])
        if r.examine and len(p.reached) < 100_000:
            p.reached |= reached(loss)

    def _all_parameters(self) -> list[Tensor]:
        return [w for o in self._seen.values() for g in o.optimizer.param_groups for w in g["params"]]

    def _zero(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        self._event("z")
        self._wiped = True
        return original(*args, **kwargs)

    def _clipped(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        self._event("c")
        return original(*args, **kwargs)

    def _optimizer_made(self, original: Any, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> None:
        original(optimizer, *args, **kwargs)
        self._seen[id(optimizer)] = OptimizerSeen(optimizer, here(3))
        self.program.optimizers.append(self._seen[id(optimizer)])

    def _seen_of(self, optimizer: Any) -> OptimizerSeen:
        if id(optimizer) not in self._seen:
            self._seen[id(optimizer)] = OptimizerSeen(optimizer, None)
            self.program.optimizers.append(self._seen[id(optimizer)])
        return self._seen[id(optimizer)]

    def _pre(self, optimizer: Any, args: Any, kwargs: Any) -> Any:
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        try:
            self._before_step(self._seen_of(optimizer), closure is not None)
        except Exception as error:
            self.recorder._failed(error)
        if not callable(closure) or not self._in_mode:
            return None
        r = self.recorder

        def seen() -> Any:  # the closure is written down, the optimizer's own arithmetic is not
            r.on = True
            try:
                return closure()
            finally:
                r.on = False

        return (args[0], seen, *args[2:]), {k: v for k, v in kwargs.items() if k != "closure"}

    def _before_step(self, seen: OptimizerSeen, closure: bool) -> None:
        p, r = self.program, self.recorder
        self._event("s")
        seen.closure |= closure
        rates = tuple(float(g.get("lr", float("nan"))) for g in seen.optimizer.param_groups)
        if (not seen.rates or seen.rates[-1][1] != rates) and len(seen.rates) < 100_000:
            seen.rates.append((p.steps, rates))
        if not seen.steps:
            self._first_step(seen)
        if not r.on:
            return
        r.busy = True
        try:
            weights = [w for g in seen.optimizer.param_groups for w in g["params"]]
            r.tape.cleared = (
                self._wiped and bool(r.tape.losses) and not closure and not any(some(w.grad) for w in weights)
            )
            if r.examine and len(p.moments) < 64 and not closure:
                self._moment = Moment(p.steps)
                self._before = {id(w): w.detach().clone() for w in weights[:64]}
                for w in weights[:64]:
                    name = p.parameter_names.get(id(w), f"parameter {len(self._moment.weight)}")
                    self._moment.weight[name] = float(w.detach().norm())
                    if w.grad is not None:
                        self._moment.grad[name] = float(w.grad.norm())
        finally:
            r.busy = False
        r.on = False  # the optimizer's own arithmetic is not written down

    def _first_step(self, seen: OptimizerSeen) -> None:
        p = self.program
        seen.first = p.steps
        for w in self._all_parameters() if len(p.memo) < 100_000 else []:
            if id(w) not in p.memo and not p.steps:  # a parameter outside any network
                copy.deepcopy(w, p.memo)
        for group in seen.optimizer.param_groups:
            plain = {k: v for k, v in group.items() if k != "params"}
            seen.groups.append({**copy.deepcopy(plain), "params": [id(w) for w in group["params"]]})
            seen.held |= {id(w) for w in group["params"]}
        if p.steps:  # another optimizer trained before: remember where this one starts from
            for network in p.networks:
                if network.first is not None:
                    seen.start.update({id(w): w.detach().clone() for w in network.module.parameters()})
                    seen.start.update({id(w): w.detach().clone() for w in network.module.buffers()})
            if not any(t.phase is None and t.stepped for t in p.tapes[-1:]):
                self._phase_start, self._due = p.steps, 0

    def _post(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        p, r = self.program, self.recorder
        try:
            seen = self._seen_of(optimizer)
            if self._moment is not None:
                self._after_step(seen)
            if self._in_mode:
                r.on = True
                r.tape.stepped = True
                if not self._batch and r.tape.passes():
                    first = next(iter(r.tape.passes()[0].ins), None)
                    shape = r.tape.looks[first].shape if first in r.tape.looks else ()
                    self._batch = shape[0] if shape else 0
                self._put_by(p.optimizers.index(seen))
            seen.steps += 1
            p.steps += 1
            self._forwards = 0
            due = self._next_due()
            if due and r.on:
                r.begin(p.steps, self._examine())
            elif due:
                self._start()
            elif self._in_mode:
                self._stop()
        except Exception as error:
            r._failed(error)

    def _after_step(self, seen: OptimizerSeen) -> None:
        moment, self._moment = self._moment, None
        self.recorder.busy = True
        try:
            for group in seen.optimizer.param_groups:
                for w in group["params"]:
                    old = self._before.get(id(w))
                    if old is not None and moment is not None:
                        name = self.program.parameter_names.get(id(w), f"parameter {len(moment.update)}")
                        moment.update[name] = float((w.detach() - old).norm()) / max(float(old.norm()), 1e-12)
            if moment is not None:
                self.program.moments.append(moment)
        finally:
            self.recorder.busy = False
            self._before = {}

    def _next_due(self) -> bool:
        """Is the coming step to be written down?"""
        p = self.program
        since = p.steps - self._phase_start
        if len(p.tapes) >= MOST_TAPES and since >= 24:
            return False
        beyond = self.recorder.spent_s - 0.05 * (perf_counter() - self.begun)
        if any(since >= steps and beyond > seconds for steps, seconds in COSTLY):
            return False
        if since < DENSE:
            return True
        self._due = self._due or float(DENSE)
        if since >= self._due:
            self._due = max(self._due * GROWTH, since + 1.0)
            return True
        return False

    def _put_by(self, phase: int | None) -> None:
        """The tape is complete."""
        tape = self.recorder.tape
        tape.phase = phase
        if tape.nodes:
            self.program.tapes.append(tape)
        self.recorder.begin(self.program.steps, self._examine())

    def _scheduler_made(self, original: Any, scheduler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        self._in_schedule = True
        try:
            original(scheduler, optimizer, *args, **kwargs)
        finally:
            self._in_schedule = False
        seen = self._seen_of(optimizer)
        seen.schedule, seen.schedule_site = type(scheduler).__name__, here(3)

    def _scheduled(self, original: Any, scheduler: Any, *args: Any, **kwargs: Any) -> Any:
        if not self._in_schedule:
            seen = self._seen.get(id(getattr(scheduler, "optimizer", None)))
            if seen is not None:
                seen.schedule_steps += 1
                seen.schedule = seen.schedule or type(scheduler).__name__
                if seen.schedule_steps < 20:
                    seen.schedule_last = here(3)
            self._event("v")
        return original(scheduler, *args, **kwargs)

    def _loader_made(self, original: Any, loader: Any, *args: Any, **kwargs: Any) -> None:
        original(loader, *args, **kwargs)
        try:
            examples = len(loader.dataset)
        except Exception:
            examples = None
        sampler = type(getattr(loader, "sampler", None)).__name__
        drop = bool(getattr(loader, "drop_last", False))
        self.program.loaders.append(LoaderSeen(here(3), loader.batch_size, examples, sampler, drop))

    def _fetch(self, original: Any, *args: Any) -> Any:
        """Making a batch is written down for the first steps only: it may be thousands of small calls."""
        r = self.recorder
        if not r.on or len(self.program.tapes) < 3:
            return original(*args)
        r.on = False
        try:
            return original(*args)
        finally:
            r.on = self._in_mode

    def _print(self, original: Any, *args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        if self._active and len(self.program.printed) < 5000 and kwargs.get("file") is None:
            self.program.printed.append((self.program.steps, " ".join(str(a)[:400] for a in args[:20])))

    def sources(self) -> None:
        """Read the user's files that were met."""
        p = self.program
        files = (
            {p.script} | {s.file for sites in p.sites.values() for s in sites} | {s.file for s in self.made.values()}
        )
        files |= {n.site.file for t in p.tapes[:20] for n in t.nodes if n.site}
        for file in files:
            source = Source.read(file)
            if source:
                p.sources[file] = source
