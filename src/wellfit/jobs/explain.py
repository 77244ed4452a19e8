"""explain: a run, or a module of the user's own, looked into: what it learnt, from the weights and the data.

wf.explain("runs/first")                                   a run's folder, or what wf.fit gave
wf.explain(module, data=(x, y), out="seen")                a trained module of one's own
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from wellfit.jobs.fitted import Fitted
from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.errors import DataError, NetworkError, RecipeError, RunError
from wellfit.nouns.explained import FOLDER, Part
from wellfit.nouns.inside import layer_named, must_be_finite
from wellfit.nouns.look import Look
from wellfit.nouns.module import as_module, named
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.stage import Stage, last
from wellfit.nouns.step import Rest
from wellfit.nouns.task import task_of, weighed
from wellfit.nouns.tensors import MODEL
from wellfit.verbs import gather, keep, transfer
from wellfit.verbs.build import build
from wellfit.verbs.explain import PARTS, parts_named, usual, write_page, write_part
from wellfit.verbs.load import load
from wellfit.verbs.settle import settle
from wellfit.verbs.train import train


@dataclass(frozen=True)
class Explanation:
    """What was found: page: the HTML file; parts: by word, each with facts and arrays."""

    page: Path
    parts: dict[str, Part]

    def __getitem__(self, word: str) -> Part:
        return self.parts[word]


def explain(what: Any, *parts: str, **options: Any) -> Explanation:
    """Look into a run (its folder, or what `fit` gave) or into a trained nn.Module, and write a page about it.

    parts: of attribution, examples, layers, features, landscape, blocks, atlas; those that take seconds by default;
    options: of `explained`. Raises WellfitError where that cannot be done.
    """
    return last(explained(what, parts, **options)).detail


def explained(
    what: Any,
    parts: Sequence[str] = (),
    *,
    data: Any = None,
    targets: Any = None,
    network: Any = None,
    shape: Sequence[int] = (),
    outputs: Sequence[int] = (),
    against: str | Path | None = None,
    replay: bool = False,
    out: str | Path | None = None,
    recipe: Any = None,
    **asked: Any,
) -> Iterator[Stage]:
    """What `explain` does, told Stage by Stage; the last holds the Explanation.

    data, targets: as for `fit`; of a run only where its own have moved or were in memory; network: of a run with one of
    the user's own; shape, outputs: of one example and output of a module without data; against: another run of the same
    task; replay: train once more, for the way of the weights (landscape); out: the folder, by default explained/ in the
    run's; recipe: choices for the data of a module; asked: layer, unit, objective, rows, methods, count, steps, seed, as
    in `nouns.look.Look`. Raises WellfitError.
    """
    wanted = parts_named(tuple(parts))
    asked = {k: tuple(v) if isinstance(v, list | tuple) else v for k, v in asked.items() if v is not None}
    module = what if isinstance(what, nn.Module) else None
    if module is None and isinstance(what, str) and ":" in what and not Path(what).exists():
        module = named(what, f"the network {what}")
    if module is None:
        look = of_run(what, data, targets, network, against, replay, **asked)
    else:
        look = of_module(
            module, what if isinstance(what, str) else "", data, targets, (shape, outputs), recipe, **asked
        )
    must_be_finite(look.network, look.name)
    if look.layer:
        layer_named(look.network, look.layer)
    folder = Path(out) if out else look.run.path / FOLDER if look.run else Path(f"{FOLDER}-{_file_name(look.name)}")
    found = {}
    for word, find in wanted if parts else parts_named(usual(look)):
        try:
            part = find(look)
        except (DataError, NetworkError) as error:
            if "all" not in parts:
                raise
            yield Stage(word, f"left out: {error.found}", error, {"part": word, "left_out": error.found})
            continue
        found[word] = part
        write_part(folder, part)
        yield Stage(word, part.line, part, {"part": word, "line": part.line, **part.facts})
    page = write_page(folder, look.name, tuple(PARTS))
    yield Stage("page", str(page), Explanation(page, found), {"page": str(page), "status": "done"})


def of_run(
    path: Any, source: Any = None, targets: Any = None, network: Any = None, against: Any = None, replay: bool = False,
    **asked: Any,
) -> Look:  # fmt: skip
    """The look at a run: its network with its weights, and its data read again. Raises RunError where the run has not
    finished, was made by another version, or its data are gone or changed."""
    fitted = path if isinstance(path, Fitted) else None
    run = path.run if isinstance(path, Fitted) else Run.open(path)
    network = fitted.network if fitted and network is None else network
    if not (run.path / MODEL).is_file():
        status, wanted = run.result["status"], f"to look into {run.path}"
        if status == "done":
            raise RunError(
                wanted, f"its weights, {MODEL}, are gone", "restore the file from a copy, or start the run again"
            )
        found = f"it has not finished (status {status!r}), so its weights are not kept yet"
        raise RunError(wanted, found, f"wait for it, or `wellfit resume {run.path}`")
    model = _model(run, network)
    recipe = _recipe(run)
    where = recipe.data.source if source is None else source
    begun = keep.read_begun(run)
    held = load(where, recipe.data, targets, begun.preparation)
    gather.must_be_same(run, held)
    case = build(recipe, held, network)
    if model.preparation.shape_in != tuple(held.shape_in):
        found = f"its network takes {model.preparation.shape_in}, the data read now give {tuple(held.shape_in)}"
        raise RunError(f"the data of {run.path}", found, keep.MADE_OTHERWISE)
    other = None
    if against is not None:
        second = Run.open(against)
        other = (str(against), keep.read_model(second, network).network.to(case.device))
    seen = model.network.to(case.device)
    if replay:
        asked["path"] = (
            *played_again(transfer.again(case, begun)),
            tuple(p.detach().cpu().clone() for p in seen.parameters()),
        )
    return Look(str(run.path), seen, tuple(held.shape_in), held, case.loss, run, other, **asked)


def played_again(case: Case) -> list[tuple[Tensor, ...]]:
    """The weights before the first step and after each epoch: the training of a fresh case, which repeats bit for bit."""
    now = lambda: tuple(p.detach().cpu().clone() for p in case.network.parameters())
    found = [now()]
    for moment in train(case):
        if isinstance(moment, Rest) and moment.readings and not moment.why_stop:
            found.append(now())
    return found


def _model(run: Run, network: Any) -> keep.Model:
    """The run's model. Raises RunError where it was made by a version whose files are not read any more."""
    try:
        return keep.read_model(run, network)
    except (KeyError, TypeError) as error:
        found = f"its model file lacks {error}, as those of another version do"
        raise RunError(f"the model of {run.path}", found, keep.MADE_OTHERWISE) from None


