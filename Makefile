# One command each; `make` alone lists them. `make setup` is part of every other one and costs
# nothing when .venv already is what requirements.lock says.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test cover check format lock bench clean

PYTHON ?= python3
BIN := .venv/bin
# Passed on: make run ARGS="--port 9000", make test ARGS="tests/media -k resampler".
ARGS ?=

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup:  ## prepare .venv from requirements.lock (fetches uv when it is missing)
	@$(PYTHON) tools/setup.py

run: setup  ## start the server on port 8010, state under ./data
	@$(BIN)/switchboard run $(ARGS)

test: setup  ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

cover: setup  ## run the tests and show what they do not reach
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term $(ARGS)

check: setup  ## format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports --no-cache

format: setup  ## rewrite the code in the house's format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock:  ## resolve the dependencies again into requirements.lock
	@$(PYTHON) tools/setup.py --lock

bench: setup  ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(ARGS)

clean:  ## forget .venv and every cache
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
