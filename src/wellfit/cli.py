"""The `wellfit` command: each job, with the view that shows it. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter

from wellfit import __version__

HELP = """From data to a neural network that fits well, with the evidence for every step.

To begin with:

    wellfit fit digits                      fit a bundled set: the first thing to try
    wellfit fit houses.csv --target price   fit your own table, pictures or arrays
    wellfit recipe digits                   see what it would choose, and why
    wellfit COMMAND --help                  what a command takes, with examples"""

app = App(
    name="wellfit",
    version=__version__,
    help=HELP,
    help_format="plaintext",
    default_parameter=Parameter(negative=(), show_default=False),
)
app["--help"].group = app["--version"].group = Group("Options", sort_key=9)


def _sizes(type_: Any, tokens: Sequence[Any]) -> tuple[int, ...]:
    """ "3,224,224" -> (3, 224, 224)."""
    sizes = tuple(int(n) for token in tokens for n in token.value.replace("x", ",").replace("×", ",").split(",") if n)
    if any(n < 1 for n in sizes):
        raise ValueError("sizes are whole numbers from 1 on, as 3,224,224")
    return sizes


Words = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
Shape = Annotated[tuple[int, ...], Parameter(converter=_sizes)]
Json = Annotated[bool, Parameter(help="Print one JSON document and nothing else.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Own:
    """Code of your own that a command runs.

    Parameters
    ----------
    network
        Your network, FILE.py:factory; factory(shape_in, shape_out) gives an nn.Module. The file is run.
    with_
        Plug-ins of your own (a network, a loss, a rule ...), Python files that are run.
    """

    network: str | None = None
    with_: Annotated[Words, Parameter(name="--with")] = ()


@Parameter(name="*")
@dataclass(frozen=True)
class Choices:
    """What may be chosen before a fit.

    Parameters
    ----------
    target
        The column to predict (or several).
    recipe
        A TOML file with choices, as `wellfit recipe` prints.
    from_
        Weights to begin with: a run, a .safetensors file, or a trained module, FILE.py:factory.
    set_
        Single choices, as training.epochs=50 network.widths=[64,64].
    skip_bad
        Leave out pictures that cannot be read, and count them.
    """

    target: Words = ()
    recipe: Path | None = None
    from_: Annotated[str | None, Parameter(name="--from")] = None
    set_: Annotated[Words, Parameter(name="--set")] = ()
    skip_bad: bool = False


@app.command(sort_key=1, usage="Usage: wellfit fit [DATA] [OPTIONS]")
def fit(
    data: str | None = None,
    /,
    *,
    choices: Choices = Choices(),
    out: Path | None = None,
    force: bool = False,
    summary: bool = False,
    compare: Literal["scratch"] | None = None,
    seeds: int = 3,
    json: Json = False,
    own: Own = Own(),
) -> int:
    """Fit a network to data: look at it, check, train, judge, test once, report.

    DATA is a bundled set (digits, iris, wine, breast_cancer, diabetes), a CSV or
    Parquet table, a folder or zip of class folders of pictures, .npy or .npz
    arrays, a folder of idx files as MNIST ships, or NetCDF, Zarr or GRIB fields.

    Ctrl-C ends training early: the best weights so far are kept, judged and
    reported. A run that was killed goes on with `wellfit resume`.

        wellfit fit digits
        wellfit fit houses.csv --target price --set training.epochs=100
        wellfit fit pictures.zip --out runs/first --summary
        wellfit fit few_pictures.zip --from runs/first --compare scratch
        wellfit fit digits --recipe mine.toml --json > result.json

    Parameters
    ----------
    data
        What to fit, as above. Default: digits.
    out
        The run's folder. Default: runs/DATE-TIME-NAME.
    force
        Train although a check before training failed.
    summary
        Show every layer with its output shape and parameters.
    compare
        With --from: train from scratch as well, seed by seed, and say what the earlier weights were worth.
    seeds
        With --compare: how many times both ways are trained.
    """

    def stages() -> Iterator[Any]:
        from wellfit.jobs.compare import compared
        from wellfit.jobs.fit import story

        source, given, network = _settled(data, choices, own)
        rest: dict[str, Any] = {"recipe": given, "network": network, "out": out, "force": force}
        yield from compared(source, seeds=seeds, **rest) if compare else story(source, **rest)

    return _tell(stages, json, summary)


@app.command(sort_key=2, usage="Usage: wellfit resume RUN [OPTIONS]")
def resume(run: Path, /, *, json: Json = False, own: Own = Own()) -> int:
    """Go on with a run that was killed or stopped.

    It ends bit for bit where the unbroken run would have ended.

        wellfit resume runs/20260301-101500-digits

    Parameters
    ----------
    run
        The folder of the run.
    """

    def stages() -> Iterator[Any]:
        from wellfit.jobs.resume import resumed

        yield from resumed(run, network=_own(own))

    return _tell(stages, json)


@app.command(sort_key=3, usage="Usage: wellfit recipe [DATA] [OPTIONS]")
def recipe(data: str | None = None, /, *, choices: Choices = Choices(), own: Own = Own()) -> int:
    """Print the recipe that `fit` would use, each choice with its reason.

    It is TOML: keep it, change it, hand it back.

        wellfit recipe digits > mine.toml
        wellfit fit digits --recipe mine.toml

    Parameters
    ----------
    data
        What would be fitted, as in `wellfit fit`.
    """
    from wellfit.jobs.plan import plan

    case, reasons = plan(*_settled(data, choices, own))
    _write(case.recipe.toml(reasons))
    return 0


@app.command(sort_key=4, usage="Usage: wellfit summary [DATA | RECIPE | MODULE:FACTORY] [OPTIONS]")
def summary(
    what: str | None = None,
    /,
    *,
    shape: Shape = (),
    outputs: Shape = (),
    batch: int = 32,
    json: Json = False,
    choices: Choices = Choices(),
    own: Own = Own(),
) -> int:
    """Look at a network before it is trained: layers, cost, connections, symmetries.

    Layer by layer the output shape, parameters, multiply-adds and receptive field; the memory of a training
    step; how one output hangs on its inputs; what the network does with inputs moved or turned.

        wellfit summary digits
        wellfit summary digits --set network.name=dense network.widths=[64,64]
        wellfit summary recipe.toml
        wellfit summary torchvision.models:resnet18 --shape 3,224,224

    Parameters
    ----------
    what
        What would be fitted, as in `wellfit fit`; a recipe; or what makes a network, module:factory or FILE.py:factory.
    shape
        For a factory: sizes of one example, as 3,224,224.
    outputs
        For a factory that takes (shape_in, shape_out): sizes of one output, as 10.
    batch
        For a factory: examples of a training step.
    """
    from wellfit.jobs.summary import of_data, of_module
    from wellfit.views.terminal import anatomy
    from wellfit.views.terminal.screen import screen

    if what and ":" in what and not Path(what).exists():
        facts = of_module(what, shape, outputs, batch)
    else:
        if what and what.endswith(".toml"):
            what, choices = None, replace(choices, recipe=Path(what))
        facts = of_data(*_settled(what, choices, own))
    if json:
        _write(dumps(facts, indent=1) + "\n")
    else:
        anatomy.show(facts, screen())
    return 0


@app.command(sort_key=5, usage="Usage: wellfit predict RUN DATA [OPTIONS]")
def predict(run: Path, data: str, /, *, out: Path | None = None, skip_bad: bool = False, own: Own = Own()) -> int:
    """Predict for new data with a run's network, with the probability of each class, as CSV; of fields as NetCDF.

    What it takes to prepare the data was kept with the network.

        wellfit predict runs/first new.csv --out predictions.csv
        wellfit predict runs/first picture.png

    Parameters
    ----------
    run
        The folder of the run.
    data
        Raw data as it was trained on, or one picture; the target need not be there.
    out
        The CSV file to write; of pictures with masks, the folder for the masks; of fields, the NetCDF file. Default:
        standard output.
    skip_bad
        Leave out pictures that cannot be read, and count them.
    """
    from wellfit.jobs import predict as job
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    answers = job.answers(run, data, skip_bad=skip_bad, network=_own(own))
    if out is not None:
        print(job.write(answers, out))
    elif sys.stdout.isatty():
        shown = screen()
        shown.print(tables.predictions(answers.table, shown))
    else:
        _write(job.csv(answers.table))
    return 0


@app.command(sort_key=6, usage="Usage: wellfit sample RUN [OPTIONS]")
def sample(
    run: Path,
    /,
    *,
    prompt: str = "\n",
    length: int = 500,
    temperature: float = 0.8,
    seed: int = 0,
    own: Own = Own(),
) -> int:
    """Let a run that learnt a text go on writing.

        wellfit sample runs/shakespeare --prompt "ROMEO:" --length 1000

    Parameters
    ----------
    run
        The folder of the run.
    prompt
        What stands before; it is printed too.
    length
        Symbols to write.
    temperature
        1 draws as it learnt, less is safer, 0 takes the likeliest each time.
    seed
        The same seed writes the same text.
    """
    from wellfit.jobs.sample import sample as job

    written = job(run, prompt, length=length, temperature=temperature, seed=seed, network=_own(own))
    _write(prompt.lstrip("\n") + written + "\n")
    return 0


@app.command(sort_key=7, usage="Usage: wellfit runs [FOLDER | RUN RUN ...] [--json]")
def runs(*where: Path, json: Json = False) -> int:
    """List runs, or compare some: their test figures, and the choices in which they differ.

    Only the files in the runs' folders are read, so a run may still be going on.

        wellfit runs
        wellfit runs runs/first runs/second

    Parameters
    ----------
    where
        A folder of runs (default: runs), or two or more runs.
    """
    from wellfit.jobs import runs as job
    from wellfit.views.document import document
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    shown = screen()
    facts: Any = job.compared(where) if len(where) > 1 else job.listed(*where)
    if json:
        _write(document(facts))
    else:
        shown.print(*(tables.compared(facts, shown) if len(where) > 1 else tables.runs(facts, shown)))
    return 0


@app.command(sort_key=0, usage="Usage: wellfit doctor [OPTIONS] SCRIPT [ITS OWN ARGUMENTS]", help_flags=[])
def doctor(*words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> int:
    """Say why a training script of your own does not learn: the cause, the line, the proof.

    The script runs unmodified, with its own arguments, output and exit status; what was found follows on
    standard error, and as JSON or an HTML page in a file where you ask for one.

        wellfit doctor train.py --epochs 3
        wellfit doctor --report found.html train.py
        wellfit doctor --json found.json --budget 30s train.py
        wellfit doctor --no-trials -m package.train
    """
    from wellfit.jobs.doctor import main as examine
    from wellfit.views.terminal.doctor import show

    examine(list(words), show)
    return 0


@app.command(sort_key=7, usage="Usage: wellfit report RUN")
def report(run: Path, /) -> int:
    """Write a run's report anew from its folder, and say where it is.

    It is one HTML page that needs no network.

        wellfit report runs/first

    Parameters
    ----------
    run
        The folder of the run.
    """
    from wellfit.jobs.fitted import open as open_run

    _write(f"{open_run(run).report()}\n")
    return 0


@app.command(sort_key=8, usage="Usage: wellfit about [WORD]")
def about(word: str = "", /) -> int:
    """Explain a word that wellfit uses: a fault, a check, a network, a loss, a schedule ...

    The words are those that the report and the recipe use.

        wellfit about lr-too-high
        wellfit about cosine

    Parameters
    ----------
    word
        The word, as wellfit writes it. Default: a list of all faults.
    """
    from wellfit.jobs.about import about

    _write(about(word))
    return 0


def _own(own: Own) -> Any:
    """The user's network, with their plug-ins on the shelves."""
    from wellfit.jobs.given import add_plugin, own_network

    for plugin in own.with_:
        add_plugin(plugin)
    return own_network(own.network)


