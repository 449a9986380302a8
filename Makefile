# Start with `make demo` and `make test`. Each target makes the environment that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
.DEFAULT_GOAL := help
.PHONY: help install demo test quick test-system explore check format bench crash docs lock clean
KILLS ?= 200
# Debian's programs that the tests marked `system_packages` need.
SYSTEM_PACKAGES := postgresql prometheus-alertmanager zsh fish swaks msmtp prometheus-blackbox-exporter chromium newsboat rss2email
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## Make .venv from the lock file; .venv/bin/oncall runs afterwards

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "oncall needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src  # pip compiles only what it copies, so the first commands would be slow
	@touch $(READY)

demo: install ## Show the product from a roster to an acknowledged page, in about half a minute
	$(BIN)/python -m demo

test: install ## Run the tests, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

quick: install ## Run the six thousand tests that take least time; tests/slow_tests.py tells how they are chosen
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not slow and not hypothesis and not system_packages" --ignore=tests/web/chromium

test-system: install ## Install Debian's programs with apt where they are missing, and run the tests that need them
	@dpkg -s $(SYSTEM_PACKAGES) >/dev/null 2>&1 || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq -y $(SYSTEM_PACKAGES); }
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m system_packages

explore: install ## Run the property tests on new random cases; SEED=number repeats the cases of an earlier run
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "hypothesis and not system_packages" --hypothesis-profile=explore $(if $(SEED),--hypothesis-seed=$(SEED))

check: install ## Check format, lint, types, import arrows and security advisories; runs no tests
	$(BIN)/ruff format --check src tests doubles demo bench docs checks
	$(BIN)/ruff check src tests doubles demo bench docs checks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m checks.advisories

format: install ## Format the code
	$(BIN)/ruff format src tests doubles demo bench docs checks
	$(BIN)/ruff check --fix src tests doubles demo bench docs checks

bench: install ## Measure speed and print the tables; ONLY=pager runs one of them
	BENCH_ONLY="$(ONLY)" $(BIN)/python -m bench

crash: install ## Kill the pager 200 times on each database, under load, and fail if a page is lost or doubled; KILLS=1000 takes longer
	$(BIN)/python -m bench.crash --kills $(KILLS) --services 3 --longest-outage 10

docs: install ## Write the API description and the command reference into docs/
	$(BIN)/python -m docs.generate

lock: ## Write requirements.lock with the newest versions and their hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra dev pyproject.toml -o requirements.lock

clean: ## Remove everything that the targets made
	rm -rf $(VENV) build out .mypy_cache .ruff_cache .pytest_cache .hypothesis
