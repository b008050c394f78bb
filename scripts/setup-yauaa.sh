#!/usr/bin/env bash
# Fetches what the crate `yauaa` is compiled from, by Maven coordinates and checksum, into .assets/yauaa: rules and grammar
# of YAUAA 7.11.0, and the public suffix list that its HTTP client ships. Does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

out=.assets/yauaa
# of the list of all files with their checksums
contents_sha256=6458f4469a53028746fbc076c767213cb84f282e2489dce7d443c4fc8bd60a71

# artifact and sha256
rules=nl.basjes.parse.useragent:yauaa:7.11.0
rules_sha256=dc4ff02861f7165fc7de333b701d4254ceda9cb35058a7dc941cb2466b479252
suffixes=org.apache.httpcomponents.client5:httpclient5:5.2.1
suffixes_sha256=9355f3876baf82fec13ced22c12b62d57536230836406d359459128e4f73ed51

contents() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum | sha256sum | cut -d' ' -f1); }
if [[ -d $out && $(contents "$out") == "$contents_sha256" ]]; then exit 0; fi

mkdir -p .assets
work=$(mktemp -d .assets/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT

copy() {
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="$1" -DoutputDirectory="$PWD/$work" -Dmdep.overWriteReleases=true
}
fetch() { # artifact, sha256
  echo "setup: fetching $1"
  copy "$1" || { echo "setup: trying once more"; sleep 5; copy "$1"; }
  jar=$work/$(cut -d: -f2,3 --output-delimiter=- <<<"$1").jar
  if ! echo "$2  $jar" | sha256sum --check --status; then
    echo "setup: $1 is not the file that was expected (sha256 $2)" >&2
    exit 1
  fi
}

# from the jar in $jar: all files with a prefix and a suffix, into a folder
unpack() { # prefix, suffix, folder
  python3 - "$jar" "$@" <<'PYTHON'
import pathlib, sys, zipfile

jar, prefix, suffix, folder = sys.argv[1:]
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(jar) as archive:
    for name in archive.namelist():
        if name.startswith(prefix) and name.endswith(suffix):
            (folder / name.rsplit("/", 1)[1]).write_bytes(archive.read(name))
PYTHON
}

fetch "$rules" "$rules_sha256"
unpack UserAgents/ .yaml "$work/yauaa/UserAgents"
unpack nl/basjes/parse/useragent/parser/UserAgentLexer.class '' "$work/yauaa"
unpack nl/basjes/parse/useragent/parser/UserAgentParser.class '' "$work/yauaa"
fetch "$suffixes" "$suffixes_sha256"
unpack mozilla/public-suffix-list.txt '' "$work/yauaa"
if [[ $(contents "$work/yauaa") != "$contents_sha256" ]]; then
  echo "setup: what $rules and $suffixes hold is not what was expected" >&2
  exit 1
fi
rm -rf "$out"
mv "$work/yauaa" "$out"
echo "setup: $out is in place"
