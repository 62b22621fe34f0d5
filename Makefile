# Everything a developer or a build server types. Needs only make and Python 3.11 or newer.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := actors core realtime devicegw asgi.py scripts
TEST ?= tests

.DEFAULT_GOAL := help
.PHONY: help run test quick matrix check fmt bench bench-ui attack lock audit clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 10

$(VENV)/.server: requirements.lock scripts/make_venv.sh
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock scripts/make_venv.sh
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.server

run: $(VENV)/.server ## the store: server, simulated trolleys and their Pi; PORT HOST DATA_DIR DATABASE_URL REDIS_URL DEMO_SHOPPERS
	@exec $(BIN)/python -m scripts.run

test: $(VENV)/.dev ## every test, on real PostgreSQL, Redis, Mosquitto and Chromium; TEST=path REPEAT=10 SEED=n BUSY=1
	@REPEAT="$(REPEAT)" SEED="$(SEED)" BUSY="$(BUSY)" exec $(BIN)/python -m scripts.run_tests $(TEST)

quick: $(VENV)/.dev ## within a minute: lint, types of what changed, the tests that need nothing but Python
	@exec $(BIN)/python -m scripts.quick

matrix: $(VENV)/.dev ## the tests on every Python from 3.11 to 3.14 that is here; TEST=path for some
	@exec $(BIN)/python -m scripts.matrix $(TEST)

check: $(VENV)/.dev ## format, lint, types, import contracts, of the pages too
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.frontend check

fmt: $(VENV)/.dev ## put the code into its format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python -m scripts.frontend fmt

bench: $(VENV)/.dev ## measure, and write docs/BENCHMARKS.md
	@exec $(BIN)/python -m bench

bench-ui: $(VENV)/.dev ## how soon the pages can be used on a slow phone; writes docs/PAGES.md
	@exec $(BIN)/python -m bench.ui

attack: $(VENV)/.dev ## the attacks, then floods and guessers in full; writes the figures into docs/SECURITY.md
	@exec $(BIN)/python -m bench.attack

lock: $(VENV)/.dev ## resolve the dependencies of pyproject.toml, write their bill of materials; UPGRADE=1 for the newest
	@UPGRADE="$(UPGRADE)" exec $(BIN)/python -m scripts.dependencies.lock

audit: $(VENV)/.dev ## ask what is known against the dependencies; says so when nobody can be asked
	@exec $(BIN)/python -m scripts.dependencies.audit

clean: ## remove what was built here; data in ./var stays
	rm -rf $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .bench staticfiles node_modules
