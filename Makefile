# The three plain commands behind `make run`, for machines without make:
#   python -m venv .venv && .venv/bin/pip install -r requirements.txt
#   .venv/bin/python scripts/generate_events.py
#   .venv/bin/dbt build
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test lint format clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "error: Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m compileall -q .venv/lib || true
	@touch $@

run: .venv/installed ## generate events if there are none, build, show the best users
	@ls data/raw/events/*.parquet > /dev/null 2>&1 || [ -n "$$POINTWISE_EVENTS" ] \
		|| $(BIN)/python scripts/generate_events.py
	$(BIN)/dbt --quiet build
	@$(BIN)/python scripts/rank.py --limit 10
	@echo
	@echo "Next:  $(BIN)/python scripts/explain.py --user ID     every point of one user"
	@echo "       $(BIN)/python scripts/explain.py               how all users are scored"
	@echo "       edit seeds/scoring_rules.csv, then make run    change what counts"

test: .venv/installed ## run every test, in scratch folders
	$(BIN)/python -m pytest tests/python

lint: .venv/installed ## check the form of SQL and Python
	$(BIN)/ruff check scripts tests models
	$(BIN)/ruff format --check scripts tests models

format: .venv/installed ## mend the form of Python
	$(BIN)/ruff check --fix scripts tests models
	$(BIN)/ruff format scripts tests models

clean: ## remove what was built, not the raw events
	rm -rf target logs data/pointwise.duckdb* data/published
