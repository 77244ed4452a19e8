"""Quick: steps that nobody watches, recorded once for each size of batch and then played without Python and autograd.

A step is recorded where its numbers alone decide what is computed, and played only after a replay of another batch has
given the same bits as the ordinary step: loss, gradients, statistics and random state. Otherwise steps stay ordinary,
and `Quick.why` says in a word why (WHY).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules import module as modules
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

from wellfit.nouns.augment import Batch
from wellfit.nouns.awake import move
from wellfit.nouns.capture import Call, Record
from wellfit.nouns.case import Case
from wellfit.nouns.played import written_out
from wellfit.nouns.room import short_of_memory, too_large, with_room
from wellfit.nouns.thrift import Parts
from wellfit.nouns.world import World

BEFORE = 8
"""Steps of a size that go before its record: about 20 steps pay for it, and what came eight times goes on to come."""
OURS = ("torch.nn.", "wellfit.")
WHY = {
    "ranks": "several processes train together",
    "device": "not a CPU",
    "thrift": "parts of a step are done again for less memory",
    "own": "a network or a loss that is not on our shelves: what its Python does between operations is not known",
    "thaw": "layers begin to learn in the course of training",
    "hooks": "somebody listens to modules or optimizers, or has put other weights in",
    "values": "what is computed depends on numbers (a mask's length, a branch)",
    "large": "a step makes so much that little is to be gained",
    "differs": "a replay gives other bits",
    "unused": "a part of the network has no gradient",
    "refused": "PyTorch does not run one of the operations by itself",
    "mixed": "examples are mixed with each other (mixup)",
}
"""Why steps stay ordinary: what `Quick.why` says, and "mixed", which each batch says for itself."""
T = TypeVar("T")
Player = Callable[..., tuple[Tensor, ...]]


class Quick:
    """Makes the steps of a training: forward pass, backward pass, penalty and clipping, update.

    forward: (batch, *weight) -> (outputs, loss); whole(batch, *weight) -> loss, detached: a step as a whole;
    finish(): the rest of a step whose gradients are there; renew(): to be called when somebody else was at work.
    """

    def __init__(
        self,
        case: Case,
        optimizer: torch.optim.Optimizer,
        forward: Callable[..., tuple[Tensor, Tensor]],
        here: World,
        parts: Parts | None = None,
    ):
        self.forward, self.why, self.played_steps = forward, _why_not(case, optimizer, here), 0
        self._case, self._optimizer, self._here = case, optimizer, here
        self._parameters = [p for p in case.network.parameters() if p.requires_grad]
        self._lying, self._counted = _lying(case.network), False
        self._parts, self._moving = parts, False
        self._had_room: set[Any] = set()
        self._seen: dict[Any, int] = {}
        self._tried: dict[Any, tuple[Player, Player]] = {}  # gradients alone, and the step as far as it is played
        self._played: dict[Any, tuple[Player, bool]] = {}  # the step, and does it move the weights as well?

    def whole(self, batch: Batch, *weight: Tensor) -> Tensor:
        """One step; its loss."""
        if self._played and not self.why and batch.order is None:
            given = (batch.x, batch.y, *weight)
            size = tuple((t.shape, t.stride()) for t in given)
            if size in self._played:
                return self._play(size, given)
        return self.within(batch, lambda: self._not_played(batch, *weight))

    def within(self, batch: Batch, work: Callable[[], T]) -> T:
        """What `work` gives, a step of this batch or its gradients; in more parts where it finds no memory, from the same
        random state and statistics where it is the first of its size."""
        if self._parts is None or self._here.size > 1:  # others wait for this rank's part: nothing can be done again
            return self._or_stop(batch, work)
        size = tuple(batch.x.shape)
        before = None if size in self._had_room else _state(self._case.network)

        def again() -> None:
            if self._moving:
                raise too_large(self._case.network, len(batch.x), "no memory for the optimizer's state")
            self.why = "thrift"
            self._optimizer.zero_grad(set_to_none=True)
            if before is not None:
                _put_back(before, self._case.network)

        self._moving = False
        found = with_room(self._parts, len(batch.x), work, again)
        self._had_room.add(size)
        return found

    def _or_stop(self, batch: Batch, work: Callable[[], T]) -> T:
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not short_of_memory(error):
                raise
            raise too_large(self._case.network, len(batch.x), str(error).splitlines()[0]) from None

    def _not_played(self, batch: Batch, *weight: Tensor) -> Tensor:
        if self.why or batch.order is not None:
            return self._ordinary(batch, *weight)
        given = (batch.x, batch.y, *weight)
        size = tuple((t.shape, t.stride()) for t in given)
        if size in self._tried:
            return self._try(size, given, batch, *weight)
        self._seen[size] = self._seen.get(size, 0) + 1
        return (
            self._record(size, given, batch, *weight) if self._seen[size] > BEFORE else self._ordinary(batch, *weight)
        )

    def finish(self) -> None:
        """Penalty and clipping, the update, and the gradients let go."""
        self._moving = True
        c = self._case.recipe.training
        if c.l1:  # the penalty's subgradient, l1 * sign(w)
            for w in self._parameters:
                if w.ndim > 1 and w.grad is not None:
                    w.grad.add_(w.detach().sign(), alpha=c.l1)
        if c.clip:
            nn.utils.clip_grad_norm_(self._parameters, c.clip)
        move(self._optimizer)
        self._optimizer.zero_grad(set_to_none=True)

    def renew(self) -> None:
        """Nothing is played any more where weights or statistics lie elsewhere now, or where somebody listens."""
        if not self.why and (_lying(self._case.network) != self._lying or _heard(self._case.network, self._optimizer)):
            self.why = "hooks"

    def _ordinary(self, batch: Batch, *weight: Tensor) -> Tensor:
        _, loss = self.forward(batch, *weight)
        self._here.backward(loss)
        self.finish()
        return loss.detach()

    def _play(self, size: Any, given: tuple[Tensor, ...]) -> Tensor:
        step, moves = self._played[size]
        rates = [group["lr"] for group in self._optimizer.param_groups]
        with torch.inference_mode() if moves else torch.no_grad():
            loss, *gradients = step(*given, rates=rates)
        self.played_steps += 1
        if not moves:
            for p, g in zip(self._parameters, gradients):
                p.grad = g
            self.finish()
        return loss

    def _record(self, size: Any, given: tuple[Tensor, ...], batch: Batch, *weight: Tensor) -> Tensor:
        """An ordinary step that is recorded on the way."""
        with Record() as record:
            _, loss = self.forward(batch, *weight)
            gradients = torch.autograd.grad(loss, self._parameters, allow_unused=True)
            for p, g in zip(self._parameters, gradients):  # laid out as the weights are, as `backward` would
                p.grad = g if g is None or _strides(g) == _strides(p) else torch.empty_like(p).copy_(g)
        found, self.why = [loss, *(p.grad for p in self._parameters)], record.why
        if not self.why and any(g is None for g in found):
            self.why = "unused"
        if self.why:
            self.finish()
            return loss.detach()
        if not self._counted:
            _count_together(self._optimizer)
            self._counted = True
        with Record() as update:
            self.finish()
        groups = self._optimizer.param_groups
        rates = {id(p): i for i, group in enumerate(groups) for p in group["params"]}
        try:
            gradients = written_out(record.calls, given, found)
            step = (
                written_out([*record.calls, *update.calls], given, found[:1], rates)
                if _known(update.calls)
                else gradients
            )
        except (RuntimeError, TypeError, ValueError, KeyError):
            self.why = "refused"
            return loss.detach()
        self._tried[size] = gradients, step
        return loss.detach()

    def _try(self, size: Any, given: tuple[Tensor, ...], batch: Batch, *weight: Tensor) -> Tensor:
        """An ordinary step, and a replay of its gradients beside it: are they the same, bit for bit?"""
        gradients, step = self._tried.pop(size)
        before = _state(self._case.network)
        try:
            with torch.inference_mode():
                played = [*gradients(*given), *_state(self._case.network)]
        except (RuntimeError, TypeError, ValueError):
            played, self.why = [], "refused"
        _put_back(before, self._case.network)
        _, loss = self.forward(batch, *weight)
        self._here.backward(loss)
        found = [loss, *(p.grad for p in self._parameters), *_state(self._case.network)]
        if not self.why and not all(map(_equal, played, found)):
            self.why = "differs"
        if not self.why:
            self._played[size] = step, step is not gradients
        self.finish()
        return loss.detach()


def _why_not(case: Case, optimizer: torch.optim.Optimizer, here: World) -> str:
    """A word for why the steps of this case are not recorded; "" where they may be."""
    made_of = [type(m).__module__ for m in case.network.modules()] + _places(case.loss)
    if here.size > 1:
        return "ranks"
    if case.device.type != "cpu":
        return "device"
    if case.recipe.training.accumulate > 1 or case.recipe.training.checkpoint != "none":
        return "thrift"
    if not all(f"{where}.".startswith(OURS) for where in made_of):
        return "own"
    if case.recipe.transfer.mode == "gradual":
        return "thaw"
    return "hooks" if _heard(case.network, optimizer) else ""


def _places(loss: Any) -> list[str]:
    """The modules that a loss, and what it wraps, are written in."""
    if isinstance(loss, partial):
        return _places(loss.func) + [p for part in loss.keywords.values() if callable(part) for p in _places(part)]
    return [getattr(loss, "__module__", None) or ""]


def _heard(network: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
    """Does anybody listen to modules, weights or optimizers, or stand between PyTorch and its kernels?"""
    everywhere = ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks")
    held: list[Any] = [getattr(modules, f"_global_{name}", None) for name in everywhere]
    held += [getattr(m, f"_{name}", None) for m in network.modules() for name in everywhere]
    held += [_global_optimizer_pre_hooks, _global_optimizer_post_hooks]
    held += [getattr(optimizer, f"_optimizer_step_{at}_hooks", None) for at in ("pre", "post")]
    held += [
        getattr(p, f"_{k}", None)
        for p in network.parameters()
        for k in ("backward_hooks", "post_accumulate_grad_hooks")
    ]
    return any(held) or bool(torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack())


def _lying(network: nn.Module) -> list[int]:
    """Where in memory weights and statistics lie."""
    return [t.data_ptr() for t in (*network.parameters(), *network.buffers())]


def _known(update: list[Call]) -> bool:
    """Is the update one fused kernel a group, in which the rate can be told, and whatever comes before is no secret?"""
    fused = [call.name.startswith("aten::_fused_") and isinstance(call.kwargs.get("lr"), float) for call in update]
    first = fused.index(True) if any(fused) else len(fused)
    return any(fused) and all(f or c.name == "aten::_foreach_add_" for f, c in zip(fused[first:], update[first:]))


def _count_together(optimizer: torch.optim.Optimizer) -> None:
    """The optimizer's counters of steps, one for each weight, side by side in memory, so that one addition serves all."""
    for group in optimizer.param_groups:
        states = [optimizer.state[p] for p in group["params"] if "step" in optimizer.state.get(p, {})]
        if states and all(isinstance(s["step"], Tensor) and s["step"].device.type == "cpu" for s in states):
            for state, counter in zip(states, torch.stack([s["step"] for s in states]).unbind()):
                state["step"] = counter


def _state(network: nn.Module) -> list[Tensor]:
    """What a step changes besides weights: torch's random state, statistics of norms."""
    return [torch.get_rng_state(), *(b.detach().clone() for b in network.buffers())]


def _put_back(state: list[Tensor], network: nn.Module) -> None:
    torch.set_rng_state(state[0])
    with torch.no_grad():
        for b, was in zip(network.buffers(), state[1:]):
            b.copy_(was)


def _equal(a: Tensor, b: Tensor) -> bool:
    alike = (a.shape, a.dtype, _strides(a)) == (b.shape, b.dtype, _strides(b))
    return alike and bool(torch.isclose(a, b, 0.0, 0.0, equal_nan=True).all())


def _strides(t: Tensor) -> list[int]:
    """How numbers lie in memory; where an axis has one place its stride says nothing."""
    return [step for step, size in zip(t.stride(), t.shape) if size > 1]
