# Every target makes the environment it needs. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
ENV := .venv/.made
CORPUS ?= yelp-sentiment
SEED ?= 0
SITE ?= _build/html
# Up to four processes; each keeps to one thread.
WORKERS := $(shell $(PYTHON) -c "import os; print(min(os.cpu_count() or 1, 4))")

# Appendices are executed by `pages` and `book`; with the thorough tests by `test`, too.
PAGES := $(if $(filter 1,$(COLLAPSE_THOROUGH)),[0-9]*,[0-9][0-9]_*)
# The chapters that are executed at the same time share the cores.
JOBS := $(shell $(PYTHON) -c "import os; print(max((os.cpu_count() or 1) // $(WORKERS), 1))")

# Dozens of processes begin in a build: what one has compiled, the next need not.
unexport PYTHONDONTWRITEBYTECODE
# One thread a process: several processes with several threads each run hundreds of times slower.
export OMP_NUM_THREADS := 1
# The book, the tests and the command line share finished runs.
ifeq ($(strip $(COLLAPSE_RUNS)),)
COLLAPSE_RUNS := $(CURDIR)/runs
endif
export COLLAPSE_RUNS
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nobody watches: figures are pictures with sliders, not live widgets.
export COLLAPSE_LIVE := 0

.PHONY: help book test lint pages audit clean full

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

$(ENV): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	@# Compiling every file now would double the time; Python compiles what it imports.
	$(BIN)/pip install --quiet --progress-bar off --no-compile -r requirements.txt -e .
	@touch $@

book: $(ENV)  ## build the site; every page whose code changed is executed
	$(BIN)/python book/tools/build.py

test: $(ENV)  ## unit tests, and every chapter at smoke scale: it runs, whatever is learned
	@# In the order given, the chapters first: what takes longest must not begin last.
	$(BIN)/python book/tools/smoke.py _build/smoke
	COLLAPSE_JOBS=$(JOBS) $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder \
		--durations=12 --nbval-lax --nbval-cell-timeout=600 --ignore=tests/lint \
		$(patsubst book/%,_build/smoke/%,$(wildcard book/$(PAGES).ipynb)) tests/walks tests

lint: $(ENV)  ## style, format, types, layers, notebooks, the public address
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python book/tools/notebook_lint.py
	$(BIN)/python book/tools/address.py --check
	$(BIN)/python -m pytest -q tests/lint

pages: $(ENV)  ## a copy of the site at the scale `smoke`, in _build/at-smoke: every page runs and renders
	$(BIN)/python book/tools/build.py --scale smoke

audit: $(ENV)  ## look at every page of a built site in a browser: nothing cut off, axe content
	$(BIN)/python book/tools/audit.py $(SITE)

full: $(ENV)  ## one chapter at the papers' sizes: make full CHAPTER=02 CORPUS=yahoo SEED=0 (hours)
	@test -n "$(CHAPTER)" || { echo "Say which: make full CHAPTER=02"; exit 2; }
	@chapter=$$(ls book/$(CHAPTER)_*.ipynb 2>/dev/null) || { \
		echo "There is no chapter $(CHAPTER). There are:" book/[0-9]*.ipynb; exit 2; }; \
	out=$(COLLAPSE_RUNS)/$(CHAPTER)-full-$(CORPUS)-$(SEED).ipynb; mkdir -p $(COLLAPSE_RUNS); \
	$(BIN)/papermill "$$chapter" "$$out" --cwd book --log-output \
		-p scale full -p corpus $(CORPUS) -p seed $(SEED) && echo "The result is in $$out"

clean:  ## remove the site, the caches and the environments; finished runs stay
	rm -rf _build .venv .venv-colab .mypy_cache .ruff_cache .pytest_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
