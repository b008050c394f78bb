#!/usr/bin/env bash
# Makes raw payloads of an invented shop, enriches them without any network, and shows what comes out.
# COUNT and SEED choose how many payloads and which.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${COUNT:-10000}
seed=${SEED:-1}
target=${CARGO_TARGET_DIR:-$PWD/target}
out=target/demo
mkdir -p "$out"

echo "== building (a few minutes the first time)"
# without streams, and quicker to build than a release: no optimisation across crates, no debug information
cargo build --locked --no-default-features --bin snowmelt --profile quick \
  --config 'profile.quick.inherits="release"' --config 'profile.quick.lto="off"' \
  --config profile.quick.codegen-units=16 --config profile.quick.debug=false
snowmelt=$target/quick/snowmelt

echo "== making $count raw payloads (seed $seed)"
"$snowmelt" generate --count "$count" --seed "$seed" --output "$out/raw.b64"

# configurations name their files by absolute address
rm -rf "$out/enrichments"
cp -r enrichment-configs/demo/enrichments "$out/enrichments"
folder=$(python3 -c 'import pathlib; print(pathlib.Path("enrichment-configs/demo").resolve().as_uri())')
sed -i "s|file:///path-of-the-demo-folder|${folder//&/\\&}|" "$out/enrichments/referer_parser.json"

echo "== snowmelt enrich"
enrich=("$snowmelt" enrich
  --iglu-config enrichment-configs/demo/resolver.json
  --enrichments "$out/enrichments"
  --input "$out/raw.b64"
  --good "$out/good.tsv" --bad "$out/bad.jsonl" --pii "$out/pii.tsv")
echo "${enrich[*]}"
"${enrich[@]}"

python3 -B scripts/show_demo.py "$out"
