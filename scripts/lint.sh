#!/usr/bin/env bash
# Formatting, clippy on everything, and the dependency policy of deny.toml where cargo-deny is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check
cargo clippy --workspace --all-targets --locked -- -D warnings

if command -v cargo-deny >/dev/null; then
  # advisories need a database from the network: they are not a matter of the code under test
  cargo deny --locked check bans licenses sources
else
  echo "lint: SKIPPED the dependency policy: cargo-deny is not installed (cargo install --locked cargo-deny)"
fi
echo "lint: ok"
