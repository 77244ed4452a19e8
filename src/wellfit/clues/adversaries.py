"""Two networks trained in turns against each other: what keeps the contest from being one."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.finding import Finding
from wellfit.nouns.game import Game, games, mixed
from wellfit.nouns.last import ACTIVATIONS, THROUGH
from wellfit.nouns.meeting import shown_at
from wellfit.nouns.pace import beyond_usual
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.units import figure, percent

BOUNDS = {"sigmoid": (0.0, 1.0), "sigmoid_": (0.0, 1.0), "hardsigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "relu": (0.0, None),
          "relu_": (0.0, None), "softplus": (0.0, None), "tanh": (-1.0, 1.0), "tanh_": (-1.0, 1.0), "hardtanh": (-1.0, 1.0),
          "softsign": (-1.0, 1.0)}  # fmt: skip
"""Activations and the values that they can give (None: no bound)."""
OUT, BY = 0.02, 0.05
"""Share of the real values that the maker's last activation cannot give, by more than this share of its range, or of 1."""
RAW = 3.0
"""Times the range of the activation that real values reach, from which they are data that were not scaled."""
FAR, MOVED, ENOUGH = 0.9, 0.02, 100
"""Decades below the usual rates, share of the weights' norm that all steps moved them, and steps, with which a player stands
still."""
ABOVE, WILD = 0.5, 0.2
"""Decades above the usual rates, and share of the weights' norm that one of the first steps moved them."""
SAID = {"real": "on real examples", "made": "on made ones", "wanted": "on made ones by the maker's loss"}
"""Whose answers are pushed."""
SOURCE = "Goodfellow et al. 2014, Generative adversarial nets; seen in the run"


def adversaries(program: Program) -> list[Finding]:
    """Sees: a generator whose loss pushes the discriminator's answers the way that the discriminator's own does; a
    discriminator that is asked for the same answer on real and on made examples, or never shown made ones; a generator's
    optimizer that holds the discriminator's weights, too; an output of the generator that cannot reach the data; a player
    that stands still or is thrown about by its rate.
    Hurts: there is no contest, so that what is made has nothing to come nearer to.
    Mistaken for: graph-detached (the loss does not reach the generator), zero-grad-missing (gradients of the other's turn),
    an actor and its critic, whose losses push in no fixed direction.
    Remedy: the generator's loss asks for the answer that real examples are given, its steps move it alone.
    Source: which way each loss pushes is worked out by playing it again for a few answers: a
    difference must hold for all of them."""
    found = []
    for game in games(program):
        for said in (_contest(game), _shown_none(game), _both(program, game), _out_of_reach(program, game)):
            found += [said] if said is not None else []
        found += [f for seen in (game.by_maker, game.by_judge) if (f := _rate(program, seen)) is not None]
    return found


def _finding(fault: str, summary: str, evidence: str, remedy: str, site: Site | None, sure: float = 0.94) -> Finding:
    return Finding(
        fault, "error", summary, evidence, remedy, sure, 0, site.file if site else None, site.line if site else None,
        source=SOURCE,
    )  # fmt: skip


