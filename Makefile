# Everything a developer runs, by name. `make` alone lists it.

SHELL := bash
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

.PHONY: help setup demo build test test-dynamodb simulate simulate-fleet soak-kafka bench conformance lint fuzz fuzz-long chart-test chart-test-server test-consumers docs-test image image-lint ci yauaa-suite yauaa-slowest setup-demo bench-kafka soak-kinesis bench-kinesis test-kcl test-admin

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing and fetch the rules that the build needs
	@scripts/setup-tools.sh
	@scripts/setup-assets.sh
	@scripts/setup-yauaa.sh

setup-demo:
	@scripts/setup-tools.sh demo
	@scripts/setup-assets.sh

demo: setup-demo ## make sample payloads, enrich them offline, show what comes out
	@scripts/demo.sh

build: setup ## the release binary
	cargo build --release --locked --bin snowmelt

test: setup ## all tests of all crates, with brokers, databases and a browser (without: SNOWMELT_SKIP_BROKERS=1, _DATABASES=1, _BROWSER=1)
	@[[ -n "$$SNOWMELT_SKIP_BROKERS" ]] || scripts/setup-kafka.sh >/dev/null
	@[[ -n "$$SNOWMELT_SKIP_BROWSER" ]] || scripts/setup-admin.sh
	$(if $(SNOWMELT_SKIP_DATABASES),,scripts/setup-sql.sh) cargo test --workspace --locked

test-dynamodb: setup ## the lease table against DynamoDB Local, which is fetched by Maven
	cargo test --locked --test lease_table
test-admin: setup ## the admin page in a headless browser, the metrics under promtool; installs both
	@scripts/setup-admin.sh
	cargo test --locked --test admin --test reload -- --nocapture

simulate: ## the lease engine in many simulated worlds (WORLDS), or in one again (WORLD)
	$(if $(WORLD),SIMULATED_WORLD=$(WORLD)) SIMULATED_WORLDS=$(or $(WORLDS),20000) \
	  cargo test --locked -p leases --test simulation -- --nocapture

simulate-fleet: ## what 1,000 workers on 10,000 shards ask of the lease table
	cargo test --locked -p leases --test simulation -- --ignored --nocapture

soak-kafka: setup ## kill workers on a real broker, 50 rounds and 200k payloads, without and with transactions
	SOAK_ROUNDS=$(or $(ROUNDS),50) SOAK_PAYLOADS=$(or $(PAYLOADS),200000) \
	  cargo test --locked --test process killed_workers -- --nocapture
	SOAK_OUTAGE=60 cargo test --locked --test process a_broker_that_comes_back -- --nocapture

bench-kafka: build ## throughput from topic to topic beside a mere copy, latency and memory
	cargo build --release --locked --example kafka_bench
	$(CARGO_TARGET_DIR)/release/examples/kafka_bench $(CARGO_TARGET_DIR)/release/snowmelt $(PAYLOADS)

soak-kinesis: setup ## kill workers, split and merge shards, services away for a minute and throttled for five
	SOAK_ROUNDS=$(or $(ROUNDS),50) SOAK_PAYLOADS=$(or $(PAYLOADS),200000) SOAK_WORKERS=3 SOAK_OUTAGE=60 SOAK_THROTTLED=300 \
	  cargo test --locked --test kinesis -- --nocapture --test-threads 1 group faults

test-kcl: setup ## share a lease table with the KCL 2.x in Java, which Maven fetches: over to Snowmelt, and back
	@scripts/setup-kcl.sh
	cargo test --locked --test kinesis kcl -- --include-ignored --nocapture

bench-kinesis: setup ## Kinesis to Kinesis on one core: events, shards a core, requests of leases
	@scripts/bench-kinesis.sh $(PAYLOADS)

bench: setup ## benchmarks, memory and start-up time, as one table
	@scripts/bench.sh

conformance: $(if $(BINARY),,build) ## compare with the golden data beside the clone, if it is there (BINARY, SETS)
	@python3 -B scripts/conformance.py $(if $(BINARY),--binary $(BINARY)) $(SETS)
	@python3 -B scripts/recover-golden.py $(if $(BINARY),--binary $(BINARY))

yauaa-suite: setup ## the test cases that the rules of YAUAA come with, field for field
	@cargo run --quiet --release --locked -p yauaa --example suite

yauaa-slowest: setup ## the agents that take YAUAA longest, of many thousand odd ones, in processor time (CORPUS=FOLDER)
	@cargo run --quiet --release --locked -p yauaa --example slowest -- $(CORPUS)

lint: setup ## formatting, clippy, dependency policy
	@scripts/lint.sh

fuzz: setup ## every fuzz target for 30 s (SECONDS_EACH)
	@scripts/fuzz.sh $(or $(SECONDS_EACH),30) $(TARGETS)

fuzz-long: setup ## every fuzz target for 10 min
	@scripts/fuzz.sh 600 $(TARGETS)

chart-test: ## the Helm chart: lint, golden files, schemas, pod security, alerts
	@scripts/chart-test.sh

chart-test-server: ## the chart in a real kube-apiserver, which is built first (minutes)
	@scripts/chart-test-server.sh

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
