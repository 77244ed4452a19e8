"""Explainers: (network, inputs [B, *shape], target) -> what each input did for the target, [B, *shape] or by cell.

Beside the function a file says what it PROMISES: "sum", the parts add up to the target less that of the baseline;
"ignored", an input that the network ignores gets 0. Targets are functions of outputs (`nouns.aim.Aim`).
"""
