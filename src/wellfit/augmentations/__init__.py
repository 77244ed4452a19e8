"""Augmentations: (batch, strength, scene, draw) -> batch; refused(strength, scene) -> why not, or "". One a file."""
