#!/usr/bin/env bash
# Fetches the Kinesis Client Library by its Maven coordinates, for tests, compiles the worker of tests/kcl against it, and runs
# that worker: `setup-kcl.sh KINESIS DYNAMODB TABLE STREAM WORKER FAILOVER_MS`, the first two being addresses of emulators.
# Without arguments it only fetches and compiles. KCL_VERSION chooses another version.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=$here/../tests/kcl/Consumer.java
command -v javac >/dev/null || {
  echo "setup-kcl: please install javac (openjdk-17-jdk-headless)" >&2
  exit 1
}
libs=$("$here/setup-maven.sh" kcl software.amazon.kinesis amazon-kinesis-client "${KCL_VERSION:-2.4.3}")
# what is compiled depends on the source alone, so that clones can share the folder
classes=$libs/../classes-$(sha256sum "$source" | cut -c 1-16)
if [[ ! -d $classes ]]; then
  # by another name first: tests may come here at the same time
  fresh=$(mktemp -d "$libs/../compile.XXXXXX")
  javac -nowarn -proc:none -d "$fresh" -cp "$libs/*" "$source"
  mv -T "$fresh" "$classes" 2>/dev/null || rm -rf "$fresh"
fi
(($#)) || exit 0
# emulators speak JSON; CBOR is what the client would choose
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true -Daws.cborEnabled=false \
  -cp "$classes:$libs/*" Consumer "$@"
