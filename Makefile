# Clearhold: every recipe a developer, an operator or the build server needs. `make help` explains them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := setup
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; say `make PYTHON=/path/to/python` to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
PY := $(BIN)/python
MANAGE := $(PY) manage.py
ARGS ?=

# What `check --deploy` has to be told, since it looks at the settings of a real installation.
PRODUCTION := CLEARHOLD_ENV=production CLEARHOLD_ROLE=web ALLOWED_HOSTS=clearhold.example \
	SECRET_KEY=only-for-the-check-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
	DATABASE_URL=postgresql://web@db.example/clearhold CELERY_BROKER_URL=amqp://broker.example// \
	CLEARHOLD_KEY_PROVIDER=environment CLEARHOLD_KEYS=for-the-check:b25seS1mb3ItdGhlLWNoZWNrLTAxMjM0NTY3ODkwMTI=
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url

.PHONY: setup run test check fix faults journeys bench services stop rabbitmq browser lock clean remove-data help

##@ Every day

setup: .venv/.synced ## Set up everything that is needed (this is what plain `make` does)
	@echo "Ready. 'make run' starts Clearhold, 'make test' tests it, 'make help' lists the rest."

run: .venv/.synced ## Set up, run the sample bookings with progress, then serve the site until Ctrl-C
	@$(PY) -m config.embedded run -- sh -c '$(MANAGE) migrate --verbosity 0 && exec $(MANAGE) run_clearhold $(ARGS)'

stop: ## Stop the database and the broker when something else left them running; their data stay
	@$(if $(wildcard $(PY)),$(PY),$(PYTHON)) -m config.embedded stop

##@ Changing Clearhold

test: .venv/.synced services ## Set up and run all tests on every core; ARGS go to pytest: make test ARGS='-k clock -x'
	@$(MAKE) browser || echo "Going on without a browser: the tests that need one will say that they were skipped."
	@$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist load $(ARGS)

check: .venv/.synced services ## Format, lint, types, import directions, migrations, deployment, state diagrams
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(PY) -m mypy
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy --fail-level WARNING   (with the settings of a real installation)"
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) state_diagrams --check

fix: .venv/.synced ## Repair what can be repaired by itself: format, simple lint, state diagrams
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(MANAGE) state_diagrams

faults: .venv/.synced services rabbitmq ## Play the fault matrix on Valkey and RabbitMQ (about 40 minutes); docs/faults.md is written from it
	@mkdir -p .data && rm -f .data/faults.jsonl
	@status=0; FAULT_REPORT=$(CURDIR)/.data/faults.jsonl $(PY) -m pytest -m faults tests/faults/test_matrix.py $(ARGS) || status=$$?; \
	if [ -s .data/faults.jsonl ]; then $(PY) -m tests.faults.report .data/faults.jsonl; fi; exit $$status

journeys: .venv/.synced services browser ## Walk through the site in a real browser
	@$(PY) -m pytest -m browser $(ARGS)

bench: .venv/.synced services ## Measure what it costs and how it grows; ARGS='--quick', '--only engine', '--sizes 10000'
	@$(PY) -m tests.bench $(ARGS)

lock: .venv/.tools ## Compile requirements/*.txt from pyproject.toml; ARGS=--upgrade takes newer versions
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(ARGS) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) $(ARGS) requirements/tools.in -o requirements/tools.txt

##@ Parts of the above

services: .venv/.synced ## Start the database and the broker, unless the environment names your own
	@if [ -n "$${DATABASE_URL:-}" ] && [ -n "$${CELERY_BROKER_URL:-}" ]; then \
		echo "Using the database and the broker that DATABASE_URL and CELERY_BROKER_URL name."; \
	else \
		$(PY) -m config.embedded start; \
	fi

rabbitmq: ## Install Debian's RabbitMQ and faketime for the fault matrix, when root may
	@if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && command -v faketime >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Debian's rabbitmq-server and faketime for the fault matrix."; \
		if apt-get -qq update </dev/null && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends rabbitmq-server faketime </dev/null >/dev/null; then exit 0; fi; \
	fi; \
	echo "RabbitMQ or faketime is missing, so the rows that need it are skipped." >&2; \
	echo "On Debian or Ubuntu: sudo apt-get install --no-install-recommends rabbitmq-server faketime" >&2

browser: .venv/.synced ## Find a Chromium for the browser tests, or install one
	@if command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Debian's chromium for the browser tests."; \
		if apt-get -qq update </dev/null && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends chromium </dev/null >/dev/null; then exit 0; fi; \
	fi; \
	if $(PY) -m playwright install chromium </dev/null; then exit 0; fi; \
	echo "No Chromium was found and none could be installed." >&2; \
	echo "On Debian or Ubuntu: sudo apt-get install chromium. Elsewhere: $(PY) -m playwright install chromium" >&2; \
	exit 1

##@ Taking away

clean: ## Stop the services and remove .venv and all caches; the data in .data stay
	@if [ -d .data ]; then $(MAKE) stop; fi
	@echo "Removing .venv, staticfiles, tool caches and compiled files. The data stay: 'make remove-data' deletes them."
	@rm -rf .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

remove-data: ## Delete the database, the queues and all passwords of this checkout: make remove-data CONFIRM=yes
	@if [ "$(CONFIRM)" != yes ]; then \
		echo "This deletes every case, every queued task and all passwords of this checkout, for good." >&2; \
		echo "If that is what you want: make remove-data CONFIRM=yes" >&2; \
		exit 1; \
	fi
	@$(if $(wildcard $(PY)),$(PY),$(PYTHON)) -m config.embedded remove --yes

help: ## Show this
	@echo "Clearhold: follows every person booked into a jail until the door opens."
	@echo "Usage: make [RECIPE] [ARGS='...']"
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Needs Python 3.11 or newer with its venv module, and make. docs/running.md tells where data are kept."

# The virtual environment, in two steps that are each skipped while nothing changed.

.venv/.tools: requirements/tools.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Clearhold needs Python 3.11 or newer and found none." >&2; \
		echo "Install one (Debian 12 or newer: sudo apt-get install python3 python3-venv) or name one: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "Clearhold needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		exit 1; \
	fi
	@if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "This Python lacks its venv module. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; \
		exit 1; \
	fi
	@if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		echo "Making the virtual environment .venv."; \
		$(PYTHON) -m venv --clear .venv; \
	fi
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

.venv/.synced: .venv/.tools requirements/dev.txt
	@echo "Installing the pinned packages of requirements/dev.txt."
	@if ! $(BIN)/uv pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt; then \
		echo "uv could not install them. Trying pip, which reads pip.conf and certificates of its own: this takes longer."; \
		$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; \
	fi
	@touch $@
