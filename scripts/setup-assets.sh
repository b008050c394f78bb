#!/usr/bin/env bash
# Fetches what others wrote and the build puts into the binary, by name from Maven: the rules of ua_parser, the currencies
# of currency_conversion, and the tables of user_agent_utils, which the library carries as classes (needs java 11 or
# later). Does nothing when .assets holds all of them already.
set -euo pipefail
cd "$(dirname "$0")/.."

# file in .assets, artifact, file inside, sha256
plain=(
  "regexes.yaml com.github.ua-parser:uap-java:1.5.4 ua_parser/regexes.yaml
   c1d1c5e9b66c2e16972e8317a04649cd86c362401b10f921f4848ffe3f760c08"
  "currencies.csv org.joda:joda-money:1.0.1 org/joda/money/CurrencyData.csv
   533f82edc326940a4bf259cb7bb9bbd6284103ff473d78324e2a5f8c88fdd911"
)

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

for line in "${plain[@]}"; do
  read -r -d '' name artifact inside sha256 <<<"$line" || true
  if right ".assets/$name" "$sha256"; then continue; fi
  fetch "$artifact"
  python3 -m zipfile -e "$work/$(cut -d: -f2,3 --output-delimiter=- <<<"$artifact").jar" "$work/$name.jar"
  right "$work/$name.jar/$inside" "$sha256" || refuse "$inside of $artifact" "$sha256"
  mv "$work/$name.jar/$inside" ".assets/$name"
  echo "setup: .assets/$name is in place"
done

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
