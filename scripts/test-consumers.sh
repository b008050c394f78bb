#!/usr/bin/env bash
# Tests of examples/consumers in Python, TypeScript, Go and Rust, with events that this program makes: from a file, and
# from a topic of a real broker. SNOWMELT_SKIP_BROKERS=1 leaves the topic out.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in python3 node npm go cargo; do
  command -v "$tool" >/dev/null || {
    echo "test-consumers: please install $tool" >&2
    exit 1
  }
done

target=${CARGO_TARGET_DIR:-$PWD/target}
work=$target/consumers
cache=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt
mkdir -p "$work"

cargo build --locked --bin snowmelt --example consumer --example make_payloads
(cd examples/consumers/go && go vet ./... && go build -o "$work/go-consumer" .)
(cd examples/consumers/typescript && npm ci --silent --no-audit --no-fund && npm run --silent build)
venv=$cache/consumers-venv
if ! "$venv/bin/python" -c 'import importlib.metadata as m; assert m.version("confluent-kafka") == "2.12.2"' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check confluent-kafka==2.12.2
fi

# as the demo: configurations name their files by absolute address
rm -rf "$work/enrichments"
cp -r enrichment-configs/demo/enrichments "$work/enrichments"
folder=$(python3 -c 'import pathlib; print(pathlib.Path("enrichment-configs/demo").resolve().as_uri())')
sed -i "s|file:///path-of-the-demo-folder|${folder//&/\\&}|" "$work/enrichments/referer_parser.json"
"$target/debug/examples/make_payloads" 1500 7 >"$work/raw.b64"
"$target/debug/snowmelt" enrich --iglu-config enrichment-configs/demo/resolver.json --enrichments "$work/enrichments" \
  --input "$work/raw.b64" --good "$work/good.tsv" --bad "$work/bad.jsonl"

export SNOWMELT_CONSUMERS=$work SNOWMELT_PYTHON=$venv/bin/python SNOWMELT_RUST_CONSUMER=$target/debug/examples/consumer
tests=()
if [[ -n ${SNOWMELT_SKIP_BROKERS:-} ]]; then
  echo "test-consumers: SKIPPED the topic: SNOWMELT_SKIP_BROKERS is set"
  tests=(Files)
fi
"$venv/bin/python" -B tests/consumers/test_consumers.py "${tests[@]}" "$@"
