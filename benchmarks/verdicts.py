"""How often the verdict and the rules err, on small trainings whose fault is known from how they are made.

    python benchmarks/verdicts.py [SEEDS] [FIRST_SEED]

Trains every kind of tests/rules/kinds.py and every pair of tests/rules/pairs.py at SEEDS seeds (10), each with its
own split, weights and order, and prints tables of verdicts and of what each rule said. docs/verdict.md quotes them.
"""

from __future__ import annotations

import platform
import sys
from collections import Counter
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "rules"))

from kinds import KINDS
from pairs import PAIRS
from trainings import train

from wellfit.verbs.diagnose import diagnose, verdict


def verdicts(seeds: range) -> None:
    """A table of the verdicts on every kind of training, and what the rules said."""
    alarms, trained = Counter(), 0
    print("| made to be | training | verdicts | what rules said |\n| --- | --- | --- | --- |")
    for word, kinds in KINDS.items():
        for name, choices in kinds.items():
            given, said = Counter(), Counter()
            for seed in seeds:
                have = measured(choices, seed)
                findings = diagnose(have)
                labels = [f.fault for f in findings if f.severity in ("error", "warning")]
                given[verdict(have, findings).fault] += 1
                said.update(labels)
                if word == "well-fitted":
                    trained += 1
                    alarms.update(labels)
            print(f"| {word} | {name} | {_listed(given)} | {_listed(said)} |", flush=True)
    print(f"\nRules on {trained} healthy trainings: {_listed(alarms) or 'silent'}\n")


def rules(seeds: range) -> None:
    """A table of how often each rule speaks on its faulty and on its repaired training."""
    print("| rule | speaks on the faulty one | and first | speaks on the repaired one |\n| --- | --- | --- | --- |")
    for rule, (faulty, repaired) in PAIRS.items():
        label, spoke, top, false = rule.replace("_", "-"), 0, 0, 0
        for seed in seeds:
            labels = [f.fault for f in diagnose(measured(faulty, seed))]
            spoke, top = spoke + (label in labels), top + (labels[:1] == [label])
            false += label in [f.fault for f in diagnose(measured(repaired, seed))]
        n = len(seeds)
        print(f"| {label} | {spoke} of {n} | {top} of {n} | {false} of {n} |", flush=True)


def measured(choices: dict, seed: int) -> dict:
    """What rules and verdict read, of one training beside its forest."""
    return train(**{**choices, "seed": seed, "compare": True})


def main(n: int = 10, first: int = 1000) -> None:
    """Print both tables."""
    torch.set_num_threads(1)
    made = f"torch {torch.__version__}, python {platform.python_version()}, {platform.machine()}"
    print(f"{made}; {n} seeds from {first}\n")
    verdicts(range(first, first + n))
    rules(range(first, first + n))


def _listed(counts: Counter) -> str:
    return ", ".join(f"{label} {n}" for label, n in counts.most_common())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
