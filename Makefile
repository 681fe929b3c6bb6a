# The public commands. Every target sets up what it needs; a second call is instant.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
ADDRESS ?= 127.0.0.1

.PHONY: help install install-dev run test test-computing test-clocked check lint style types format bench clean

help:
	@echo "make run      set everything up and serve the app at http://localhost:$(PORT)"
	@echo "make test     set everything up and run the whole test suite"
	@echo "make check    format, lint, types and all tests: what CI runs"
	@echo "make bench    benchmarks against peers, as ratios"
	@echo "make install  set everything up in $(VENV)"

install: $(VENV)/.app-is-installed
install-dev: $(VENV)/.tests-are-installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Torch goes first and by its exact version, so that nothing else can pull in another build.
$(VENV)/.app-is-installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep ^torch== requirements.txt)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.tests-are-installed: requirements-dev.txt $(VENV)/.app-is-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: install
	@$(BIN)/python serve.py --address $(ADDRESS) --port $(PORT)

# Tests of pages and workers have clocks in them and wait most of their time; what only computes runs
# beside them and steps back. A worker keeps its arithmetic to one thread. Two processes run file by
# file, for the tests of a file share runs, clusters and exact solutions; journeys share only a server
# and are dealt out one by one, two at a time: a third makes all of them slower.
CLOCKED := tests/backend tests/pages
JOURNEYS := tests/browser
FILE_BY_FILE := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
ONE_BY_ONE := $(BIN)/python -m pytest --numprocesses 2 --dist load --maxschedchunk 1
test: export OMP_NUM_THREADS := 1
test: install-dev
	@$(MAKE) --no-print-directory --jobs 2 test-computing test-clocked

test-computing: install-dev
	STEP_BACK=1 $(FILE_BY_FILE) $(CLOCKED:%=--ignore %) $(JOURNEYS:%=--ignore %)

# Its report comes in one piece at its end, not between the lines of the other's.
test-clocked: install-dev
	@report=$$(mktemp); result=0; \
	{ $(FILE_BY_FILE) $(CLOCKED) || result=$$?; \
	$(ONE_BY_ONE) $(JOURNEYS) || result=$$?; } >$$report 2>&1; \
	cat $$report; rm $$report; exit $$result

# What takes seconds goes first. Types take one processor for a minute and more, so they are looked
# at beside the tests, and step back for those that have clocks in them.
check: export OMP_NUM_THREADS := 1
check: style
	@$(MAKE) --no-print-directory --jobs 3 types test-computing test-clocked

lint: style types

style: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m curriculum check

types: install-dev
	nice -n 15 $(BIN)/basedpyright --level error

# Writes a file in the house format; nothing else in this file changes sources.
format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
