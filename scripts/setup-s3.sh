#!/usr/bin/env bash
# Installs moto, an emulator of AWS in Python, for tests of S3, and runs it on the port of loopback given, until it is
# killed. MOTO_VERSION chooses another one.
set -euo pipefail

port=$1
version=${MOTO_VERSION:-5.2.5}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/moto-$version
# tests of one run ask at the same time
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -f $folder/complete ]]; then
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv" || {
    echo "setup-s3: please install python3-venv, or set SNOWMELT_SKIP_BROKERS=1" >&2
    exit 1
  }
  # with what its server needs for S3 and IAM, and not what it needs for other services
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "moto[s3]==$version" boto3==1.44.5 flask==3.1.3 flask-cors==6.0.5 werkzeug==3.1.9 >&2
  touch "$folder/complete"
fi
exec 9>&-
exec "$folder/venv/bin/moto_server" -H 127.0.0.1 -p "$port" 2>"$folder/log"
