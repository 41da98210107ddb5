# make plan    plan the embedded Tianjin scenario: out/ and maps/tianjin.html
# make test    every check and every test
#
# Needs Python 3.11+, git and make. Variables: PYTHON, SCENARIO, ROADS, OUT, e.g.
#   make plan ROADS=roads.gpkg OUT=out-roads

PYTHON   ?= python3
SCENARIO ?=
ROADS    ?=
OUT      ?= out
MAP      ?= maps/tianjin.html
PYTEST_ARGS ?= -n auto

BIN     := .venv/bin
GEOPLAN := $(BIN)/geoplan
KERNEL_TESTS := $(wildcard tests/test_kernels_*.py tests/test__kernels_*.py)

.PHONY: plan test lint unit kernels bench env env-test chromium postgis clean help

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

plan: env
	@$(GEOPLAN) plan $(SCENARIO) $(if $(ROADS),--roads "$(ROADS)") --out "$(OUT)"
	@mkdir -p "$(dir $(MAP))"
	@$(GEOPLAN) map "$(OUT)/plan.gpkg" -o "$(MAP)"

test: lint unit kernels

lint: env-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: env-test chromium postgis
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The kernels once more as plain Python: what numba compiles and what is written must agree.
kernels: env-test
	@if [ -n "$(KERNEL_TESTS)" ]; then \
	  echo "NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest $(KERNEL_TESTS)"; \
	  NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q $(KERNEL_TESTS); \
	fi

bench: env
	$(BIN)/python benchmarks/end_to_end.py

env:
	@$(PYTHON) tools/environment.py run

env-test:
	@$(PYTHON) tools/environment.py test

chromium: env-test
	@$(BIN)/python tools/ensure_chromium.py >/dev/null

# Without one the tests of databases are skipped, and say so.
postgis: env-test
	@$(BIN)/python tools/ensure_postgis.py >/dev/null || true

clean:
	rm -rf out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
