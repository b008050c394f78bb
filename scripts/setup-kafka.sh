#!/usr/bin/env bash
# Fetches a Kafka broker by its Maven coordinates, for tests, and prints the folder of its jars.
# KAFKA_VERSION chooses another one.
set -euo pipefail

version=${KAFKA_VERSION:-4.1.0}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/kafka-$version
for tool in java mvn; do
  command -v "$tool" >/dev/null || {
    echo "setup-kafka: please install $tool (openjdk-17-jre-headless, maven), or set SNOWMELT_SKIP_BROKERS=1" >&2
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
  <artifactId>test-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/libs" -DincludeScope=runtime >&2
  touch "$folder/complete"
fi
echo "$folder/libs"