def _contest(game: Game) -> Finding | None:
    """Which of the three losses goes the wrong way, where one does: real and made examples are to be pushed apart, and
    what is made in the maker's turn to where real ones are pushed."""
    apart, wanted = game.above("real", "made"), game.above("wanted", "made")
    if apart is None or "wanted" not in game.pushes or (apart and apart == wanted):
        return None
    beyond = game.above("wanted", "real") == game.way("wanted") == -apart  # the other way even than where real ones go
    if wanted is None and not (apart and beyond):
        return None
    seen = "pushes of the judge's answers: " + ", ".join(f"{what} {game.towards(k)}" for k, what in SAID.items())
    if not apart:
        middle = game.pushes["real"][len(game.probes) // 2]  # the higher answer is for real ones, nearly everywhere
        which = "made" if not game.above("wanted", "real") or middle > 0 else "real"
        return _finding(
            "loss-unsuitable", "the discriminator is asked for the same answer on real and on made examples", seen,
            "opposite answers: 1 for real examples and 0 for made ones, or scores of opposite sign", _place(game, which),
        )  # fmt: skip
    takers = [_taker(_tape(game, node), node) for node in game.places.values()]
    named = {taker.name for taker in takers if taker is not None}
    backwards = apart < 0 and not any("entropy" in name or "mse" in name for name in named)
    if backwards:  # by its own convention the generator is right, and higher means real
        return _finding(
            "loss-unsuitable", "the discriminator's loss has the wrong sign: it gives made examples the higher score, which is "
            "what the generator wants", seen, "turn its sign round", _place(game, "made"),
        )  # fmt: skip
    return _finding(
        "loss-unsuitable", "the generator's loss wants what the discriminator's wants: its examples taken for made ones", seen,
        "ask for the answer that real examples get (its target, or the sign of its score)", _place(game, "wanted"),
    )  # fmt: skip


def _tape(game: Game, node: Node) -> Tape:
    return next(t for t in (*game.turns, *game.answers) if node in t.nodes)


def _taker(tape: Tape, node: Node) -> Node | None:
    """The call that takes the judge's answer into a loss."""
    at = {node.outs[0]}
    for n in tape.nodes[tape.nodes.index(node) + 1 :]:
        if n.depth == 0 and at & set(n.ins):
            if n.name not in THROUGH - {"mean"}:
                return n
            at |= set(n.outs)
    return None


def _place(game: Game, which: str) -> Site | None:
    """Where that term's target is filled in, else where it is computed."""
    node = game.places[which]
    tape = _tape(game, node)
    taker = _taker(tape, node)
    if taker is None:
        return node.site
    filled = [
        m for i in taker.ins if (m := tape.makers().get(i)) is not None and m.name in ("fill_", "full", "ones", "zeros")
    ]
    return (filled[0].site if filled else None) or taker.site


def _shown_none(game: Game) -> Finding | None:
    """The judge is asked for one answer only, on real examples alone."""
    real = game.way("real")
    if "made" in game.pushes or len(game.turns) < 3 or not real or game.way("wanted") != real:
        return None
    if any(_made_up(t, game) for t in game.turns):
        return None
    node = game.places["real"]
    taker = _taker(_tape(game, node), node)
    return _finding(
        "loss-unsuitable", "the discriminator is never shown a made example: it learns to give one answer to everything",
        f"in {len(game.turns)} of {len(game.turns)} watched turns its loss asks for one answer, on real examples alone",
        "add the term of made examples, detached, with the opposite answer", taker.site if taker else node.site,
    )  # fmt: skip


def _made_up(tape: Tape, game: Game) -> bool:
    """Does the judge's loss hold a target that differs from example to example, or more than one call of the judge?"""
    calls = [n for n in tape.needed(tape.losses) if n.module is game.judge.module]
    taker = _taker(tape, calls[0]) if len(calls) == 1 else None
    others = [x for i in taker.ins if (x := tape.leaves.get(i)) is not None] if taker is not None else []
    return taker is None or any(float(x.double().std(correction=0)) > 0 for x in others if x.numel() > 1)


def _both(program: Program, game: Game) -> Finding | None:
    """The maker's optimizer moves the judge as well, against what the judge learns."""
    own = {id(p) for p in game.judge.module.parameters() if p.requires_grad}
    held = own & game.by_maker.held
    apart, wanted = game.above("real", "made"), game.above("wanted", "made")
    if not held or not own & game.by_judge.held or not apart or wanted != apart:
        return None
    site = game.by_maker.site
    return _finding(
        "optimizer-unsuitable", "the generator's optimizer holds the discriminator's weights, too: its steps undo what the "
        "discriminator has learnt", f"{len(held)} of the discriminator's {len(own)} parameters are in both optimizers; the "
        "generator's loss pushes their answers on made examples the other way", "give it the generator's parameters alone", site,
    )  # fmt: skip


def _out_of_reach(program: Program, game: Game) -> Finding | None:
    """The maker's last activation cannot give what the real examples hold."""
    last = next((n for t in (*game.turns, *game.answers) if (n := _last(t, game)) is not None), None)
    values = _real(game)
    if last is None or last.name not in BOUNDS or values is None or not _as_made(game):
        return None
    low, high = BOUNDS[last.name]
    width = BY * ((high - low) if high is not None else 1.0)
    beyond = values < low - width if high is None else (values < low - width) | (values > high + width)
    share = float(beyond.double().mean())
    if share < OUT:
        return None
    span = f"{figure(low)} to {figure(high)}" if high is not None else f"{figure(low)} and above"
    seen = (
        f"real examples go from {figure(float(values.min()))} to {figure(float(values.max()))}, {last.name} gives "
        f"{span}; {percent(share)} of the values lie outside"
    )
    if high is not None and float(values.abs().max()) > RAW * (high - low) and float(values.min()) >= low:
        return _finding("inputs-unscaled", "the real examples are not scaled to what the generator can give", seen,
                        f"scale them to {span}", _fed(game))  # fmt: skip
    return _finding(
        "output-activation-unsuitable", f"{last.name} at the generator's output cannot give what the real examples hold", seen,
        "no activation at its output, or real examples scaled to its range", shown_at(program, last) or last.site,
    )  # fmt: skip


def _as_made(game: Game) -> bool:
    """Is the judge shown what the maker gives, nothing done to it (no scaling) but its layout?"""
    told = []
    for tape in (*game.turns, *game.answers):
        makers = tape.makers()
        for n in tape.passes():
            want = list(n.ins) if n.module is game.judge.module and not mixed(tape, n) else []
            while want:
                node = makers.get(want.pop())
                if node is not None and node.module is game.maker.module:
                    told.append(True)
                elif node is not None and node.name in (THROUGH - {"mean"}) | {"detach", "cat", "concat"}:
                    want += node.ins
                elif node is not None and node.learnt and node.module is None:
                    told.append(False)
    return bool(told) and all(told)


def _last(tape: Tape, game: Game) -> Node | None:
    """The activation that what the maker gives went through last."""
    makers = tape.inner_makers()
    calls = [n for n in tape.passes() if n.module is game.maker.module and n.outs]
    at = calls[0].outs[0] if calls else None
    while at in makers and makers[at].name in THROUGH - {"mean"} and makers[at].ins:
        at = makers[at].ins[0]
    node = makers.get(at) if at is not None else None
    return node if node is not None and node.name in ACTIVATIONS else None


def _real(game: Game) -> Tensor | None:
    """Values of what the judge is shown as real, of the shape of what is made."""
    node = game.places.get("real")
    if node is None:
        return None
    made = {
        t.looks[o].shape[1:] for t in (*game.turns, *game.answers) for n in t.passes() if n.module is game.maker.module
        for o in n.outs[:1] if o in t.looks
    }  # fmt: skip
    for tape in game.turns:
        makers = tape.makers()
        for n in tape.passes():
            given = [
                *n.ins,
                *(i for a in n.ins if a in makers and makers[a].name in ("cat", "concat") for i in makers[a].ins),
            ]
            for x in map(tape.leaves.get, given) if n.module is game.judge.module else ():
                if x is not None and x.is_floating_point() and x.shape[1:] in made:
                    return x.flatten()
    return None


def _fed(game: Game) -> Site | None:
    return game.places["real"].site


def _rate(program: Program, seen: OptimizerSeen) -> Finding | None:
    """A player that its rate keeps where it began, or throws about."""
    beyond, first = beyond_usual(seen), _moved(program, seen)
    if beyond <= -FAR and seen.steps >= ENOUGH and first is not None and first < MOVED:
        return _finding(
            "lr-too-low", f"one of the two players stands still: the rate of its {seen.kind} is too low",
            f"rate {figure(seen.lr)}; its {seen.steps} steps together moved its weights by {figure(first, 2)} of their norm",
            "a rate like the other player's", _rate_site(program, seen), 0.9,
        )  # fmt: skip
    if beyond >= ABOVE and _burst(program, seen) >= WILD:
        return _finding(
            "lr-too-high", f"one of the two players is thrown about: the rate of its {seen.kind} is too high",
            f"rate {figure(seen.lr)}; one of its first steps moved its weights by {figure(_burst(program, seen), 2)} of their "
            "norm (aim 0.001 to 0.01)", "a rate 10 to 100 times lower", _rate_site(program, seen), 0.9,
        )  # fmt: skip
    return None


def _rate_site(program: Program, seen: OptimizerSeen) -> Site | None:
    return seen.site


def _moved(program: Program, seen: OptimizerSeen) -> float | None:
    """How far all its steps moved its weights, as a share of their norm."""
    square = size = 0.0
    for network in program.networks:
        for first, now in zip(
            network.first.parameters() if network.first is not None else (), network.module.parameters()
        ):
            if id(now) in seen.held and first.shape == now.shape:
                with torch.no_grad():
                    square += float((now.to(first.device) - first).double().square().sum())
                    size += float(first.double().square().sum())
    return (square / size) ** 0.5 if size else None


def _burst(program: Program, seen: OptimizerSeen) -> float:
    """The largest share of their norm that one of the first watched steps moved its weights by."""
    phase = program.optimizers.index(seen)
    own = {t.index for t in program.tapes if t.phase == phase}
    found = 0.0
    for moment in program.moments[:16]:
        if moment.index in own and moment.update:
            weight = sum(moment.weight.get(n, 0.0) ** 2 for n in moment.update)
            moved = sum((u * moment.weight.get(n, 0.0)) ** 2 for n, u in moment.update.items())
            found = max(found, (moved / weight) ** 0.5 if weight else 0.0)
    return found
