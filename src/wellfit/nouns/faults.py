"""Faults: the vocabulary of what can be wrong with a training, the seven verdicts, and what a rule may ask for."""

from __future__ import annotations

FAULTS = {
    "inputs-unscaled": "inputs reach the network on scales far from one another or from 1",
    "targets-unscaled": "regression targets on a scale that the head, the loss or the step size cannot follow",
    "labels-misaligned": "labels do not belong to their inputs (shuffled apart, shifted, corrupted)",
    "labels-encoding": "labels in a form that the loss reads wrongly",
    "data-not-shuffled": "batches come ordered by class or by time",
    "data-leak": "validation or test examples, or statistics of them, reach training",
    "data-nonfinite": "NaN or Inf in inputs or targets",
    "class-imbalance": "one class drowns the others and nothing accounts for it",
    "augmentation-unsuitable": "a transform changes what the label says, or is applied where it must not be",
    "loss-unsuitable": "the loss does not fit the task",
    "output-activation-unsuitable": "the last activation contradicts the loss or the range of the targets",
    "shape-broadcast": "predictions and targets broadcast against each other instead of pairing up",
    "dimension-wrong": "softmax, argmax, mean or normalisation along the wrong axis",
    "layout-scrambled": "axes reshaped where they had to be permuted",
    "loss-scale": "the loss is summed or weighted so that its scale, and the step with it, is off",
    "activation-unsuitable": "hidden activations saturate, die, or are missing",
    "init-unsuitable": "weights start at zero, constant, too small or too large",
    "capacity-too-small": "the network cannot represent the relation, however long it trains",
    "capacity-too-large": "the network memorises the training set",
    "regularization-too-strong": "dropout or a penalty keeps it from fitting",
    "regularization-missing": "it overfits and nothing holds it back",
    "normalization-layer-misused": "batch norm with a batch of one, in the wrong place or with wrong statistics",
    "lr-too-high": "the step size is too large",
    "lr-too-low": "the step size is too small",
    "lr-schedule-unsuitable": "the rate falls too fast, too slowly, or is stepped at the wrong time",
    "optimizer-unsuitable": "this optimizer, or its settings, cannot train this network",
    "batch-size-too-small": "the minibatch is too small",
    "batch-size-too-large": "the minibatch is too large",
    "gradient-clipping-missing": "gradients explode and nothing bounds them",
    "epochs-too-few": "stopped while still improving",
    "epochs-too-many": "went on long past its best",
    "zero-grad-missing": "gradients pile up from step to step",
    "gradients-cleared": "gradients are wiped between backward and step",
    "step-missing": "the optimizer never steps, or not where it should",
    "parameters-missing": "parameters that the loss depends on are not in the optimizer",
    "graph-detached": "the gradient is cut by mistake",
    "mode-wrong": "trained in eval mode, or evaluated in train mode",
    "metric-wrong": "the reported measure is not what it says",
}
"""Label -> the cause it names. A rule's file is named like its label."""

VERDICTS = {
    "well-fitted": "what was learnt from the training rows carries over to the validation rows",
    "underfitted": "more could be learnt from these rows than was",
    "overfitted": "a fifth or more of what was learnt does not carry over",
    "not-learning": "nothing that holds beyond the training rows was learnt",
    "unstable": "the loss broke, blew up, or ended far above where it had been",
    "still-improving": "the validation loss was still falling when training ended",
    "too-noisy": "too few validation rows to tell",
}
"""The words of a verdict; docs/verdict.md has their definitions."""

READINGS = {
    "train_loss": "training loss by epoch",
    "valid_loss": "validation loss by epoch",
    "valid_loss_se": "its standard error",
    "valid_score": "accuracy, share of labels right, or R², by epoch",
    "lr": "step size by epoch",
    "batch_size": "examples a step, by epoch",
    "examples_s": "examples a second, by epoch",
    "loss": "loss of the sampled batches",
    "grad_norm": "gradient norm by layer",
    "update_ratio": "size of the last update over that of the weights, by layer",
    "activation_mean": "mean activation by layer",
    "activation_std": "spread of activations by layer",
    "dead_frac": "share of units that are 0 for a whole batch, by layer",
    "saturated_frac": "share of activations at the end of their range, by layer",
    "weight_norm": "norm of the weights by layer",
}
"""What probes and training measure: a Track each, or {layer: Track}."""

FACTS = (
    *("name", "kind", "task", "n_train", "n_valid", "n_test", "shape_in", "shape_out", "classes", "target_names"),
    *("units", "input_names", "split", "normalise", "class_counts", "missing", "duplicates", "chance_loss", "epochs"),
    *("parameters", "layers", "recipe", "skill", "why_stop", "score_name"),
    *("train_truth", "train_outputs", "train_example_loss", "valid_truth", "valid_outputs", "valid_example_loss"),
    *("valid_reference", "test_truth", "test_outputs", "test_loss", "sample_x", "sample_y", "first_weights"),
)
"""Facts of a run (data.json) and its arrays (evidence.npz), by name; recipe: {dotted key: value}; skill: a Skill."""


def known(name: str) -> bool:
    """May a rule ask for this?"""
    return name in READINGS or name in FACTS
