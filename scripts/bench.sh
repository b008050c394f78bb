#!/usr/bin/env bash
# The benchmarks of single stages, then the binary as a whole.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --bin snowmelt
if compgen -G 'benches/*.rs' >/dev/null; then
  # one line for each benchmark: name and time
  cargo bench --locked --bench '*' -- --quiet --noplot 2>/dev/null | grep -E 'time:|thrpt:|^[a-z]' || true
fi
cargo run --quiet --release --locked -p yauaa --example speed
python3 -B scripts/bench.py "$@"
