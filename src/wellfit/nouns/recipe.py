"""Recipe: every choice of one run in one validated, frozen object; TOML in and out.

A recipe may leave choices at "auto": `verbs/propose` fills them from the data and says why. What a run stores is
the complete recipe, with nothing left at "auto".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from wellfit.nouns import shelf
from wellfit.nouns.allowance import bytes_of
from wellfit.nouns.errors import RecipeError, nearest
from wellfit.nouns.refusal import refusal

Auto = Literal["auto"]
Frac = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


def _task_word(word: str) -> str:
    """The word where it is "auto" or on the shelf `tasks`; pydantic refuses it with the known ones otherwise."""
    known = ["auto", *shelf.names("tasks")]
    if word not in known:
        raise PydanticCustomError("unknown_word", "no task of the shelf", {"known": known})
    return word


TaskWord = Annotated[str, AfterValidator(_task_word)]


def _memory_word(word: str) -> str:
    """The word where it is "auto", "all" or a size."""
    try:
        return word if word in ("auto", "all") or bytes_of(word) else ""
    except ValueError as error:
        raise PydanticCustomError("no_size", "{said}", {"said": str(error)}) from None


MemoryWord = Annotated[str, AfterValidator(_memory_word)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataChoices(_Section):
    """What is learnt from, how it is split and scaled."""

    source: str = Field(default="digits", description="a bundled set's name or a path")
    target: str | tuple[str, ...] | None = Field(default=None, description="column (or columns) to predict")
    task: TaskWord = Field(default="auto", description="what is predicted: a task of the shelf")
    split: Literal["auto", "given", "stratified", "random", "group", "time"] = Field(
        default="auto", description="how rows are parted"
    )
    group: str | None = Field(default=None, description="column whose rows of one value stay together")
    time: str | None = Field(default=None, description="column that orders the rows; the latest are the test rows")
    valid_frac: Frac = Field(default=0.15, description="share of rows to choose by")
    test_frac: Frac = Field(default=0.2, description="share of rows for the one test at the end")
    history: int = Field(default=0, ge=0, description="steps or symbols that are looked back on; 0 = by the data")
    symbols: Literal["", "characters", "bytes"] = Field(
        default="", description='what a text is read as; "" = by the text'
    )
    horizon: int = Field(default=0, ge=0, description="steps ahead that a forecast answers; 0 = one season")
    coarsen: int = Field(
        default=0, ge=0, description="cells of a block a side, from whose means downscaling gives the field; 0 = 4"
    )
    valid_from: str = Field(default="", description="time of a series' first step to choose by; empty = by the shares")
    test_from: str = Field(default="", description="time of a series' first step of the test; empty = by the shares")
    until: str = Field(default="", description="time of a series' last step that is used; empty = its end")
    gap: int = Field(default=0, ge=0, description="steps of a series left out between train, valid and test")
    drop: tuple[str, ...] = Field(default=(), description="columns left out")
    weight: str | None = Field(default=None, description="column that says how much each row counts in the loss")
    normalise: Literal[
        "auto", "none", "centre", "standardise", "minmax", "robust", "quantile", "pca", "whiten", "each", "kept"
    ] = Field(
        default="auto",
        description="input scaling, from the training rows alone; kept: that of the weights begun with",
    )
    normalise_targets: Literal["auto", "none", "centre", "standardise", "minmax", "robust", "kept"] = Field(
        default="auto", description="target scaling (regression); predictions come back in their own units"
    )
    missing: Literal["auto", "refuse", "impute"] = Field(
        default="auto", description="what to do with missing or non-finite inputs"
    )
    skip_bad: bool = Field(default=False, description="leave out pictures that cannot be read, and count them")
    memory: MemoryWord = Field(
        default="auto",
        description="what data may take, as 2GB, beyond which they are streamed; auto = 1/4 of what is free; all = no limit",
    )
    seed: int = Field(default=0, ge=0, description="seed of the split")

    @model_validator(mode="after")
    def _room_for_training(self) -> DataChoices:
        if self.valid_frac + self.test_frac >= 0.95:
            raise ValueError("valid_frac + test_frac leave under 5 % of the rows to train on")
        if self.split == "group" and not self.group:
            raise ValueError('split = "group" needs group = "COLUMN"')
        in_order = ("sequence", "forecast", "field_forecast", "downscaling")
        if self.split == "time" and not self.time and self.task not in in_order:
            raise ValueError('split = "time" needs time = "COLUMN"')
        return self


class NetworkChoices(_Section):
    """The network and the weights it starts from."""

    name: str = Field(default="auto", description="a network of the shelf, or module:factory of your own")
    widths: tuple[Count, ...] | Auto = Field(
        default="auto", description="units (dense) or channels (conv) of each hidden layer"
    )
    activation: Literal["auto", "relu", "leaky_relu", "tanh", "sigmoid", "gelu"] = Field(
        default="auto", description="hidden activation"
    )
    init: Literal["auto", "he", "xavier", "constant_sigma", "zero", "orthogonal", "torch"] = Field(
        default="auto", description="initial weights"
    )
    init_sigma: Positive = Field(default=0.01, description="standard deviation for init = constant_sigma")
    dropout: Frac | Auto = Field(default="auto", description="share of hidden units dropped in training")
    norm: Literal["auto", "none", "batch", "layer"] = Field(default="auto", description="normalisation layer")
    options: dict[str, Any] = Field(default={}, description="settings of this network alone")


class TrainingChoices(_Section):
    """The loss, the optimizer and how long."""

    loss: str = Field(default="auto", description="a loss of the shelf")
    class_weights: Literal["none", "balanced"] | tuple[Positive, ...] = Field(
        default="none", description="weight of each class in the loss"
    )
    label_smoothing: Frac = Field(default=0.0, description="share of each label spread over all classes")
    optimizer: str = Field(default="auto", description="an optimizer of the shelf")
    lr: Positive | Auto = Field(default="auto", description="peak learning rate (step size)")
    momentum: Frac = Field(
        default=0.9, description="momentum (momentum, nesterov, rmsprop) or first-moment decay (adam, adamw)"
    )
    l2: NotNegative | Auto = Field(default="auto", description="L2 penalty (decoupled weight decay for adamw)")
    l1: NotNegative = Field(default=0.0, description="L1 penalty on weights")
    clip: NotNegative = Field(default=0.0, description="largest gradient norm; 0 = no clipping")
    schedule: str = Field(default="auto", description="how the rate falls, a schedule of the shelf")
    decay_by: Literal["rate", "batch"] = Field(
        default="rate", description="let the rate fall, or raise the batch instead (arXiv:1711.00489)"
    )
    final_frac: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.01, description="rate at the end as a share of the peak"
    )
    warmup_frac: Frac = Field(default=0.05, description="share of training in which the rate rises to its peak")
    batch_size: Count | Auto = Field(default="auto", description="examples a step")
    accumulate: Count = Field(
        default=1, description="parts that a batch is run in, one after the other, where it does not fit in memory"
    )
    checkpoint: Literal["none", "blocks"] = Field(
        default="none", description="blocks: keep each block's input alone and work the rest out again (less memory)"
    )
    parallel: Literal["ddp", "fsdp"] = Field(
        default="ddp",
        description="several processes: ddp, each holds the whole network; fsdp, each holds a share of it (less memory)",
    )
    epochs: Count | Auto = Field(default="auto", description="passes over the training rows")
    patience: int | Auto = Field(
        default="auto",
        description="epochs without a better validation loss before stopping; 0 = never",
        union_mode="left_to_right",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="precision of forward and backward passes"
    )
    device: str = Field(default="auto", description="cpu, cuda, cuda:1, mps")
    threads: Count | Auto = Field(default="auto", description="CPU threads that share the work of a step")
    seed: int = Field(default=0, ge=0, description="seed of weights, order and dropout")


class TransferChoices(_Section):
    """Weights of an earlier training to begin with, and how far they may move."""

    weights: str = Field(
        default="", description='a run, a .safetensors file, or "own" (those that your network comes with); "" = none'
    )
    mode: Literal["auto", "none", "fine-tune", "frozen", "gradual"] = Field(
        default="auto", description="what learns: all, the new layers alone, or layer after layer from the last one"
    )
    rate_decay: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="rate of a group of layers as a share of that of the group after it"
    )
    unfreeze_frac: Frac = Field(default=0.5, description="share of training after which gradual lets all layers learn")

    @model_validator(mode="after")
    def _something_to_begin_with(self) -> TransferChoices:
        if not self.weights and self.mode not in ("auto", "none"):
            raise ValueError('mode needs weights to begin with: weights = "runs/first", or --from RUN')
        return self


class AugmentChoices(_Section):
    """Ways in which training examples are varied, each a word of the shelf `augmentations` with its strength."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="after")
    def _on_the_shelf(self) -> AugmentChoices:
        known = shelf.names("augmentations")
        for word in self.model_extra or {}:
            if word not in known:
                close = nearest(word, known)
                raise ValueError(f"{word!r} is no augmentation; " + (f"{close!r} is" if close else ", ".join(known)))
        return self


