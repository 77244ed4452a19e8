"""Run folders made up for tests of what reads them: plausible figures, no training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run

ENVIRONMENT = {
    "wellfit": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "numpy": "2.4.6", "platform": "Linux x86_64",
    "cpu": "2 cores", "device": "cpu", "seed": 0, "started": "2026-11-25 09:12",
}  # fmt: skip


def pictures_run(
    folder: Path, epochs: int = 60, *, upto: int | None = None, test: bool = True, classes: tuple[str, ...] = ()
) -> Run:
    """A classification of 8×8 digits by a small convolutional network. `upto`: interrupted after so many epochs."""
    from sklearn.datasets import load_digits

    rng, digits = np.random.default_rng(0), load_digits()
    names = classes or tuple(str(k) for k in range(10))
    layers = ("conv1", "conv2", "head")
    run = _begin(folder, "digits", "classification", "cross_entropy")
    run.append(
        _curves(rng, upto or epochs, 2.30, 0.07, 36)
        + _inside(rng, (upto or epochs) * 36, layers, relu=("relu1", "relu2"))
    )
    facts = _facts("digits", "pictures", "classification", 1167, 270, 360, epochs)
    counts = {
        s: np.bincount(rng.integers(0, len(names), n), minlength=len(names)).tolist()
        for s, n in (("train", 1167), ("valid", 270), ("test", 360))
    }
    facts |= {
        "classes": names,
        "class_counts": counts,
        "shape_in": [1, 8, 8],
        "shape_out": [len(names)],
        "chance_loss": 2.3024,
    }
    facts |= {"parameters": 21130, "duplicates": 3, "layers": _layers(len(names))}
    evidence: dict[str, Any] = {"sample_x": digits.images[:64, None] / 16, "sample_y": digits.target[:64]}
    evidence["first_weights"] = rng.normal(size=(16, 1, 3, 3))
    if test:
        truth, outputs = _guesses(rng, 360, len(names), 0.975)
        loss = -np.log(outputs[np.arange(360), truth])
        wrong = [i for i in np.argsort(-loss) if outputs[i].argmax() != truth[i]][:24]
        shown = [int(rng.choice(np.flatnonzero(digits.target == truth[i] % 10))) for i in wrong]
        evidence |= {"test_truth": truth, "test_outputs": outputs, "test_loss": loss, "worst_rows": np.array(shown)}
        evidence["worst_x"] = digits.images[shown][:, None] / 16
        accuracy = float((outputs.argmax(1) == truth).mean())
        metrics = {
            "accuracy": _metric(accuracy, 0.956, 0.986, 360), "macro F1": _metric(accuracy - 0.001, 0.954, 0.987, 360),
            "log loss": _metric(float(loss.mean()), 0.06, 0.11, 360, "nats"),
        }  # fmt: skip
        metrics["accuracy"]["baseline"] = 0.1028
        facts["baseline"] = "always '3', the commonest class in training"
        _write_result(run, test=metrics)
    return _end(run, facts, evidence, _findings("well-fitted"), "interrupted" if upto else "done")


def table_run(folder: Path, targets: int = 1) -> Run:
    """A regression on a table with a categorical column, missing cells and a capped target."""
    rng, n = np.random.default_rng(1), 4128
    run = _begin(folder, "california_housing.csv", "regression", "mse", "median_house_value")
    layers = ("body.0", "body.3", "body.6", "head")
    run.append(
        _curves(rng, 80, 1.0, 0.19, 100, overfit=True) + _inside(rng, 8000, layers, relu=("body.2", "body.5", "body.8"))
    )
    names = ["median_house_value", "rooms <b>per</b> household", "population $"][:targets]
    inputs = ["longitude", "latitude", "housing_median_age", "total_rooms", "median_income", "ocean_proximity"]
    facts = _facts("california_housing", "table", "regression", 13416, 3096, n, 80)
    facts |= {
        "target_names": names,
        "units": {names[0]: "USD", "longitude": "°", "latitude": "°"},
        "input_names": inputs,
        "shape_in": [10],
    }
    facts |= {
        "shape_out": [targets],
        "chance_loss": 1.0,
        "parameters": 34817,
        "missing": {"total_rooms": 207},
        "layers": _layers(targets),
    }
    truth = np.minimum(np.exp(rng.normal(12.1, 0.55, (n, targets))), 500001)
    outputs = truth * rng.normal(1.0, 0.18, (n, targets)) + 4000
    oceans = rng.choice(["INLAND", "NEAR BAY", "<1H OCEAN"], 300)
    numbers = [rng.uniform(-124, -114, 300), rng.uniform(32, 42, 300), rng.integers(1, 52, 300).astype(float)]
    numbers += [np.exp(rng.normal(7.6, 0.7, 300)), rng.gamma(4, 1, 300)]
    evidence = {
        "test_truth": truth,
        "test_outputs": outputs,
        "test_loss": ((truth - outputs) ** 2).mean(1),
        "train_truth": truth[:3000],
        "sample_x": np.stack([*numbers, oceans], axis=1).astype(str),
        "sample_y": truth[:300],
        "first_weights": rng.normal(size=(128, 10)),
        "worst_rows": np.arange(24) * 31,
    }
    rmse = float(np.sqrt(((truth - outputs) ** 2).mean()))
    metrics = {
        "RMSE": _metric(rmse, rmse * 0.96, rmse * 1.05, n, "USD"),
        "MAE": _metric(rmse * 0.7, rmse * 0.68, rmse * 0.73, n, "USD"),
        "R²": _metric(0.81, 0.79, 0.83, n),
    }
    metrics["RMSE"]["baseline"] = 115400.0
    facts["baseline"] = "always the mean of the training targets"
    _write_result(run, test=metrics)
    return _end(run, facts, evidence, _findings("overfitted"), "done")


def bare_run(folder: Path, *readings: Reading) -> Run:
    """A run killed at once: a recipe, an environment, and what readings there are."""
    run = _begin(folder, "digits", "classification", "cross_entropy")
    run.append(readings)
    return run


def _begin(folder: Path, source: str, task: str, loss: str, target: str | None = None) -> Run:
    choices = {
        "data.source": source,
        "data.task": task,
        "training.loss": loss,
        "training.optimizer": "adamw",
        "training.lr": 0.003,
        "data.target": target,
    }
    return Run.create(folder, Recipe.of(choices), ENVIRONMENT)


def _end(run: Run, facts: dict[str, Any], evidence: dict[str, Any], findings: list[Finding], status: str) -> Run:
    run.write_json("data.json", facts)
    np.savez_compressed(run.path / "evidence.npz", **evidence)
    run.write_findings(findings)
    verdict = next(f for f in findings if f.stage == "verdict")
    _write_result(run, status=status, verdict=verdict.fault)
    return run


def _facts(name: str, kind: str, task: str, n_train: int, n_valid: int, n_test: int, epochs: int) -> dict[str, Any]:
    facts = {
        "name": name,
        "kind": kind,
        "task": task,
        "n_train": n_train,
        "n_valid": n_valid,
        "n_test": n_test,
        "epochs": epochs,
    }
    return facts | {
        "split": "stratified",
        "normalise": "standardise",
        "watch_s": 0.31,
        "watch_frac": 0.0147,
        "train_s": 21.1,
    }


def _layers(n_out: int) -> list[dict[str, Any]]:
    rows = [
        ("conv1", "Conv2d", [16, 8, 8], 160, 3),
        ("relu1", "ReLU", [16, 8, 8], 0, 3),
        ("conv2", "Conv2d", [32, 8, 8], 4640, 5),
    ]
    rows += [
        ("relu2", "ReLU", [32, 8, 8], 0, 5),
        ("pool", "MaxPool2d", [32, 4, 4], 0, 6),
        ("head", "Linear", [n_out], 16330, None),
    ]
    return [dict(zip(("name", "type", "shape_out", "parameters", "receptive_field"), row)) for row in rows]


def _metric(value: float, low: float, high: float, n: int, unit: str = "") -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "unit": unit, "n": n}


def _guesses(rng: np.random.Generator, n: int, c: int, right: float) -> tuple[np.ndarray, np.ndarray]:
    truth = rng.integers(0, c, n)
    logits = rng.normal(size=(n, c))
    said = np.where(rng.random(n) < right, truth, (truth + rng.choice([1, 3, 7], n)) % c)
    logits[np.arange(n), said] += rng.gamma(6, 1.2, n)
    outputs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return truth, outputs


def _curves(
    rng: np.random.Generator, epochs: int, start: float, end: float, steps: int, overfit: bool = False
) -> list[Reading]:
    found = []
    for e in range(1, epochs + 1):
        train = end * 0.4 + (start - end * 0.4) * np.exp(-e / 7) * rng.normal(1, 0.03)
        valid = (
            end + (start - end) * np.exp(-e / 7) + rng.normal(0, 0.004) + (0.0018 * max(0, e - 25) if overfit else 0)
        )
        values = {
            "train_loss": train,
            "valid_loss": valid,
            "valid_loss_se": valid * 0.12,
            "valid_score": 1 - valid * 0.28,
        }
        values |= {
            "lr": 0.003 * max(0.01, 0.5 * (1 + np.cos(np.pi * e / epochs))),
            "batch_size": 32,
            "examples_s": 61000 * rng.normal(1, 0.04),
        }
        found += [
            Reading(name, float(v), e * steps, float(e), "", "1/s" if name == "examples_s" else "")
            for name, v in values.items()
        ]
    return found


def _inside(rng: np.random.Generator, steps: int, layers: tuple[str, ...], relu: tuple[str, ...]) -> list[Reading]:
    at = sorted({*(2**k for k in range(12) if 2**k < steps), *range(0, steps, max(1, steps // 120))})
    found = []
    for step in at:
        gone = step / steps
        found.append(Reading("loss", float(2.3 * np.exp(-6 * gone) + abs(rng.normal(0.05, 0.04))), step, gone))
        for depth, layer in enumerate(layers):
            values = {
                "grad_norm": 0.8 / (depth + 1) * np.exp(-3 * gone) * rng.lognormal(0, 0.3),
                "update_ratio": 4e-3 / (depth + 1) * (1.02 - gone) * rng.lognormal(0, 0.2),
                "weight_norm": 3 + depth + 2 * gone,
            }
            found += [Reading(name, float(v), step, gone, layer) for name, v in values.items()]
        for depth, layer in enumerate((*relu, layers[-1])):
            found += [
                Reading("activation_mean", 0.3 + 0.1 * depth + 0.2 * gone, step, gone, layer),
                Reading(
                    "activation_std", float(0.6 + 0.5 * depth * gone + abs(rng.normal(0, 0.03))), step, gone, layer
                ),
            ]
        found += [
            Reading("dead_frac", float(np.clip(0.05 * (k + 1) * gone + rng.normal(0, 0.005), 0, 1)), step, gone, layer)
            for k, layer in enumerate(relu)
        ]
    return found


def _findings(verdict: str) -> list[Finding]:
    well, high = verdict == "well-fitted", "The validation loss rises from epoch 25 on while the training loss falls."
    final = Finding(
        verdict,
        "ok" if well else "warning",
        "Training and validation loss agree and have both levelled out." if well else high,
        "gap 0.047 ± 0.012 at the best epoch",
        "" if well else "Stop earlier, add dropout or an L2 penalty, or get more data.",
        0.9,
        change={} if well else {"network.dropout": 0.2},
        stage="verdict",
    )
    leak = "3 rows of the test split are also in the training split."
    change = {"training.lr": 0.001, "network.widths": [64, 64], "training.optimizer": "adamw"}
    noisy = Finding(
        "lr-too-high",
        "info",
        "The first epochs were noisier than the later ones.",
        "update ratio 0.021 in conv1, steps 1 to 64",
        "Lower the rate or warm up longer.",
        0.4,
        step=64,
        limit=0.01,
        source="CS231n notes",
        change=change,
        readings=(Reading("update_ratio", 0.021, 12, 0.3, "conv1"),),
    )
    return [
        _check("first-loss", "The first loss is what chance gives.", "2.342 against 2.302 (+1.7 %)", 0.1),
        _check("tiny-batch", "A batch of 16 can be fitted.", "loss 0.0021 after 84 steps", 0.05),
        _check("own-example", "Each output depends on its own example only.", "gradient to other examples 0", 0.0),
        _check(
            "scale-kept", "Activations shrink on their way.", "sd 1.0 at the input, 0.21 at the head", 0.3, "warning"
        ),
        _check("gradients-reach", "Every parameter gets a finite, non-zero gradient.", "6 of 6 tensors"),
        Finding("data-leak", "warning", leak, "3 of 360 test rows (0.8 %)", "Part the rows by group.", stage="data"),
        noisy,
        final,
    ]


def _check(name: str, summary: str, evidence: str, limit: float | None = None, severity: Any = "ok") -> Finding:
    change = {} if severity == "ok" else {"network.init": "he"}
    remedy = "Initialise with he." if change else ""
    return Finding(name, severity, summary, evidence, remedy, 0.7, limit=limit, change=change, stage="check")


def poison(run: Run, name: str, value: float, after_epoch: float) -> None:
    """Readings of `name` from an epoch on become `value` (NaN, inf ...)."""
    changed = [
        Reading(r.name, value, r.step, r.epoch, r.where, r.unit) if r.name == name and r.epoch >= after_epoch else r
        for r in run.readings
    ]
    lines = [
        json.dumps({k: getattr(r, k) for k in ("name", "value", "step", "epoch", "where", "unit")}) for r in changed
    ]
    run.write("readings.jsonl", ("\n".join(lines) + "\n").encode())


def _write_result(run: Run, **facts: Any) -> None:
    run.write_json("result.json", {**run.read_json("result.json", {}), **facts})