def _settled(data: str | None, choices: Choices, own: Own) -> tuple[str, Any, Any]:
    """(source, recipe, the user's network) of what was given on the command line."""
    from wellfit.jobs.given import given

    network = _own(own)
    words = (choices.recipe, choices.set_, choices.target, choices.skip_bad, own.network, choices.from_)
    return *given(data, *words), network


def _tell(stages: Callable[[], Iterator[Any]], json: bool, layers: bool = False) -> int:
    """Show a job's stages as they come; 130 where the training was stopped by Ctrl-C, else 0.

    With `json` they are shown on standard error where that is a terminal, and standard output gets the document.
    """
    from wellfit.nouns.stage import last
    from wellfit.views import document, terminal
    from wellfit.views.terminal.screen import screen

    if not json:
        end = last(terminal.show(stages(), screen(), layers=layers))
        return 130 if end.facts.get("status") == "interrupted" else 0
    told = terminal.show(stages(), screen(sys.stderr), layers=layers) if sys.stderr.isatty() else stages()
    facts, refusal = document.story(told)
    _write(document.document(facts))
    if refusal is not None:
        raise refusal
    return 130 if facts["status"] == "interrupted" else 0


def _write(text: str) -> None:
    """Words for another program: UTF-8 in a pipe or a file, whatever the locale."""
    if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        left = memoryview(text.encode())
        while left:  # an unbuffered output takes what it can at a time
            left = left[sys.stdout.buffer.write(left) :]


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and leave: 0 done; 1 an error of wellfit's own; 2 refused; 130 stopped by Ctrl-C."""
    words = sys.argv[1:] if words is None else list(words)
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        from wellfit.views.terminal import refusals

        code = refusals.usage(error, words) if isinstance(error, CycloptsError) else refusals.refused(error)
    sys.exit(code)