class WatchChoices(_Section):
    """What watching may cost."""

    budget_frac: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.02, description="share of training time that watching may take; 0 = off"
    )
    checkpoint_s: Positive = Field(default=20.0, description="seconds between checkpoints")


class Recipe(_Section):
    """All choices of one run. `Recipe.read(path)`, `Recipe.of({"training.lr": 1e-3})`, `recipe.toml()`."""

    data: DataChoices = DataChoices()
    network: NetworkChoices = NetworkChoices()
    training: TrainingChoices = TrainingChoices()
    transfer: TransferChoices = TransferChoices()
    augment: AugmentChoices = AugmentChoices()
    watch: WatchChoices = WatchChoices()

    @classmethod
    def of(cls, choices: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
        """A recipe from nested choices or dotted ones ("training.lr"), laid over `base`. Raises RecipeError."""
        merged = base.model_dump(exclude_unset=True) if base else {}
        for key, value in flat(choices).items():
            section, _, name = key.partition(".")
            if not name:
                raise refusal(cls, key, value)
            holder = merged.setdefault(section, {})
            if isinstance(holder, dict) and name.startswith("options."):
                holder["options"] = {**holder.get("options", {}), name.removeprefix("options."): value}
            elif isinstance(holder, dict):
                holder[name] = value
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise refusal(cls, error=error) from None

    @classmethod
    def read(cls, path: str | Path) -> Recipe:
        """A recipe from a TOML file. Raises RecipeError where it is missing, no TOML, or refused."""
        try:
            return cls.of(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise RecipeError(
                f"the recipe {path}", error.strerror or str(error), "name an existing TOML file"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"the recipe {path}", f"no TOML: {error}", "mend that line") from None

    def flat(self) -> dict[str, Any]:
        """{"data.source": "digits", ...}: every choice under its dotted key."""
        return {f"{s}.{k}": v for s, section in self.model_dump().items() for k, v in section.items()}

    def given(self) -> set[str]:
        """The dotted keys that were set, as against left at their default."""
        return {f"{s}.{k}" for s in self.model_fields_set for k in getattr(self, s).model_fields_set}

    def toml(self, reasons: Mapping[str, str] | None = None) -> str:
        """The recipe as TOML, each choice with its reason, or what it means, as a comment."""
        document = tomlkit.document()
        for name, section in self.model_dump().items():
            table = tomlkit.table()
            fields = type(getattr(self, name)).model_fields
            for key, value in section.items():
                if value is None:
                    continue
                item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
                told = fields[key].description if key in fields else ""
                reason = (reasons or {}).get(f"{name}.{key}") or told or ""
                table.add(key, item.comment(reason) if reason else item)
            document.add(name, table)
        return tomlkit.dumps(document)


def flat(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Nested sections flattened to dotted keys; `network.options` stays one value."""
    found: dict[str, Any] = {}
    for key, value in choices.items():
        if isinstance(value, Mapping) and "." not in key:
            found.update({f"{key}.{k}": v for k, v in value.items()} or {})
        else:
            found[key] = value
    return found


def from_words(words: Iterable[str]) -> dict[str, Any]:
    """`--set training.epochs=50 network.widths=[64,64]` as choices: values are TOML, bare words are strings.

    Raises RecipeError for a word without "=".
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise RecipeError(f"--set {word}", "no '='", "write --set section.key=value")
        try:
            found[key.strip()] = tomllib.loads(f"v = {text}")["v"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = text.strip()
    return found
