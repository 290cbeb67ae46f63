# One command each; every one sets up what it needs. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(CURDIR)/.tools/bin
GO := $(shell command -v go 2>/dev/null)
# Pinned; the newest that Go 1.25 builds, and nats-server the newest that Go 1.26 builds.
ACT := github.com/nektos/act@v0.2.89
KUSTOMIZE := sigs.k8s.io/kustomize/kustomize/v5@v5.8.1
NATS_SERVER := github.com/nats-io/nats-server/v2@v2.15.2
export PATH := $(TOOLS):$(PATH)

.PHONY: help setup demo test format lint types workflows pytest bench try soak lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the whole way, once, on this machine: event -> relay -> commit -> Flux"
	@echo "make test    format, lint, types, workflow checks and tests"
	@echo "make bench   how fast it is, as ratios against baselines of the same run"
	@echo "make try     REPO=folder: what would become of an event in each of its workloads (needs kustomize)"
	@echo "make soak    tests of faults, and those with generated input, in their long form: about an hour"
	@echo "make lock    compile the hash-locked requirements anew"
	@echo "make clean   remove what the other targets made"

setup: $(VENV)/.stamp .tools/.stamp

$(VENV)/.stamp: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "falco-dispatch needs Python 3.11 or later: set PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)" >&2; exit 2; }
	@echo "setting up $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.tools/.stamp: Makefile
	@mkdir -p $(TOOLS)
ifdef GO
	@echo "building act, kustomize and nats-server with $$($(GO) version)"
	@GOBIN=$(TOOLS) $(GO) install $(ACT)
	@GOBIN=$(TOOLS) $(GO) install $(KUSTOMIZE)
	@GOBIN=$(TOOLS) $(GO) install $(NATS_SERVER) || \
		echo "nats-server is not built, for it needs a newer Go: the tests of the outbox on NATS are left out"
	@touch $@
else
	@echo "no Go here: act, kustomize and nats-server are not built. Left out: workflow runs through act (the"
	@echo "local GitHub's own runner executes the steps instead), checks against kustomize build, and the outbox on"
	@echo "NATS, unless a nats-server from 2.12 on is on the PATH."
endif

demo: setup
	@$(BIN)/python -m tests.demo

test: setup format lint types workflows pytest

format: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

workflows: setup
	$(BIN)/zizmor --offline --persona pedantic --no-progress .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions actions/*/action.yml

pytest: setup
	$(BIN)/pytest --numprocesses 4 --dist worksteal

bench: setup
	@PYTHONPATH=actions $(BIN)/python -m tests.bench.locating
	@PYTHONPATH=actions $(BIN)/python -m tests.bench.action
	@$(BIN)/python -m tests.bench.relay

try: setup
	@PYTHONPATH=actions $(BIN)/python -m tests.tryout "$(REPO)"

soak: setup
	SOAK=1 $(BIN)/pytest tests/relay/test_faults.py tests/relay/test_fuzz.py \
		tests/actions/yamledit/test_edit_properties.py tests/actions/gitops/test_generated.py

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --group dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header actions/requirements.in -o actions/requirements.txt

clean:
	rm -rf $(VENV) .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis
