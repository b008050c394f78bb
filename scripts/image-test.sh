#!/usr/bin/env bash
# What must hold of a built image: small, no root, runs with a read-only root and an unknown user, takes the flags
# of the images of Snowplow Enrich. usage: image-test.sh IMAGE
set -euo pipefail
cd "$(dirname "$0")/.."
image=${1:?usage: image-test.sh IMAGE}
most=$((60 * 1024 * 1024))

size=$(docker image inspect --format '{{ .Size }}' "$image")
echo "size: $((size / 1024 / 1024)) MiB"
((size < most)) || { echo "larger than $((most / 1024 / 1024)) MiB" >&2; exit 1; }

user=$(docker image inspect --format '{{ .Config.User }}' "$image")
[[ $user =~ ^[1-9][0-9]*(:[0-9]+)?$ ]] || { echo "the user must be a number above 0, not '$user'" >&2; exit 1; }

run=(docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)
"${run[@]}" --user 12345:12345 "$image" --version

# the flags of the reference without a command; files at its paths; a folder in, files out
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/config" "$work/enrichments" "$work/in"
cp enrichment-configs/demo/resolver.json "$work/config/resolver.json"
cat >"$work/config/config.hocon" <<'CONFIG'
input { type = FileSystem, dir = "/in" }
output {
  good { type = FileSystem, file = "/tmp/good" }
  bad { type = FileSystem, file = "/tmp/bad" }
}
CONFIG
chmod -R a+rX "$work"
"${run[@]}" -v "$work/config:/snowplow/config:ro" -v "$work/enrichments:/snowplow/enrichments:ro" -v "$work/in:/in:ro" "$image" \
  --config /snowplow/config/config.hocon --iglu-config /snowplow/config/resolver.json --enrichments /snowplow/enrichments
echo "image-test: ok"
