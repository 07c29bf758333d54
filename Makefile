# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.

DATA_DIR ?= .data
ADDRESS ?= 127.0.0.1:8080
ORDER_FILE ?=
PYTHON ?= python3
VENV := .data/venv
CODECITE := $(or $(CARGO_TARGET_DIR),target)/debug/codecite
RELEASED := $(or $(CARGO_TARGET_DIR),target)/release/codecite

.PHONY: help run setup test check test-rust test-models test-browser bench build release clean-data

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: setup ## Set everything up and serve the chat page at http://ADDRESS
	$(CODECITE) --data-dir $(DATA_DIR) serve --address $(ADDRESS)

setup: build ## Fetch the model and the runtime, load the starter knowledge base
	$(CODECITE) --data-dir $(DATA_DIR) setup

build: tools
	cargo build --locked --bin codecite

test: browser-tools check test-rust test-models test-browser ## Everything that CI runs
	@echo "make test: all green"

check: tools ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

test-rust: setup ## Rust tests, with the real model and an embedded index
	CODECITE_TEST_DATA_DIR=$(abspath $(DATA_DIR)) cargo test --locked --workspace

test-models: setup $(VENV)/.installed ## The committed graph is what its generator makes
	CODECITE_DATA_DIR=$(abspath $(DATA_DIR)) $(VENV)/bin/python models/test_graph.py

test-browser: setup ## Widget and chat page in headless Chromium, against the real binary
	scripts/browser-tests $(CODECITE) $(DATA_DIR)

bench: setup release ## Print the numbers of docs/performance.md; ORDER_FILE=… and PTP_FILE=… load official files first
	scripts/bench $(RELEASED) $(DATA_DIR) "$(ORDER_FILE)" "$(PTP_FILE)"
	cargo build --locked --release --workspace --example throughput
	target/release/examples/throughput --data-dir $(DATA_DIR)

release: tools
	cargo build --locked --release --bin codecite

$(VENV)/.installed: models/requirements.txt models/requirements-embeddings.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --requirement models/requirements-embeddings.txt
	touch $@

.PHONY: tools browser-tools
tools:
	@scripts/tools

# First of all, so that what is missing is told before the long build and not after it.
browser-tools:
	@scripts/tools browser

clean-data: ## Remove the model, the index and the tables that `make run` made
	rm -rf $(DATA_DIR)
