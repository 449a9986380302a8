# Everything a newcomer needs: `make demo` and `make test`. Both make their own environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
.DEFAULT_GOAL := help
.PHONY: help install demo test explore check format bench docs lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## Make .venv from the lock file; .venv/bin/oncall runs afterwards

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "oncall needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: install ## From a roster to an acknowledged page, in about half a minute; needs nothing else
	$(BIN)/python -m demo

test: install ## Run the tests, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -q -n 2

explore: install ## Search the laws anew, elsewhere each time; SEED=number searches as it did then
	$(BIN)/python -m pytest -q -n 2 -m hypothesis --hypothesis-profile=explore $(if $(SEED),--hypothesis-seed=$(SEED))

check: install ## Format, lint, types and import arrows; no tests
	$(BIN)/ruff format --check src tests doubles demo bench docs
	$(BIN)/ruff check src tests doubles demo bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install ## Format the code
	$(BIN)/ruff format src tests doubles demo bench docs
	$(BIN)/ruff check --fix src tests doubles demo bench docs

bench: install ## Measure speed beside named peers, and print the tables
	BENCH_ONLY="$(ONLY)" $(BIN)/python -m bench

docs: install ## Write the API description and the command reference into docs/
	$(BIN)/python -m docs.generate

lock: ## Pin versions and hashes anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra dev pyproject.toml -o requirements.lock

clean: ## Remove what the targets made
	rm -rf $(VENV) build out .mypy_cache .ruff_cache .pytest_cache .hypothesis
