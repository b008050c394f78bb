#!/bin/sh
# Fetches YAUAA 7.11.0 and the public suffix list its HTTP client ships, by Maven coordinates and
# checksum, and unpacks what the `yauaa` crate is compiled from into .assets/yauaa.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/.assets/yauaa"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # coordinates, file name, sha256
    mvn -q -B -f "$work/pom.xml" dependency:copy -Dartifact="$1" -DoutputDirectory="$work" -Dmdep.overWriteReleases=true
    echo "$3  $work/$2" | sha256sum -c --quiet -
}

# A project of its own: the plugin must not pick one up from the current folder.
cat >"$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>setup</groupId><artifactId>yauaa</artifactId><version>1</version><packaging>pom</packaging>
</project>
POM

fetch nl.basjes.parse.useragent:yauaa:7.11.0 yauaa-7.11.0.jar \
    dc4ff02861f7165fc7de333b701d4254ceda9cb35058a7dc941cb2466b479252
fetch org.apache.httpcomponents.client5:httpclient5:5.2.1 httpclient5-5.2.1.jar \
    9355f3876baf82fec13ced22c12b62d57536230836406d359459128e4f73ed51

rm -rf "$out"
mkdir -p "$out"
cd "$out"
unzip -q "$work/yauaa-7.11.0.jar" 'UserAgents/*.yaml' \
    nl/basjes/parse/useragent/parser/UserAgentLexer.class \
    nl/basjes/parse/useragent/parser/UserAgentParser.class
unzip -q "$work/httpclient5-5.2.1.jar" mozilla/public-suffix-list.txt
mv nl/basjes/parse/useragent/parser/*.class mozilla/public-suffix-list.txt .
rm -rf nl mozilla
echo "yauaa: $(find UserAgents -name '*.yaml' | wc -l) rule files in $out"
