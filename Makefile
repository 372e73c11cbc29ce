# Everything is done by one of these. Python 3.11 or newer is all that must be there beforehand; what else is needed is
# installed into .venv and .emulator from the lockfiles, hashes enforced. Nothing is installed outside this directory.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
PYTEST := $(PY) -m pytest
STAGE ?= dev
# Output appears as it is made, and no .pyc of ours lies about in the tree that is packaged.
export PYTHONUNBUFFERED := 1
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup demo audit test prove check lint bench golden up down token package deploy lock salesforce

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

setup:  ## install what is needed, once (every other target does it itself)
	@$(PYTHON) local/venvs.py dev emulator

demo: setup  ## play a month of a reseller's life on a fresh stack; ONCE=1 ends by itself
	@$(PY) -m local.demo $(if $(filter-out 0,$(ONCE)),--once)

up: setup  ## start an empty stack in the background; .local/stack.json says where everything is
	@$(PY) -m local.up

down:  ## end what `make up` started
	@if [ -x $(PY) ]; then $(PY) -m local.down; fi

token: setup  ## print a bearer token: make token ROLE=rep USER=<Salesforce user id>
	@$(PY) -m local.token --role "$(ROLE)" --user "$(if $(filter command,$(firstword $(origin USER))),$(USER))"

audit: setup  ## hold ledger, standings and payouts of a stack against each other: make audit [STAGE=prod]
	@$(PY) -m local.audit $(if $(filter-out file,$(firstword $(origin STAGE))),--stage $(STAGE)) $(ARGS)

test: setup  ## run every test; ARGS="-k close" narrows
	@$(PYTHON) local/lightning.py || [ -z "$${CI:-}" ]
	@.salesforce/bin/python -m local.browser > /dev/null || [ -z "$${CI:-}" ]
	@echo "== tests without the stack =="
	@$(PYTEST) -n auto -m "not stack" $(ARGS) || [ $$? = 5 ]
	@echo "== tests on the stack =="
	@$(PYTEST) -n 2 --dist loadfile -m stack $(ARGS) || [ $$? = 5 ]

salesforce: setup  ## check the Salesforce package: metadata, names, Apex, contract; needs no org
	@$(PYTHON) local/lightning.py
	@$(PYTEST) -m "not stack" tests/salesforce $(ARGS)

prove: setup  ## let every call fail in every way, race, plant bugs; write docs/proof.md; FULL=1: 1,000,000 faults
	@echo "== planted bugs =="; $(PY) -m tests.mutants.run
	@$(PY) -m tests.simulator.prove $(if $(filter-out 0,$(FULL)),--full)

lint: setup  ## style, types, import contracts, security
	@echo "== ruff ==";         $(PY) -m ruff check .
	@echo "== ruff format ==";  $(PY) -m ruff format --check .
	@echo "== mypy ==";         $(PY) -m mypy
	@echo "== imports ==";      .venv/bin/lint-imports
	@$(PYTHON) local/venvs.py scanners
	@echo "== bandit ==";       .scanners/bin/bandit --quiet --configfile pyproject.toml --recursive app.py chalicelib infra local bench
	@echo "== own rules ==";    $(PY) -m tests.security.own_rules

check: lint package  ## what CI runs: lint, the packaged template, every test
	@echo "== cfn-lint ==";     .venv/bin/cfn-lint out/sam.yaml
	@$(MAKE) --no-print-directory test

bench: setup  ## measure; docs/performance.md says what the figures mean
	@for file in bench/[a-z]*.py; do echo "== $$file =="; $(PY) -m bench.$$(basename $$file .py); done

golden: setup  ## rewrite the golden files; read the diff
	@KICKER_GOLDEN=write $(PYTEST) -m "not stack" tests -k golden || [ $$? = 5 ]
	@git --no-pager diff --stat -- tests/golden

package: setup  ## make out/sam.yaml and out/deployment.zip for this machine's Python
	@$(PY) -m infra.package

deploy: setup  ## deploy to the AWS account your environment names: make deploy STAGE=prod
	@$(PY) -m infra.package --lambda
	@$(PY) -m infra.deploy --stage $(STAGE)

lock: setup  ## resolve requirements*.in again into the lockfiles
	@$(PYTHON) -m venv .local/lock && .local/lock/bin/pip install --quiet uv
	@for name in requirements requirements-dev requirements-emulator requirements-scanners requirements-peers \
	  requirements-salesforce; do \
	  .local/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links $$name.in -o $$name.txt; echo "$$name.txt"; done
