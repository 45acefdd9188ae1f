# make run   opens the dashboard          make test   runs every check and test
# make serve serves it to a class
# make lint  only the checks              make format tidies the code         make bench  prints the benchmark tables
# make docs  builds the documentation as a site
#
# The first call creates the virtual environment VENV and installs what is missing; later calls start at once.

VENV ?= .venv
BIN := $(VENV)/bin
CANDIDATES := $(or $(PYTHON),python3 python python3.13 python3.12 python3.11)

# MNIST that a classroom shares beside its checkouts is used if nothing else is said.
ifeq ($(origin MNISTLAB_DATA),undefined)
ifneq ($(wildcard ../shared/mnist/MNIST),)
export MNISTLAB_DATA := $(abspath ../shared/mnist)
endif
endif

.PHONY: run serve test lint style format bench docs browser postgresql haproxy
.DEFAULT_GOAL := run

run: $(VENV)/.run
	@$(BIN)/python -m streamlit run app.py

serve: $(VENV)/.run
	@$(BIN)/python -m mnistlab serve

# mypy and lint-imports take half a minute of one core: they run beside the tests, and speak after them
TYPES := $(BIN)/mypy && $(BIN)/lint-imports

test: style browser postgresql haproxy
	@said=$$(mktemp); { $(TYPES); } >$$said 2>&1 & types=$$!; \
	$(BIN)/python -m pytest; tests=$$?; \
	wait $$types; types=$$?; cat $$said; rm $$said; exit $$((tests ? tests : types))

lint: style
	@$(TYPES)

style: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.training
	@$(BIN)/python -m benchmarks.contention
	@$(BIN)/python -m benchmarks.presets
	@$(BIN)/python -m benchmarks.committee
	@$(BIN)/python -m benchmarks.pages
	@$(BIN)/python -m benchmarks.store
	@$(BIN)/python -m benchmarks.looking
	@$(BIN)/python -m benchmarks.changing
	@$(BIN)/python -m benchmarks.live
	@$(BIN)/python -m benchmarks.classroom
	@$(BIN)/python -m benchmarks.failover
	@$(BIN)/python -m benchmarks.cluster

docs: $(VENV)/.dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file mkdocs.zh.yml
	@echo "The site begins at build/docs/index.html"

browser: $(VENV)/.dev
	@$(BIN)/python tests/chromium.py

postgresql: $(VENV)/.dev
	@$(BIN)/python tests/postgresql.py

haproxy: $(VENV)/.dev
	@$(BIN)/python tests/haproxy.py

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Installing what is missing. The first time this fetches PyTorch, which takes some minutes."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install -r requirements.txt
	@touch $@

$(VENV)/.dev: $(wildcard requirements-*.txt) $(VENV)/.run
	@$(BIN)/python -m pip install -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@found=; for python in $(CANDIDATES); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "mnistlab needs Python 3.11 or later, and none was found. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "The Python found ($$found) has no venv module. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; \
	fi; \
	echo "Creating the virtual environment $(VENV)."; \
	$$found -m venv $(VENV)
