# Every target installs what it needs into .venv, or says exactly what is missing.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5000
export PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test check faults bench lock messages screenshots

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/run.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (set PYTHON=...)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "installing requirements ..."
	@$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "installing what the tests need ..."
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@bash scripts/install_browser.sh
	@touch $@

run: $(VENV)/run.stamp ## Start web server and scheduler with demo data on 127.0.0.1:$PORT
	@exec $(BIN)/python scripts/run.py

check: $(VENV)/test.stamp ## Lint, format, types and security rules (the low ones are ruff's)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -ll -c pyproject.toml -r app.py portfolio scripts

test: check ## All tests on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadgroup

faults: $(VENV)/test.stamp ## The long fault runs at full count; prints their table
	$(BIN)/python -m pytest tests/faults -m slow -s -p no:cacheprovider

bench: $(VENV)/test.stamp ## The performance table: ratios measured in one run
	$(BIN)/python -m bench

lock: ## Pin requirements again with hashes
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet pip-tools
	build/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.txt requirements.in
	build/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements-dev.txt requirements-dev.in

messages: $(VENV)/test.stamp ## Bring the message catalogues up to date with the sources
	$(BIN)/python scripts/messages.py
