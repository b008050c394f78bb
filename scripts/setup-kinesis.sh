#!/usr/bin/env bash
# Fetches kinesis-local, an emulator of Kinesis, by npm, for tests, and runs it on the two ports of loopback given (plain
# and TLS), until it is killed. KINESIS_LOCAL_VERSION chooses another one.
set -euo pipefail

plain=$1 tls=$2
version=${KINESIS_LOCAL_VERSION:-0.6.2}
here=$(cd "$(dirname "$0")" && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/kinesis-local-$version
for tool in node npm; do
  command -v "$tool" >/dev/null || {
    echo "setup-kinesis: please install $tool (nodejs, npm), or set SNOWMELT_SKIP_BROKERS=1" >&2
    exit 1
  }
done
# tests of one run ask at the same time
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -f $folder/complete ]]; then
  npm install --silent --no-audit --no-fund --prefix "$folder" "kinesis-local@$version" >&2
  touch "$folder/complete"
fi
exec 9>&-
# it looks for its certificate in the current folder
cd "$folder/node_modules/kinesis-local"
export KINESIS_MOCK_PLAIN_PORT=$plain KINESIS_MOCK_TLS_PORT=$tls LOG_LEVEL=ERROR SHARD_LIMIT=500
for change in CREATE_STREAM DELETE_STREAM SPLIT_SHARD MERGE_SHARDS UPDATE_SHARD_COUNT REGISTER_STREAM_CONSUMER; do
  export "${change}_DURATION=20ms"
done
exec node -r "$here/loopback.cjs" main.js
