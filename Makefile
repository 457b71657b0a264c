# `make up` and `make test` are all that a newcomer needs: each makes the virtual environment that it runs in.
#
#   make up ARGS="--ephemeral"      what follows goes to `homeport up`
#   make test ARGS="-k echo"        what follows goes to pytest, in place of `-n auto` (a process for each processor)
#   make test PYTHON=python3.13 VENV=.venv-3.13

VENV ?= .venv
$(if $(word 2,$(VENV)),$(error VENV "$(VENV)" has a blank, which make cannot handle: name a folder without one))
# The versions that are tested, then newer ones, then whatever python3 is; first of all one that has its venv module.
PYTHON ?= $(shell for modules in 'venv, ensurepip' sys; do \
	for minor in 14 13 12 11 $$(seq 99 -1 15) ''; do \
		name=python3$${minor:+.$$minor}; \
		"$$name" -c "import sys, $$modules; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo "$$name" && exit; \
	done; done)
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
PIP = $(VENV)/bin/python -m pip --quiet --disable-pip-version-check

.PHONY: up test check coverage mutants docs site lock bench clean help

help:
	@echo "make up      start the farm in the foreground"
	@echo "make test    run every test"
	@echo "make check   ruff, mypy and the contracts of imports"
	@echo "make coverage  test SMTP and EPP, and fail below the branches that their tests have reached"
	@echo "make mutants MODULE=services/ftp/access.py TESTS=tests/services/ftp"
	@echo "             change a module in small ways, and name each change that no test notices"
	@echo "make docs    write the generated pages of docs/ anew (runs every test: conformance is what passes)"
	@echo "make site    build docs/ as a site, in build/site; a warning is an error"
	@echo "make lock    pin the image's dependencies anew, with hashes"
	@echo "make bench   measure start-up, memory, worlds and recording"
	@echo "make clean   remove the virtual environment and caches"

up: $(VENV)/for-up
	@exec $(VENV)/bin/homeport up $(ARGS)

# tests/in_reactor runs under pytest-twisted, on two reactors. 5 is "no tests": ARGS may choose none of one process.
test: $(VENV)/for-test
	@none=5; for plugin in "$(if $(ARGS),,-n auto)" "-p pytest_twisted" "-p pytest_twisted --reactor=asyncio"; do \
		$(VENV)/bin/python -m pytest $$plugin $(ARGS); status=$$?; \
		case $$status in 0) none=0;; 5) ;; *) exit $$status;; esac; \
	done; exit $$none

check: $(VENV)/for-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

coverage: $(VENV)/for-test
	$(VENV)/bin/python -m coverage run -m pytest -q tests/services/smtp tests/services/epp tests/sasl
	$(VENV)/bin/python -m coverage report --include='*/services/smtp/*,*/services/epp/*' --skip-covered

mutants: $(VENV)/for-test
	$(VENV)/bin/python tests/mutants.py $(MODULE) $(TESTS) $(if $(LINES),--lines $(LINES))

docs: $(VENV)/for-test
	$(VENV)/bin/python docs/generate.py
	$(VENV)/bin/python -m pytest -q --ignore=tests/test_conformance.py --conformance=docs/conformance.md

# -n: every reference leads somewhere; -W: a warning is an error, --keep-going: after all have been shown; -E, -a: anew.
site: $(VENV)/for-site
	$(VENV)/bin/sphinx-build -q -n -W --keep-going -E -a -c docs . build/site
	@echo "build/site/index.html"

# The image's dependencies, pinned with hashes; uv resolves for every Python and platform at once.
lock: $(VENV)/for-dev
	printf 'hatchling\ncyclonedx-bom\n' | $(LOCK) - -o deploy/build-requirements.txt
	$(LOCK) pyproject.toml -o deploy/requirements.txt

bench: $(VENV)/for-up
	$(VENV)/bin/python bench/measure.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .import_linter_cache .pytest_cache .ruff_cache .hypothesis
	find servers tests docs bench -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment for all; each stamp says that what its target needs is installed.
$(VENV)/for-up: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e .
	@touch $@

$(VENV)/for-test: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[test]'
	@touch $@ $(VENV)/for-up

$(VENV)/for-site: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[docs]'
	@touch $@ $(VENV)/for-up

$(VENV)/for-dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/for-test $(VENV)/for-up

$(VENV)/bin/python:
	$(if $(PYTHON),,$(error No Python 3.11 or later found: install one, or name it with PYTHON=/path/to/python))
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }
