#!/usr/bin/env bash
# Kinesis to Kinesis on one core, against the fake of the tests on another: bench-kinesis.sh [PAYLOADS [SHARDS [SECONDS]]]
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}/release
cargo build --release --locked --bin snowmelt --example bench_kinesis
cores=$(nproc)
if ((cores < 2)) || ! command -v taskset >/dev/null; then
  echo "bench-kinesis: fewer than two cores, or no taskset: the fake and the worker share what there is" >&2
  exec "$target/examples/bench_kinesis" "$target/snowmelt" "$@"
fi
exec taskset -c 0 "$target/examples/bench_kinesis" "taskset -c 1 $target/snowmelt" "$@"
