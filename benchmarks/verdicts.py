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


def run(choices: dict, seed: int) -> tuple[str, list[str], dict]:
    """(verdict, labels of findings of error or warning, what was measured) of one training."""
    have = train(seed=seed, compare=True, **choices)
    findings = diagnose(have)
    return verdict(have, findings).fault, [f.fault for f in findings if f.severity in ("error", "warning")], have


def main(seeds: int = 10, first: int = 1000) -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    made = f"torch {torch.__version__}, python {platform.python_version()}, {platform.machine()}"
    print(f"{made}; {seeds} seeds from {first}\n")
    alarms, trained = Counter(), 0
    print("| made to be | training | verdicts | what rules said |\n| --- | --- | --- | --- |")
    for word, kinds in KINDS.items():
        for name, choices in kinds.items():
            verdicts, said = Counter(), Counter()
            for seed in range(first, first + seeds):
                got, labels, _ = run(choices, seed)
                verdicts[got] += 1
                said.update(labels)
                if word == "well-fitted":
                    trained += 1
                    alarms.update(labels)
            print(f"| {word} | {name} | {_listed(verdicts)} | {_listed(said)} |", flush=True)
    print(f"\nRules on {trained} healthy trainings: {_listed(alarms) or 'silent'}\n")
    print("| rule | speaks on the faulty one | is the first finding | speaks on the repaired one |")
    print("| --- | --- | --- | --- |")
    for rule, (faulty, repaired) in PAIRS.items():
        label, spoke, top, false = rule.replace("_", "-"), 0, 0, 0
        for seed in range(first, first + seeds):
            have = train(seed=seed, compare=True, **faulty)
            labels = [f.fault for f in diagnose(have)]
            spoke, top = spoke + (label in labels), top + (labels[:1] == [label])
            false += label in [f.fault for f in diagnose(train(seed=seed, compare=True, **repaired))]
        print(f"| {label} | {spoke} of {seeds} | {top} of {seeds} | {false} of {seeds} |", flush=True)


def _listed(counts: Counter) -> str:
    return ", ".join(f"{label} {n}" for label, n in counts.most_common())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
