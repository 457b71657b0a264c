# `make up` and `make test` are all that a newcomer needs: each creates its own virtual environment.
#
#   make up ARGS="--ephemeral"      ARGS are passed to `homeport up`
#   make test ARGS="-k echo"        ARGS are passed to pytest instead of `-n auto --dist worksteal` (one process per processor)
#   make test PYTHON=python3.13 VENV=.venv-3.13

VENV ?= .venv
$(if $(word 2,$(VENV)),$(error VENV "$(VENV)" has a blank, which make cannot handle: name a folder without one))
# The tested versions, then newer ones, then python3; versions with the venv module come first.
PYTHON ?= $(shell for modules in 'venv, ensurepip' sys; do \
	for minor in 14 13 12 11 $$(seq 99 -1 15) ''; do \
		name=python3$${minor:+.$$minor}; \
		"$$name" -c "import sys, $$modules; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo "$$name" && exit; \
	done; done)
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
PAGE_TOOLS = build/page-tools
PIP = $(VENV)/bin/python -m pip --quiet --disable-pip-version-check

.PHONY: up test check page screenshots coverage mutants soak kill docs site lock bench stall clean help

help:
	@echo "make up      start the farm in the foreground"
	@echo "make test    run every test"
	@echo "make check   run ruff, mypy and import-linter"
	@echo "make page    check types and style of the page's files (needs node)"
	@echo "make coverage  test SMTP and EPP with coverage; fail below the minimum"
	@echo "make mutants MODULE=services/ftp/access.py TESTS=tests/services/ftp"
	@echo "             mutation testing: list changes of a module that no test notices"
	@echo "make soak SECONDS=600  mixed load on every service; fail if memory, descriptors or threads grow"
	@echo "make kill ROUNDS=100   kill -9 farms under load; fail if anything acknowledged is lost"
	@echo "make docs    regenerate the generated pages of docs/ (runs every test, for the conformance page)"
	@echo "make screenshots  take the pictures of the page (needs chromium, swaks, and playwright in $(VENV))"
	@echo "make site    build docs/ as a site, in build/site; a warning is an error"
	@echo "make lock    update the pinned dependencies of the image, with hashes"
	@echo "make bench   measure start-up, memory, worlds and recording"
	@echo "make stall   measure the latency of other clients during hostile input (ARGS=--list)"
	@echo "make clean   remove the virtual environment and caches"

up: $(VENV)/for-up
	@exec $(VENV)/bin/homeport up $(ARGS)

# tests/in_reactor runs under pytest-twisted, on two reactors. 5 is "no tests": ARGS may choose none of one process.
test: $(VENV)/for-test
	@none=5; for plugin in "$(if $(ARGS),,-n auto --dist worksteal)" "-p pytest_twisted" "-p pytest_twisted --reactor=asyncio"; do \
		$(VENV)/bin/python -m pytest $$plugin $(ARGS); status=$$?; \
		case $$status in 0) none=0;; 5) ;; *) exit $$status;; esac; \
	done; exit $$none

check: $(VENV)/for-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

# Type checker, linter and axe-core are npm packages, installed in build/; users of Homeport never need them.
page: $(PAGE_TOOLS)/installed
	$(PAGE_TOOLS)/node_modules/.bin/tsc -p tests/page/tools
	$(PAGE_TOOLS)/node_modules/.bin/biome ci --config-path tests/page/tools servers/homeport/page

$(PAGE_TOOLS)/installed: tests/page/tools/package.json
	@mkdir -p $(PAGE_TOOLS)
	@cp $< $(PAGE_TOOLS)/package.json
	npm install --prefix $(PAGE_TOOLS) --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

coverage: $(VENV)/for-test
	$(VENV)/bin/python -m coverage run -m pytest -q tests/services/smtp tests/services/epp tests/sasl
	$(VENV)/bin/python -m coverage report --include='*/services/smtp/*,*/services/epp/*' --skip-covered

mutants: $(VENV)/for-test
	$(VENV)/bin/python tests/mutants.py $(MODULE) $(TESTS) $(if $(LINES),--lines $(LINES))

soak: $(VENV)/for-test
	$(VENV)/bin/python tests/attack/soak.py --seconds $(or $(SECONDS),600)

kill: $(VENV)/for-test
	HOMEPORT_TEST_KILLS=$(or $(ROUNDS),100) $(VENV)/bin/python -m pytest -q tests/interop/test_kill.py \
		tests/interop/test_epp_kill.py tests/interop/test_ftp_kill.py tests/interop/test_kill_mailboxes.py

docs: $(VENV)/for-test
	$(VENV)/bin/python docs/generate.py
	$(VENV)/bin/python -m pytest -q --ignore=tests/test_conformance.py --conformance=docs/conformance.md

# -n: no broken references; -W: a warning is an error, --keep-going: show all of them; -E, -a: full rebuild.
screenshots: $(VENV)/for-test
	$(VENV)/bin/python docs/page_screenshots.py

site: $(VENV)/for-site
	$(VENV)/bin/sphinx-build -q -n -W --keep-going -E -a -c docs . build/site
	@echo "build/site/index.html"

# The image's dependencies, pinned with hashes; uv resolves for every Python and platform at once.
lock: $(VENV)/for-dev
	printf 'hatchling\ncyclonedx-bom\n' | $(LOCK) - -o deploy/build-requirements.txt
	$(LOCK) pyproject.toml -o deploy/requirements.txt

bench: $(VENV)/for-up
	$(VENV)/bin/python bench/measure.py

stall: $(VENV)/for-up
	$(VENV)/bin/python bench/stall.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .import_linter_cache .pytest_cache .ruff_cache .hypothesis
	find servers tests docs bench -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment for all targets; each stamp file records that a target's requirements are installed.
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
		echo "$(PYTHON) cannot create a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }
