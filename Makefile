# One command each; every one sets up what it needs, once. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GO := $(shell command -v go 2>/dev/null)
export GO
export PATH := $(CURDIR)/.tools/bin:$(PATH)
SUBMAKE := $(MAKE) --no-print-directory --silent

.DEFAULT_GOAL := help
.PHONY: help demo test cluster bench try pages install release soak lock clean setup act crds helm kustomize \
	nats-server format lint types imports workflows pytest

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-17s %s\n", $$1, $$2}'

demo: ## the whole way, once, on this machine: event -> relay -> commit -> Flux (GO= does not wait for act)
	@$(SUBMAKE) --jobs=2 $(VENV)/demo.stamp act
	@$(BIN)/python -m tests.demo

test: format lint types imports workflows pytest ## everything below, as CI runs it

format: $(VENV)/dev.stamp ## the layout of the code, checked
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.stamp ## the linter's rules
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp ## the types
	$(BIN)/mypy

imports: $(VENV)/dev.stamp ## which package may import which (pyproject.toml)
	PYTHONPATH=actions $(BIN)/lint-imports --no-logo

workflows: $(VENV)/dev.stamp ## workflows and actions: security and schemas
	$(BIN)/zizmor --offline --persona pedantic --no-progress .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions actions/*/action.yml

pytest: setup ## the tests
	@floor=; for tool in act kustomize nats-server; do command -v $$tool >/dev/null || floor=--cov-fail-under=0; done; \
		[ -z "$$floor" ] || echo "a tool is missing, so some tests are skipped, and the coverage is not held to its floor"; \
		set -x; $(BIN)/pytest --numprocesses 4 --dist worksteal --cov --cov-report= $$floor

cluster: setup ## real Kubernetes, etcd and Flux as processes: what a response does to pods (needs Go; builds once)
	@.ci/cluster
	CLUSTER=1 $(BIN)/pytest tests/cluster

bench: setup ## how fast it is, as ratios against baselines of the same run
	@PYTHONPATH=actions $(BIN)/python -m tests.bench.locating
	@PYTHONPATH=actions $(BIN)/python -m tests.bench.action
	@$(BIN)/python -m tests.bench.relay
	@$(BIN)/python -m tests.bench.resources

try: $(VENV)/dev.stamp kustomize ## REPO=folder: what would become of an event in each of its workloads
	@PYTHONPATH=actions $(BIN)/python -m falco_dispatch try "$(REPO)"

PREFIX ?= $(HOME)/.local
INSTALLED := $(PREFIX)/share/falco-dispatch
install: ## PREFIX=~/.local: the command falco-dispatch, in an environment of its own, with the locked packages
	@$(PYTHON) -m venv --clear $(INSTALLED)
	@$(INSTALLED)/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		--requirement deploy/requirements-build.txt --requirement deploy/requirements.txt
	@$(INSTALLED)/bin/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation .
	@mkdir -p $(PREFIX)/bin && ln -sf $(INSTALLED)/bin/falco-dispatch $(PREFIX)/bin/falco-dispatch
	@echo "$$($(PREFIX)/bin/falco-dispatch version) is in $(PREFIX)/bin"

release: $(VENV)/dev.stamp ## VERSION=1.2.3: the commit and the tag of a release, to be pushed by hand
	@.ci/release "$(VERSION)"

pages: $(VENV)/dev.stamp kustomize ## pictures of the summaries and pull requests, in pages/ (needs npm and Chromium)
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix .tools/pages \
		github-markdown-css@5.9.0 mermaid@11.17.2
	@PYTHONPATH=actions $(BIN)/python -m tests.pages pages .tools/pages/node_modules

soak: setup ## tests of faults, and those with generated input, in their long form: about an hour
	SOAK=1 $(BIN)/pytest --timeout 0 tests/relay/test_faults.py tests/relay/test_fuzz.py \
		tests/relay/test_disk.py tests/relay/outbox/sqlite/test_storage_faults.py \
		tests/relay/outbox/jetstream/test_stream_faults.py tests/relay/server/test_drip.py \
		tests/relay/server/test_slow_clients.py \
		tests/actions/yamledit/test_editor_properties.py tests/actions/gitops/test_generated.py

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header
lock: $(VENV)/dev.stamp ## compile the hash-locked requirements anew
	$(UV_COMPILE) --group dev pyproject.toml -o requirements-dev.txt
	$(UV_COMPILE) --constraint requirements-dev.txt pyproject.toml -o requirements-demo.txt
	$(UV_COMPILE) --constraint requirements-dev.txt --extra nats pyproject.toml -o deploy/requirements.txt
	$(UV_COMPILE) --constraint requirements-dev.txt deploy/requirements-build.in -o deploy/requirements-build.txt
	$(UV_COMPILE) actions/requirements.in -o actions/requirements.txt

setup: ## what the tests need: a virtual environment in .venv, the tools below in .tools
	@$(SUBMAKE) --jobs=2 $(VENV)/dev.stamp act crds helm kustomize nats-server

# Pinned; the newest that Go 1.25 builds, and nats-server the newest that Go 1.26 builds.
act: ## runs workflows
	@.ci/tool act github.com/nektos/act@v0.2.89 "workflows run through the local GitHub's own runner"

crds: ## schemas of the custom resources in deploy/
	@.ci/crds

helm: ## renders the chart in deploy/
	@.ci/tool helm helm.sh/helm/v4/cmd/helm@v4.3.1 "the tests of the chart are skipped"

kustomize: ## renders, for the proof and for what the code is held against
	@.ci/tool kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 "what is held against kustomize build is skipped"

nats-server: ## the outbox of more than one relay
	@.ci/tool nats-server github.com/nats-io/nats-server/v2@v2.15.2 "the tests of the outbox on NATS are skipped" || \
		echo "nats-server is not built (it needs Go 1.26): the tests of the outbox on NATS are skipped"

clean: ## remove what the other targets made
	rm -rf $(VENV) .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*

# The demo needs what the relay and the local GitHub need; everything else needs all, in the same versions (see lock).
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
$(VENV)/demo.stamp $(VENV)/dev.stamp: $(VENV)/%.stamp: | $(VENV)/pyvenv.cfg
	@start=$$(date +%s); $(PIP_INSTALL) $< && touch $@ && echo "$(VENV): $< installed in $$(($$(date +%s) - start)) s"
$(VENV)/demo.stamp: requirements-demo.txt
$(VENV)/dev.stamp: requirements-dev.txt

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "falco-dispatch needs Python 3.11 or later: set PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)" >&2; exit 2; }
