# Without make, `make run` is two commands:
#   python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
#   .venv/bin/pointwise run
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The Python that .venv is made with: make run PYTHON=python3.12
PYTHON ?= python3
# More arguments for pytest: make test ARGS="-k ledger"
ARGS ?=
BIN := .venv/bin
UV := uv==0.13.9
# A file of tests stays on one core, so that its builds are shared; see FIRST in
# tests/python/conftest.py for their order. A third worker takes longer: each builds the
# shared worlds, and the cores are busy.
both_cores := --numprocesses 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

# Size of `make bench`: make bench EVENTS=50000000
EVENTS ?= 10000000

# The experiment of `make experiment`: NAME=call_promising_users.
NAME ?=

.PHONY: help run dashboard what-if experiment bench test lint format compat spark-test docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

run: .venv/runtime ## build the scores and show the best users; makes events if there are none
	@$(BIN)/pointwise run

dashboard: .venv/runtime ## show the results page on http://localhost:8000, until Ctrl-C
	@$(BIN)/pointwise serve

what-if: .venv/runtime ## what an edited control panel would do: PANEL=folder or one of its CSVs
	@$(BIN)/pointwise what-if $(PANEL)

experiment: .venv/runtime ## assign the users of an experiment: NAME=call_promising_users
	@$(BIN)/pointwise experiment assign $(NAME)

bench: .venv/dev ## measure speed and memory against polars and pandas: EVENTS=50000000
	@$(BIN)/python bench/run.py --events $(EVENTS)

test: .venv/dev ## run every test, in scratch folders; ARGS="-k ledger" picks some
	@$(BIN)/python -m pytest $(both_cores) $(ARGS)

lint: .venv/dev ## check the form of Python, SQL and YAML
	@failed=; \
	$(BIN)/ruff check . || failed+=" ruff-check"; \
	$(BIN)/ruff format --check . || failed+=" ruff-format"; \
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 models tests \
		|| failed+=" sqlfluff"; \
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 --config macros/lint.cfg \
		--exclude-rules $(not_of_macros) $$($(BIN)/python macros/lint.py) \
		|| failed+=" sqlfluff-macros"; \
	$(BIN)/yamllint --strict . || failed+=" yamllint"; \
	[[ -z $$failed ]] || { echo "error: to fix:$$failed" >&2; exit 1; }

# Rules of form, what dbt itself writes (quotes), what a fragment cannot know (the CTEs
# and tables of the query it stands in), and those that pyproject.toml leaves out.
not_of_macros := layout,references.quoting,references.qualification,structure.subquery,ambiguous.order_by,references.keywords,structure.column_order

format: .venv/dev ## fix the form of Python and SQL
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar --processes 2 models tests

compat: .venv-compat/dev ## run every test with DuckDB 1.5.6, in a venv of its own
	@.venv-compat/bin/python -m pytest $(both_cores) $(ARGS)

spark-test: .venv/spark ## build a small world on Spark: the same cells as DuckDB; installs Java, if need be
	@type -P java > /dev/null || { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install --no-install-recommends openjdk-17-jre-headless > /dev/null; }
	@$(BIN)/python -m pytest tests/spark -o faulthandler_timeout=3600 $(ARGS)

docs: .venv/runtime ## write dbt's documentation to one page, target/static_index.html
	@$(BIN)/dbt --quiet docs generate --static
	@echo "Open target/static_index.html"

clean: ## remove what can be built again; raw events, models, .venv and what is published stay
	rm -rf target logs data/pointwise.duckdb data/pointwise.duckdb.wal
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find macros models scripts tests -name __pycache__ -prune -exec rm -r {} +

# Each environment has a stamp a set of requirements, so that `make run` need not wait
# for the tools that only tests use.
.venv/runtime: requirements.txt pyproject.toml
	$(call install,.venv,requirements.txt)

.venv/dev: requirements-dev.txt | .venv/runtime
	$(call install,.venv,requirements-dev.txt)

.venv-compat/dev: requirements-dev.txt pyproject.toml
	$(call install,.venv-compat,requirements-dev.txt)
	@.venv-compat/bin/python -m pip install -qq duckdb==1.5.6
	@touch $@

.venv/spark: pyproject.toml | .venv/dev
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python -e '.[spark]'
	@touch $@

# install(environment, requirements): by uv, in half of pip's time, or by pip where uv
# cannot reach the packages. Compiling them halves dbt's start.
define install
@python=$(1)/bin/python; [[ -x $$python ]] || python=$(PYTHON); \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2> /dev/null || { echo "error: $$python is not Python 3.11, 3.12 or 3.13: name" \
	"one, as in make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
@echo "Installing $(2) in $(1), once: a minute or less"
@[[ -x $(1)/bin/python ]] || $(PYTHON) -m venv $(1)
@pip="$(1)/bin/python -m pip install -qq --disable-pip-version-check"; \
	$$pip $(UV) && $(1)/bin/python -m uv pip install --quiet --compile-bytecode \
		--python $(1)/bin/python -r $(2) 2> /dev/null || $$pip --compile -r $(2)
@touch $@
endef
