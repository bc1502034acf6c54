# The only menu. `make` shows it. Every target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Compiled modules are kept: else each of the dozen processes compiles its thousand anew, at every start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
TEST_PROCESSES ?= 2
SETUP_INPUTS := uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml)

.PHONY: help demo up down clean status test chaos bench check setup

help: ## show this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## buy a key, once, for real: order, payment, mail, link, revealed key
	@exec $(PYTHON) -m bitloot_local demo

up: setup ## start the local stack in the background; its addresses are in .local/env
	@exec $(PYTHON) -m bitloot_local up

down: setup ## stop the local stack; its data stays
	@exec $(PYTHON) -m bitloot_local down

status: setup ## what runs, what has died
	@exec $(PYTHON) -m bitloot_local status

clean: setup ## stop the local stack and forget its data
	@exec $(PYTHON) -m bitloot_local clean

test: setup ## every test: unit, integration, end to end; ARGS="-k name" for some
	@deploy/local/test-tools
	@exec .venv/bin/pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(ARGS)

chaos: setup ## 2,000 orders under faults and kill -9; CHAOS_ORDERS and CHAOS_SEED for others
	@CHAOS_ORDERS=$${CHAOS_ORDERS:-2000} exec .venv/bin/pytest tests/e2e/test_chaos.py $(ARGS)

bench: setup ## the benchmarks with their baselines, into bench/results.json; BENCH="pipeline" for one
	@deploy/local/test-tools bench
	@exec $(PYTHON) -m bench $(BENCH)

check: setup ## format, lint, types, boundaries, images, secrets, lock file, alerts, manifests, contracts: no server
	@deploy/local/test-tools check
	@.venv/bin/ruff format --check --quiet --output-format concise || { echo "run: .venv/bin/ruff format"; exit 1; }
	@.venv/bin/ruff check --quiet
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) clients/generate.py --check
	@.venv/bin/hadolint deploy/Dockerfile
	@.venv/bin/shellcheck deploy/local/uv deploy/local/test-tools .ci/run
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@$(PYTHON) deploy/checks/secret_scan.py
	@.venv/bin/pytest --quiet --no-header tests/test_*.py
	@deploy/local/uv lock --check --quiet || { echo "run: deploy/local/uv lock"; exit 1; }

setup: .venv/.complete ## install what the other targets need, from the lock file

.venv/.complete: $(SETUP_INPUTS)
	@echo "setting up .venv from uv.lock"
	@deploy/local/uv sync --frozen --all-packages 2>&1 | sed -u '/^ [-+~] /d'
	@touch $@
