# The commands of this repository. `make demo` and `make test` need only Rust, make and root or sudo.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# Cargo may not be on PATH yet, and HOME may be empty: its own homes then lie beside it.
CARGO := $(or $(shell command -v cargo),$(wildcard $(HOME)/.cargo/bin/cargo),cargo)
TOOLCHAINS := $(wildcard $(abspath $(dir $(CARGO))/../../.rustup))
ifneq ($(TOOLCHAINS),)
export CARGO_HOME ?= $(abspath $(dir $(CARGO))/..)
export RUSTUP_HOME ?= $(TOOLCHAINS)
export PATH := $(patsubst %/,%,$(dir $(CARGO))):$(PATH)
endif

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
PYRO := $(TARGET)/release/pyro
GUEST := $(TARGET)/x86_64-unknown-linux-gnu/guest/pyro-guest
# Tests and packs use a state directory of their own; what is left in it afterwards is an error.
RUN_HOME := $(TARGET)/run-home
IN_RUN_HOME := env PYRO_HOME=$(RUN_HOME)

.PHONY: setup build demo test smoke smoke-firecracker clients hosts kernel bench bless record-release lint dist

setup:
	@.ci/setup

# The guest agent must be static: what a plain `cargo build` makes of it beside `pyro` does not boot, so ours goes there last.
build:
	$(CARGO) build --release --locked --package pyro-mcp
	$(CARGO) guest --locked
	@mkdir -p $(TARGET)/debug
	@install -C -m 755 $(GUEST) $(TARGET)/release/pyro-guest
	@install -C -m 755 $(GUEST) $(TARGET)/debug/pyro-guest

demo: setup build
	$(PYRO) demo

# Every test, and one real boot.
test: setup build
	$(IN_RUN_HOME) $(CARGO) test --workspace --locked --no-fail-fast
	$(IN_RUN_HOME) $(PYRO) smoke --strict boot
	@.ci/left-over $(RUN_HOME)

# Every pack and recipe in real machines, and the outside clients.
smoke: setup build
	$(IN_RUN_HOME) $(PYRO) smoke $(if $(CI),--strict)
	@.ci/left-over $(RUN_HOME)
	@$(MAKE) --no-print-directory clients

# A workspace's whole life on Firecracker, where one is found; its own kernel only where PYRO_GUEST_KERNEL names one.
smoke-firecracker: setup build
	$(IN_RUN_HOME) PYRO_BIN=$(TARGET)/debug $(CARGO) test --locked --test snapshots saving -- --nocapture
	$(IN_RUN_HOME) PYRO_BACKEND=firecracker $(PYRO) smoke firecracker
	@.ci/left-over $(RUN_HOME)

# One pack or recipe: smoke-boot, smoke-repro-fix-loop...
smoke-%: setup build
	$(IN_RUN_HOME) $(PYRO) smoke $*
	@.ci/left-over $(RUN_HOME)

# Programs of others, from npm and PyPI, drive pyro over MCP, and the protocol's own suite judges it.
clients: build
	@.ci/setup clients
	$(CARGO) build --locked $(addprefix --example=,conformance_server one_shot workspace repro_fix remote)
	@$(IN_RUN_HOME) PYRO=$(PYRO) EXAMPLES=$(TARGET)/debug/examples WORK=$(TARGET)/clients smoke/clients/run
	@.ci/left-over $(RUN_HOME)

# Claude Code, Codex, OpenCode and Gemini CLI work in a machine, with a scripted model; 1.4 GB from npm.
hosts: build
	@.ci/setup clients
	@$(IN_RUN_HOME) PYRO=$(PYRO) WORK=$(TARGET)/hosts smoke/hosts/run
	@.ci/left-over $(RUN_HOME)

# A kernel that boots machines sooner than Debian's, into the cache; see docs/kernel.md.
kernel:
	@.ci/setup kernel
	@PYRO_KERNEL_WORK=$(or $(PYRO_KERNEL_WORK),$(TARGET)/kernel) guest/kernel/build

bench: setup build
	$(IN_RUN_HOME) PYRO_BIN=$(dir $(PYRO)) $(CARGO) bench --locked --bench spine --bench workspaces --bench inhabit --bench going_back --bench network --bench redact --bench remote

# Accepts the outer surface as it is now; read the diff.
bless:
	UPDATE_GOLDENS=1 INSTA_UPDATE=always $(CARGO) test --test snapshots

# Writes down what this version promises, until it is released; a later one of the same major version must keep it.
record-release:
	RECORD_RELEASE=1 $(CARGO) test --locked --test snapshots nothing_that_was_released

# Packages that people install, each tried from nothing: see packaging/.
dist:
	@.ci/setup dist
	@CARGO=$(CARGO) packaging/dist $(TARGET)/dist

lint:
	$(CARGO) fmt --all --check
	rustfmt --check --edition 2024 tools/*.rs
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	@CARGO=$(CARGO) .ci/deny
