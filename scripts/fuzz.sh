#!/usr/bin/env bash
# Runs every fuzz target, or those named, for a number of seconds each: fuzz.sh SECONDS [TARGET ...]
#
# The targets are libFuzzer's; the layout is that of cargo-fuzz, which works here too. This script builds them with the
# pinned stable toolchain instead: with `unsafe` forbidden, what the address sanitizer of nightly adds is little.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
targets=("$@")
if ((${#targets[@]} == 0)); then targets=(payload querystring json url base64 yauaa adapters kpl); fi
target=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
echo "fuzz: building"
CARGO_TARGET_DIR=$target RUSTFLAGS="$coverage --cfg fuzzing" \
  cargo build --release --manifest-path fuzz/Cargo.toml --target "$host"

# seeds: those kept by hand and, for payloads, sample records
mkdir -p target/demo
rustc --edition 2024 -O -o target/demo/make_payloads examples/make_payloads/main.rs
mkdir -p fuzz/corpus/payload
target/demo/make_payloads 200 7 | python3 -c '
import base64, pathlib, sys
for number, line in enumerate(sys.stdin):
    pathlib.Path(f"fuzz/corpus/payload/sample-{number}").write_bytes(base64.b64decode(line))
'

passed=0 failed=0
for name in "${targets[@]}"; do
  mkdir -p "fuzz/corpus/$name" "fuzz/artifacts/$name" target/fuzz-logs
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1)
  options+=(-artifact_prefix="fuzz/artifacts/$name/")
  if [[ -f fuzz/dictionaries/$name.dict ]]; then options+=(-dict="fuzz/dictionaries/$name.dict"); fi
  corpora=("fuzz/corpus/$name")
  if [[ -d fuzz/seeds/$name ]]; then corpora+=("fuzz/seeds/$name"); fi
  log=target/fuzz-logs/$name.log
  if "$target/$host/release/$name" "${options[@]}" "${corpora[@]}" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "fuzz: $name ok, $runs runs in $seconds s"
    passed=$((passed + 1))
  else
    echo "fuzz: $name FAILED, see $log and fuzz/artifacts/$name"
    grep -m 5 -E 'panicked|ERROR|SUMMARY|assertion' "$log" || tail -n 5 "$log"
    failed=$((failed + 1))
  fi
done
echo "fuzz: $passed passed, $failed failed"
((failed == 0))
