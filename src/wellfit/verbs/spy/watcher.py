"""Watcher: the hooks on torch while a stranger's script runs, and when to write down what happens."""

from __future__ import annotations

import builtins
import os
import warnings
from multiprocessing.process import BaseProcess
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data.dataloader import _BaseDataLoaderIter

from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site
from wellfit.verbs.spy import clip, detours, meet
from wellfit.verbs.spy.byhand import ByHand
from wellfit.verbs.spy.due import Due
from wellfit.verbs.spy.foreign import Foreign
from wellfit.verbs.spy.graph import driven, reached, some
from wellfit.verbs.spy.hooks import Hooks
from wellfit.verbs.spy.made import Made
from wellfit.verbs.spy.moments import MOST, Moments
from wellfit.verbs.spy.places import here, imported
from wellfit.verbs.spy.recorder import Recorder, Unseen

WRAPPERS = (nn.parallel.DistributedDataParallel, nn.DataParallel)
"""Modules that only carry a network to other devices: a copy of one would call the other ranks."""


class Watcher:
    """`on_()` puts the hooks in place, `off()` takes them off; `program` fills up meanwhile."""

    def __init__(self, script: str) -> None:
        self.program = Program(os.path.abspath(script))
        self.recorder = Recorder()
        self.made = Made(self.program)
        self.due = Due(self.program, self.recorder)
        self.moments = Moments(self.program)
        self.hooks = Hooks()
        self.foreign = Foreign(self.hooks, self._twin_made, self._pre, self._post, self._zero, self.recorder._failed)
        self.byhand = ByHand(self.made, self.recorder, self.moments, self._before_backward, self._pre, self._post)
        self.begun = perf_counter()
        self.roots: set[int] = set()
        self._forwards = 0  # calls of networks since the last backward
        self._batch = 0
        self._has_parameters: dict[int, bool] = {}
        self._active = False
        self._curve: list[tuple[int, Tensor | float]] = []
        self._in_mode = False  # is the recorder torch's function mode
        self._open = False  # is a tape begun
        self._in_train = False
        self._in_backward = False
        self._graded: set[int] = set()  # optimizers whose parameters a backward since their last step gave gradients
        self._hooks_s = 0.0  # cost of what stays on between samples; what is written down is timed by the recorder

    # ------------------------------------------------------------------ on and off

    def on_(self) -> None:
        self._active = True
        patch, made = self.hooks.patch, self.made
        self.hooks.replace(nn.Module, "__call__", self._around_call)
        patch(nn.Module, "__init__", self._module_made)
        patch(nn.Module, "train", self._train)
        patch(nn.Module, "zero_grad", self._zero)
        patch(Tensor, "backward", self._backward)
        patch(torch.autograd, "backward", lambda run, *a, **k: self._backward(run, *a, **k) if a else run(**k))
        patch(torch.autograd, "grad", self.byhand.grad)
        patch(torch.optim.Optimizer, "__init__", made.optimizer)
        patch(torch.optim.Optimizer, "zero_grad", self._zero)
        patch(torch.optim.lr_scheduler.LRScheduler, "__init__", made.scheduler)
        patch(torch.optim.lr_scheduler.LRScheduler, "step", made.scheduled)
        patch(torch.optim.lr_scheduler.ReduceLROnPlateau, "step", made.scheduled)
        patch(torch.utils.data.DataLoader, "__init__", made.loader)
        patch(_BaseDataLoaderIter, "__next__", self._fetch)
        patch(nn.utils, "clip_grad_norm_", self._clipped)
        patch(nn.utils, "clip_grad_value_", self._cut)
        patch(builtins, "print", self._print)
        patch(BaseProcess, "start", self._started)
        patch(warnings, "warn", detours.warn)
        patch(warnings, "showwarning", detours.shown)
        for name in dir(nn.init):
            if name.endswith("_") and not name.startswith("_"):
                patch(nn.init, name, made.initialised)
        for hook in (register_optimizer_step_pre_hook(self._pre), register_optimizer_step_post_hook(self._post)):
            self.hooks.undo.append(hook.remove)

    def off(self) -> None:
        """Everything off; the last tape (evaluations after the last step) is put by."""
        if not self._active:
            return
        self._active = False
        p = self.program
        try:
            self._stop()
        finally:
            self.hooks.remove()
        try:
            self._put_by(None)
        except Exception as error:
            self.recorder._failed(error)
        p.curve = self.curve()
        p.spent_s += self.recorder.spent_s + self._hooks_s
        p.trouble += self.recorder.failures

    @property
    def active(self) -> bool:
        return self._active

    def forked(self) -> None:
        """In a child process: nothing is written down there, and nobody would read it."""
        self._active = self.recorder.on = False

    def end(self) -> None:
        """Off at the end of what is watched, where that is no whole script."""
        if self._active:
            self.off()
            self.program.seconds = perf_counter() - self.begun

    def cut(self) -> None:
        """Off before the program's end: what only the end can show is not to be asked."""
        self.end()
        self.program.cut = True

    def _start(self) -> None:
        r = self.recorder
        if not r.on and self._active:
            self._open = True
            r.begin(self.program.steps, examine=self.due.examine())
            self._resume()

    def _stop(self) -> None:
        self.due.evaluated()
        self._open = False
        self._pause()

    def _resume(self) -> None:
        """The tape goes on."""
        self.recorder.on = True
        if not self._in_mode:
            self.recorder.__enter__()
            self._in_mode = True

    def _pause(self) -> None:
        """Nothing is written down. The mode is taken off too, where it is the innermost: its detour is some
        microseconds for each of a thousand small calls."""
        r = self.recorder
        r.on = False
        if self._in_mode and torch.overrides._get_current_function_mode() is r:
            r.__exit__(None, None, None)
            self._in_mode = False

    def _put_by(self, phase: int | None) -> None:
        """The tape is complete."""
        tape = self.recorder.tape
        tape.phase = phase
        if tape.nodes:
            self.program.tapes.append(tape)
        self.recorder.begin(self.program.steps, self.due.examine())

    # ------------------------------------------------------------------ networks

    def _around_call(self, original: Any) -> Any:
        """Module.__call__ as it is meanwhile; between samples a layer inside a known network costs next to nothing."""
        r, roots, known, slow = self.recorder, self.roots, self.recorder.names, self._call

        def __call__(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if not r.on and id(module) in known and id(module) not in roots:
                return original(module, *args, **kwargs)
            return slow(original, module, *args, **kwargs)

        return __call__

    def _call(self, original: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        r = self.recorder
        if not r.on and (not self._active or r.busy):
            return original(module, *args, **kwargs)
        depth = len(r.stack)
        try:
            ins = self._entered(module, args, kwargs)
        except Exception as error:  # a failure of ours is no failure of the script's
            r._failed(error)
            del r.stack[depth:], r.insides[depth:]
        if len(r.stack) == depth:
            return original(module, *args, **kwargs)
        failed, out = True, None
        try:
            out = original(module, *args, **kwargs)
            failed = False
        finally:
            r.leave(module, ins, out, failed)
        return out

    def _entered(self, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """Its arguments as they are written down, where this call of a module is; the recorder's stack says whether."""
        r = self.recorder
        if not r.on:
            if id(module) in self.roots:
                self._root_called(module, args)
            elif self._parametrised(module):
                if not self.roots or (meet.evaluated(module) and self.due.evaluation()):
                    self._start()
                else:
                    r.names.update(meet.parts(module))
        if not r.on or r.busy or not (r.stack or self._parametrised(module)):
            return None
        if not r.stack and args and (getattr(args[0], "is_meta", False) or type(args[0]).__name__ == "KerasTensor"):
            return None  # shapes alone are asked for
        if not r.stack:
            if isinstance(module, WRAPPERS):
                return None  # the network inside it is met
            self._meet(module)
        return r.enter(module, args, kwargs)

    def _root_called(self, module: nn.Module, args: Any) -> None:
        """A known network is called while nothing is written down: is this an evaluation? Then write it down."""
        self._forwards += 1
        size = len(args[0]) if args and isinstance(args[0], Tensor) and args[0].ndim else 0
        odd = not torch.is_grad_enabled() or not module.training or self._forwards > 1
        if (odd or self.due.other(size, self._batch)) and self.due.evaluation():
            self._start()

    def _parametrised(self, module: nn.Module) -> bool:
        if id(module) not in self._has_parameters:
            self._has_parameters[id(module)] = next(module.parameters(), None) is not None
        return self._has_parameters[id(module)]

    def _meet(self, module: nn.Module) -> None:
        """First call of a network."""
        if id(module) in self.roots or any(map(nn.parameter.is_lazy, module.parameters())):
            return
        self.roots.add(id(module))
        r, begun = self.recorder, perf_counter()
        r.busy = True
        try:
            r.names.update(meet.network(self.program, module))
        finally:
            r.busy = False
            self._hooks_s += perf_counter() - begun

    def _module_made(self, original: Any, module: nn.Module, *args: Any, **kwargs: Any) -> None:
        self.foreign.look()
        self.made.module(original, module, *args, **kwargs)

    def _twin_made(self, twin: torch.optim.Optimizer, site: Site | None) -> None:
        self.made.seen(twin).site = site

    def _train(self, original: Any, module: nn.Module, mode: bool = True) -> Any:
        if not self._in_train:
            self._in_train = True
            try:
                self.made.event("t" if mode else "e")
                return original(module, mode)
            finally:
                self._in_train = False
        return original(module, mode)

    # ------------------------------------------------------------------ losses and steps

    def _backward(self, original: Any, loss: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not self._active or self._in_backward:  # under a function mode torch comes here a second time
            return original(loss, *args, **kwargs)
        begun = perf_counter()
        try:
            with Unseen():
                self._before_backward(loss[0] if isinstance(loss, (list, tuple)) else loss)
        except Exception as error:
            self.recorder._failed(error)
        self._hooks_s += perf_counter() - begun
        self._in_backward = True
        self.recorder.tape.driven |= driven(args, kwargs)
        try:
            return original(loss, *args, **kwargs)
        finally:
            self._in_backward = False
            self._after_backward()

    def _before_backward(self, loss: Tensor) -> None:
        p, r = self.program, self.recorder
        p.backwards += 1
        if p.backwards == 1:
            self.foreign.look()
        self._forwards = 0
        if self.byhand.on:
            self.byhand.begins(loss)
        self.made.event("b")
        if loss.numel() == 1 and len(self._curve) < 2_000_000:
            value = loss.detach()
            self._curve.append((p.steps, float(value) if value.device.type == "cpu" else value))
        if r.on and not r.busy:
            r.busy = True
            try:
                self._look_at_backward(loss)
            finally:
                r.busy = False
        elif not r.on and not self.roots and not p.steps:  # parameters outside modules: write the next step down
            self._start()
        if r.on and p.backwards - p.steps > 400 and not p.steps:  # nobody steps: put by what there is
            self._put_by(None)
            if len(p.tapes) > 8:
                self._stop()
            else:
                r.begin(p.backwards, True)

    def _after_backward(self) -> None:
        """Which optimizers have gradients to step along now, where that is written down."""
        r = self.recorder
        if r.busy or not (r.on or self.byhand.on):
            return
        r.busy = True
        try:
            with Unseen():
                if self.byhand.on:
                    self.byhand.ended()
                for key, seen in self.made.optimizers.items():
                    if key not in self._graded and any(
                        some(w.grad) for g in seen.optimizer.param_groups for w in g["params"]
                    ):
                        self._graded.add(key)
        except Exception as error:
            r._failed(error)
        finally:
            r.busy = False

    def _look_at_backward(self, loss: Tensor) -> None:
        r, p = self.recorder, self.program
        tape = r.tape
        tape.losses.append(r.number(loss))
        tape.backwards += 1
        if r.number(loss) not in tape.looks:
            tape.looks[r.number(loss)] = r.look(loss)
        if tape.backwards == 1:
            tape.stale, tape.piled = self.made.stale(), self.made.piled()
        if r.examine and len(p.reached) < 100_000:
            p.reached |= reached(loss)

    def _zero(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        self.made.cleared(*args[:1])
        return original(*args, **kwargs)

    def _clipped(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        self.made.event("c")
        site, norm = here(2), original(*args, **kwargs)
        if self.recorder.on:
            try:
                with Unseen():
                    clip.bounded(self.program, args, kwargs, norm, site)
            except Exception as error:
                self.recorder._failed(error)
        return norm

    def _cut(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        self.made.event("c")
        if self.recorder.on:
            try:
                with Unseen():
                    clip.cut(self.program, args, kwargs, here(2))
            except Exception as error:
                self.recorder._failed(error)
        return original(*args, **kwargs)

    def _pre(self, optimizer: Any, args: Any, kwargs: Any) -> Any:
        begun, closure = perf_counter(), args[1] if len(args) > 1 else kwargs.get("closure")
        try:
            with Unseen():
                self._before_step(self.made.seen(optimizer), closure is not None)
        except Exception as error:
            self.recorder._failed(error)
        self._hooks_s += perf_counter() - begun
        if not callable(closure) or not self._open:
            return None
        calls, known = [], self.made.seen(optimizer)

        def seen() -> Any:  # the closure is written down, the optimizer's own arithmetic is not
            self._resume()
            try:
                return closure()
            finally:
                self._pause()
                calls.append(None)
                known.closure |= len(calls) > 1
                if len(calls) == 1 and not known.closure:
                    self._examined(optimizer)

        return (args[0], seen, *args[2:]), {k: v for k, v in kwargs.items() if k != "closure"}

    def _before_step(self, seen: OptimizerSeen, closure: bool) -> None:
        p, r = self.program, self.recorder
        self.made.event("s")
        seen.closure |= closure and seen.kind == "LBFGS"
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
            graded = id(seen.optimizer) in self._graded and bool(r.tape.losses) and not closure
            r.tape.cleared = graded and not any(some(w.grad) for w in weights)
            self._graded.discard(id(seen.optimizer))
        finally:
            r.busy = False
        self._pause()  # the optimizer's own arithmetic is not written down
        if not closure:
            self._examined(seen.optimizer)

    def _examined(self, optimizer: torch.optim.Optimizer) -> None:
        """Sizes of weights and gradients, when these are there and the weights have not moved yet."""
        r = self.recorder
        if not r.examine or len(self.program.moments) >= MOST:
            return
        busy, r.busy = r.busy, True
        try:
            self.moments.before([w for g in optimizer.param_groups for w in g["params"]])
        except Exception as error:
            r._failed(error)
        finally:
            r.busy = busy

    def _first_step(self, seen: OptimizerSeen) -> None:
        p = self.program
        meet.optimizer(p, seen, self.made.parameters())
        if p.steps and not any(t.phase is None and t.stepped for t in p.tapes[-1:]):
            self.due.phase()

    def _post(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        begun, p, r = perf_counter(), self.program, self.recorder
        try:
            seen = self.made.seen(optimizer)
            if self.moments.now is not None:
                r.busy = True
                try:
                    self.moments.after(seen)
                finally:
                    r.busy = False
            if self._open:
                r.tape.stepped = True
                if not self._batch and r.tape.passes():
                    first = next(iter(r.tape.passes()[0].ins), None)
                    shape = r.tape.looks[first].shape if first in r.tape.looks else ()
                    self._batch = shape[0] if shape else 0
                self._put_by(p.optimizers.index(seen))
            seen.steps += 1
            p.steps += 1
            self._forwards = 0
            due = self.due.step()
            if due and self._open:
                r.begin(p.steps, self.due.examine())
                self._resume()
            elif due:
                self._start()
            elif self._open:
                self._stop()
        except Exception as error:
            r._failed(error)
        self._hooks_s += perf_counter() - begun

    # ------------------------------------------------------------------ around the training

    def _fetch(self, original: Any, *args: Any) -> Any:
        """Making a batch is written down for the first steps only: it may be thousands of small calls."""
        r = self.recorder
        if not r.on or len(self.program.tapes) < 3:
            return original(*args)
        self._pause()
        try:
            return original(*args)
        finally:
            if self._open:
                self._resume()

    def _started(self, original: Any, process: Any) -> None:
        self.program.children += 1
        original(process)

    def _print(self, original: Any, *args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        if self._active and len(self.program.printed) < 5000 and kwargs.get("file") is None:
            self.program.printed.append((self.program.steps, " ".join(str(a)[:400] for a in args[:20])))

    def curve(self) -> list[tuple[int, float]]:
        """(step, loss) so far."""
        return [(i, float(v)) for i, v in self._curve]

    def sources(self, program: Program | None = None) -> None:
        """Read the user's files that were met."""
        p = program or self.program
        files = {p.script} | {s.file for sites in p.sites.values() for s in sites} | {s.file for s in p.made.values()}
        files |= {n.site.file for t in p.tapes[:20] for n in t.nodes if n.site}
        for file in sorted((files | imported(p.script)) - set(p.sources)):
            source = Source.read(file)
            if source:
                p.sources[file] = source
