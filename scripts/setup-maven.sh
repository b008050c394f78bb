#!/usr/bin/env bash
# Fetches a program for tests by its Maven coordinates, once, and prints the folder of its jars:
# `setup-maven.sh FOLDER GROUP ARTIFACT VERSION`, FOLDER being its name in the cache.
set -euo pipefail

name=$1 group=$2 artifact=$3 version=$4
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/$name-$version
for tool in java mvn; do
  command -v "$tool" >/dev/null || {
    echo "setup-$name: please install $tool (openjdk-17-jre-headless, maven), or set SNOWMELT_SKIP_BROKERS=1" >&2
    exit 1
  }
done
mkdir -p "$folder"
# tests may come here at the same time
exec 9>"$folder/lock"
flock 9
if [[ ! -f $folder/complete ]]; then
  cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>snowmelt</groupId>
  <artifactId>test-$name</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>$group</groupId>
      <artifactId>$artifact</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/libs" -DincludeScope=runtime >&2
  touch "$folder/complete"
fi
echo "$folder/libs"