def _recipe(run: Run) -> Recipe:
    """The run's recipe. Raises RunError for keys that this version does not know."""
    try:
        return run.recipe
    except RecipeError as error:
        raise RunError(f"the recipe of {run.path}", f"{error.asked}: {error.found}", keep.MADE_OTHERWISE) from None


def of_module(
    module: Any, name: str, source: Any, targets: Any, shapes: tuple[Any, Any], recipe: Any = None, **asked: Any
) -> Look:
    """The look at a module of the user's own, or at what makes one, with data or without: inputs go in as they are
    unless the recipe scales them. Raises NetworkError where it cannot be made, or without data and shape."""
    if source is None:
        if not shapes[0]:
            do = "name data with --data DATA, or the sizes of one example: --shape 3,224,224"
            raise NetworkError(f"to look into {name or 'a module'}", "neither data nor the shape of its inputs", do)
        made = as_module(module, tuple(shapes[0]), tuple(shapes[1]))
        return Look(name or type(made).__name__, made.eval(), tuple(shapes[0]), **asked)
    given = settle(source, recipe, {} if recipe else {"data.normalise": "none", "data.normalise_targets": "none"})
    held = load(source, given.data, targets)
    made = as_module(module, tuple(held.shape_in), tuple(held.shape_out))
    loss = _loss(held)
    return Look(name or type(made).__name__, made.eval(), tuple(held.shape_in), held, loss, **asked)


def _loss(data: Any) -> Any:
    return partial(weighed, function=shelf.get("losses", task_of(data.task).loss[0]))


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name.rpartition("/")[2]).strip("-") or "module"
