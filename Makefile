# Everything here sets itself up. Needs python3 (3.11 or newer), make and a C compiler.

BIN := .venv/bin
PYTHON ?= python3

# HOST counts only on the command line: compilers' environments export a variable of that name.
host := $(if $(filter command,$(origin HOST)),--host $(HOST))
port := $(if $(PORT),--port $(PORT))
data := $(if $(DATA),--data $(DATA))
# A process for each core, eight at most: each starts servers and a PostgreSQL of its own. Tests that share them stay in
# one process until another has nothing left to do.
side_by_side := --numprocesses logical --maxprocesses 8 --dist worksteal

.PHONY: help setup run test check fix bench torture docs lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the private .venv from the lock file
	@PYTHON='$(PYTHON)' tools/setup.sh

run: setup ## start a server with a first key and a first picture (PORT=8000 HOST=127.0.0.1 DATA=data)
	@$(BIN)/limner up $(host) $(port) $(data)

test: setup ## run the tests, on all cores (ARGS="-k name" for some of them, in one process)
	@$(BIN)/pytest $(or $(ARGS),$(side_by_side))

check: setup ## lint, types, layering, documentation
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_layering.py tests/test_docs.py tests/test_config.py tests/cli/test_help.py

fix: setup ## let the formatter and the linter mend what they can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup ## figures: start, overhead, memory, sketch; ratios to nginx and LiteLLM (ARGS="gateways --quick")
	@PYTHON='$(PYTHON)' tools/bench_peers.sh
	@$(BIN)/python -m bench.run $(ARGS)

torture: setup ## kill, cut and leave for some minutes, then see that the books are right (ARGS="--wishes 800")
	@$(BIN)/python -m torture $(ARGS)

docs: setup ## write the generated parts of docs/
	@$(BIN)/python tools/write_settings.py
	@$(BIN)/python -m tools.write_faults

lock: setup ## renew requirements/dev.lock; releases younger than a week stay out
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--exclude-newer '1 week' --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements/dev.lock

clean: ## remove everything made here, but not your data
	@rm -rf .venv .bench build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
