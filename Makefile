# Everything a developer runs, by name. `make` alone lists it.

SHELL := bash
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

.PHONY: help setup demo build test test-admin test-kafka soak-kafka bench conformance lint fuzz fuzz-long chart-test test-consumers docs-test image image-lint ci

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing and fetch the rules that the build needs
	@scripts/setup-tools.sh
	@scripts/setup-assets.sh

demo: setup ## make sample payloads, enrich them offline, show what comes out
	@scripts/demo.sh

build: setup ## the release binary
	cargo build --release --locked --bin snowmelt

test: setup ## all tests of all crates
	cargo test --workspace --locked

test-admin: setup ## the admin page in a headless browser, the metrics under promtool; installs both
	@scripts/setup-admin.sh
	cargo test --locked --test admin --test reload

test-kafka: setup ## what needs a Kafka broker, which is fetched by Maven
	cargo test --locked --features kafka --test process

soak-kafka: setup ## kill workers on a real broker, 50 rounds and 200k payloads
	SOAK_ROUNDS=$(or $(ROUNDS),50) SOAK_PAYLOADS=$(or $(PAYLOADS),200000) \
	  cargo test --locked --features kafka --test process killed_workers -- --nocapture

bench: setup ## benchmarks, memory and start-up time, as one table
	@scripts/bench.sh

conformance: build ## compare with the golden data beside the clone, if it is there
	@python3 -B scripts/conformance.py $(SETS)

lint: setup ## formatting, clippy, dependency policy
	@scripts/lint.sh

fuzz: setup ## every fuzz target for 30 s (SECONDS_EACH)
	@scripts/fuzz.sh $(or $(SECONDS_EACH),30) $(TARGETS)

fuzz-long: setup ## every fuzz target for 10 min
	@scripts/fuzz.sh 600 $(TARGETS)

chart-test: ## the Helm chart: lint, golden files, schemas, pod security, alerts
	@scripts/chart-test.sh

test-consumers: setup ## the examples that read enriched events, in four languages; needs Node, Go and a broker
	@scripts/test-consumers.sh

docs-test: ## links of the documentation, and whether it knows every setting
	@scripts/docs-test.py

image: ## the image, with docker
	docker buildx build --load -t snowmelt .
	@scripts/image-test.sh snowmelt

image-lint: ## Dockerfile, workflows and scripts, without an engine
	@scripts/image-lint.sh

ci: ## what CI runs
	@.ci/run
