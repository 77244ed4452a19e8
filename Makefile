# `make fit` and `make test` set everything up in .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
export MPLBACKEND := Agg

.PHONY: fit test lint setup bench clean

fit: .venv/ready
	$(BIN)/wellfit fit digits

test: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("wellfit needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q src/wellfit  # else compiled at each start where bytecode is not written
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis
