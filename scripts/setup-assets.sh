#!/usr/bin/env bash
# Fetches what others wrote and the build puts into the binary, by name from Maven: the rules of the ua_parser enrichment,
# and the tables of the user_agent_utils enrichment, which the library carries as classes (needs java 11 or later).
# Does nothing when .assets holds both already.
set -euo pipefail
cd "$(dirname "$0")/.."

rules=.assets/regexes.yaml
rules_artifact=com.github.ua-parser:uap-java:1.5.4
rules_inside=ua_parser/regexes.yaml
rules_sha256=c1d1c5e9b66c2e16972e8317a04649cd86c362401b10f921f4848ffe3f760c08

tables=.assets/user-agent-utils.tsv
tables_artifact=eu.bitwalker:UserAgentUtils:1.21
tables_jar_sha256=19489b7e33d79def0176538e19d7ca41b4540b88e767ae337efe967845247923
tables_sha256=235c10517fe0bde29258ade484ad1cf6e522f0f68e9ed9637ea2c3051a2a9f24

right() { [[ -s $1 ]] && echo "$2  $1" | sha256sum --check --status; }
refuse() {
  echo "setup: $1 is not the file that was expected (sha256 $2)" >&2
  exit 1
}
copy() {
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="$1" -DoutputDirectory="$PWD/$work" -Dmdep.overWriteReleases=true
}
fetch() {
  echo "setup: fetching $1"
  copy "$1" || { echo "setup: trying once more"; sleep 5; copy "$1"; }
}

mkdir -p .assets
work=$(mktemp -d .assets/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT

if ! right "$rules" "$rules_sha256"; then
  fetch "$rules_artifact"
  python3 -m zipfile -e "$work"/uap-java-*.jar "$work/jar"
  right "$work/jar/$rules_inside" "$rules_sha256" || refuse "$rules_inside of $rules_artifact" "$rules_sha256"
  mv "$work/jar/$rules_inside" "$rules"
  echo "setup: $rules is in place"
fi

if ! right "$tables" "$tables_sha256"; then
  fetch "$tables_artifact"
  jar=$(echo "$work"/UserAgentUtils-*.jar)
  # its classes are run, so the jar itself must be the known one
  right "$jar" "$tables_jar_sha256" || refuse "$tables_artifact" "$tables_jar_sha256"
  java -Dfile.encoding=UTF-8 -cp "$jar" scripts/DumpUserAgentUtils.java >"$work/tables.tsv"
  right "$work/tables.tsv" "$tables_sha256" || refuse "the tables of $tables_artifact" "$tables_sha256"
  mv "$work/tables.tsv" "$tables"
  echo "setup: $tables is in place"
fi
