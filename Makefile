# Two commands need nothing but Python 3.11 or later: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help
help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# --- Installing: a stamp per dependency group, so that the second run does nothing -----------------------

$(VENV)/.created:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/apt-install python3-venv
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@# --group is known to pip 25.1 and later
	@$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	@echo "Installing the package and what it needs into $(VENV); the first time takes a minute or two ..."
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	@echo "Installing the dependency group “$*” into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --group $*
	@touch $@

.PHONY: chromium
chromium: ## Install Chromium for the browser tests, where apt may
	@.ci/chromium

# --- The demo: the sandbox's shop with a web server, a worker and a local mail server ---------------------
# DEMO_PORT and DEMO_SMTP_PORT choose the ports, DATABASE_URL and REDIS_URL real services.

.PHONY: demo
demo: $(VENV)/.installed-sandbox ## Load the sandbox and start it; safe to run again
	@$(BIN)/python sandbox/scripts/demo.py start

.PHONY: demo-stop
demo-stop: ## Stop what make demo started
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) sandbox/scripts/demo.py stop

# --- Testing ---------------------------------------------------------------------------------------------

.PHONY: test
test: $(VENV)/.installed-sandbox $(VENV)/.installed-test chromium ## Run all tests (PostgreSQL with DATABASE_URL); ARGS for pytest
	$(BIN)/python -m pytest $(ARGS)

.PHONY: check
check: lint types migrations docs ## Everything that can be said without running the tests

.PHONY: lint
lint: $(VENV)/.installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files -z '*.html' | xargs -0 --no-run-if-empty $(BIN)/djhtml --check --tabwidth 2
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.installed-check ## Put code and templates into the house's form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	git ls-files -z '*.html' | xargs -0 --no-run-if-empty $(BIN)/djhtml --tabwidth 2

.PHONY: types
types: $(VENV)/.installed-check $(VENV)/.installed-sandbox $(VENV)/.installed-test
	$(BIN)/mypy

.PHONY: migrations
migrations: $(VENV)/.installed-sandbox
	$(BIN)/python sandbox/manage.py makemigrations --check --dry-run

.PHONY: docs
docs: $(VENV)/.installed-docs $(VENV)/.installed-sandbox ## Build the documentation; a warning is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

.PHONY: screenshots
screenshots: $(VENV)/.installed-test ## The pictures of the documentation, from the running demo after its journey
	$(BIN)/python docs/scripts/screenshots.py

.PHONY: clean
clean: ## Remove what the targets made, the database of the demo included
	rm -rf $(VENV) .tox build dist docs/_build htmlcov .coverage sandbox/var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
