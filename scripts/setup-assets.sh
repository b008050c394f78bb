#!/usr/bin/env bash
# Fetches the rules of the ua_parser enrichment, which the build puts into the binary: the file that the Maven artifact
# uap-java 1.5.4 carries. Does nothing when .assets holds it already.
set -euo pipefail
cd "$(dirname "$0")/.."

artifact=com.github.ua-parser:uap-java:1.5.4
inside=ua_parser/regexes.yaml
sha256=c1d1c5e9b66c2e16972e8317a04649cd86c362401b10f921f4848ffe3f760c08
wanted=.assets/regexes.yaml

right() { [[ -s $1 ]] && echo "$sha256  $1" | sha256sum --check --status; }
if right "$wanted"; then exit 0; fi

mkdir -p .assets
work=$(mktemp -d .assets/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT

fetch() {
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="$artifact" -DoutputDirectory="$PWD/$work" -Dmdep.overWriteReleases=true
}
echo "setup: fetching $artifact"
fetch || { echo "setup: trying once more"; sleep 5; fetch; }

python3 -m zipfile -e "$work"/uap-java-*.jar "$work/jar"
right "$work/jar/$inside" || {
  echo "setup: $inside of $artifact is not the file that was expected (sha256 $sha256)" >&2
  exit 1
}
mv "$work/jar/$inside" "$wanted"
echo "setup: $wanted is in place"
