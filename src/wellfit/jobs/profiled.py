"""profiled: a fit that says where a step's time goes, before training, in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wellfit.nouns.playable import WHY
from wellfit.nouns.profiled import Profiled
from wellfit.nouns.stage import Stage
from wellfit.nouns.units import figure, percent
from wellfit.verbs.gather import DATA
from wellfit.verbs.profile import profile
from wellfit.verbs.report import report
from wellfit.verbs.watch import Watch


def profiled(stages: Iterable[Stage]) -> Iterator[Stage]:
    """The stages of a fit, with one more after the network's: "profile". What is trained and found is the same without."""
    found: Profiled | None = None
    for stage in stages:
        if stage.name == "test" and found is not None:  # the last: the report is written anew, with the profile
            run = stage.detail.run
            run.write_json(DATA, {**run.read_json(DATA, {}), "profile": found.to_dict()})
            report(run)
        yield stage
        if stage.name == "network" and found is None:
            case = stage.detail[0]
            share = case.recipe.watch.budget_frac
            found = profile(case, Watch(share) if share else None, share)
            yield Stage("profile", said(found), found, facts(found))


def said(p: Profiled) -> str:
    """Where most of the time goes, and what is reached beside what can be."""
    most = max(p.seconds, key=lambda k: p.seconds[k])
    line = (
        f"{figure(1e3 * p.step_s)} ms a step of {p.rows:,} rows, {percent(p.seconds[most] / p.step_s, 0)} of it {most}"
    )
    if not p.flops:
        return f"{line}; its operations are not counted (no product or convolution among them)"
    reached, roof = p.flops / p.busy_s, p.reachable
    return f"{line}; {figure(reached / 1e9)} GFLOP/s, {percent(reached / roof, 0)} of what {p.bound} allows here"


def facts(p: Profiled) -> dict[str, Any]:
    """JSON types, with the rates that are reached."""
    return p.to_dict() | {
        "flops_s": p.flops / p.busy_s,
        "bytes_s": p.moved / p.busy_s,
        "reachable_flops_s": p.reachable,
        "bound": p.bound,
        "why_said": WHY.get(p.why, p.why),
    }
