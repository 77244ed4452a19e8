"""`python -m wellfit` is the `wellfit` command."""

from wellfit.cli import main

main()
