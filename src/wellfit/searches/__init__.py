"""Searches: where in a space the next trial lies; (seed) -> an Optuna sampler, one a file."""
