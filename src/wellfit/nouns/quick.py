"""Quick: steps that nobody watches, recorded once for each size of batch and then played without Python and autograd.

A step is recorded where its numbers alone decide what is computed, and played only after a replay of another batch has
given the same bits as the ordinary step: loss, gradients, statistics and random state. Otherwise steps stay ordinary,
and `Quick.why` says in a word why (nouns/playable.py).

Where several processes train together, what they tell each other is among what is recorded (nouns/exchange.py), and it is
the same in an ordinary step: one rank may play while another does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from wellfit.nouns.augment import Batch
from wellfit.nouns.awake import move
from wellfit.nouns.capture import Call, Record
from wellfit.nouns.case import Case
from wellfit.nouns.exchange import Flat, remembered, repeated
from wellfit.nouns.playable import adds_up, heard, why_not
from wellfit.nouns.played import written_out
from wellfit.nouns.room import short_of_memory, too_large, with_room
from wellfit.nouns.thrift import Parts
from wellfit.nouns.world import World

BEFORE = 8
"""Steps of a size that go before its record: about 20 steps pay for it, and what came eight times goes on to come."""
T = TypeVar("T")
Player = Callable[..., tuple[Tensor, ...]]


class Quick:
    """Makes the steps of a training: forward pass, backward pass, penalty and clipping, update.

    forward: (batch, *weight) -> (outputs, loss), with `flat` this rank's part of the loss; whole(batch, *weight) -> loss,
    detached: a step as a whole; backward(loss): the gradients of all ranks; finish(): the rest of a step whose gradients are
    there; renew(): to be called when somebody else was at work. flat: where the gradients of several ranks are added up, as
    `flat_of` gives it.
    """

    def __init__(
        self,
        case: Case,
        optimizer: torch.optim.Optimizer,
        forward: Callable[..., tuple[Tensor, Tensor]],
        here: World,
        parts: Parts | None = None,
        flat: Flat | None = None,
    ):
        self.forward, self.why, self.played_steps = forward, why_not(case, optimizer), 0
        if here.size > 1 and flat is None:
            self.why = self.why or "ranks"
        self._case, self._optimizer, self._here, self._flat = case, optimizer, here, flat
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

    def backward(self, loss: Tensor) -> Tensor:
        """The gradients of the loss of the whole batch, and that loss, whatever part of it this rank has. To be called by
        all ranks."""
        if self._flat is None:
            self._here.backward(loss)
            return loss.detach()
        loss.backward()
        return self._flat.add_up(loss)

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
        if not self.why and (_lying(self._case.network) != self._lying or heard(self._case.network, self._optimizer)):
            self.why = "hooks"

    def _ordinary(self, batch: Batch, *weight: Tensor) -> Tensor:
        _, loss = self.forward(batch, *weight)
        loss = self.backward(loss)
        self.finish()
        return loss

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
            loss = loss if self._flat is None else self._flat.add_up(loss)
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
        with remembered():
            _, loss = self.forward(batch, *weight)
            loss = self.backward(loss)
        found: list[Any] = [loss, *(p.grad for p in self._parameters), *_state(self._case.network)]
        if self._flat is not None:  # the replay adds up in the same memory
            found = [None if t is None else t.clone() for t in found]
        after = _state(self._case.network)
        _put_back(before, self._case.network)
        try:
            with torch.inference_mode(), repeated() as told:
                played = [*gradients(*given), *_state(self._case.network)]
            if not (told.alike and all(map(_equal, played, found))):
                self.why = "differs"
        except (RuntimeError, TypeError, ValueError):
            self.why = "refused"
        if self.why:
            _put_back(after, self._case.network)
            if self._flat is not None:
                self._flat.put(found[1 : len(self._parameters) + 1])
        else:
            self._played[size] = step, step is not gradients
        self.finish()
        return loss


def flat_of(case: Case, optimizer: torch.optim.Optimizer, here: World) -> Flat | None:
    """Where the ranks add up the gradients of their steps after the backward pass, so that steps can be played; None where
    one is alone, or steps cannot be played on all. To be called by all ranks."""
    if here.size == 1:
        return None
    learning = [p for p in case.network.parameters() if p.requires_grad]
    cannot = bool(why_not(case, optimizer)) or not adds_up(case.loss) or not Flat.fits(learning)
    return None if here.any(cannot)[0] else Flat(learning)


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
