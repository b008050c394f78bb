#!/usr/bin/env bash
# Fetches DynamoDB Local by its Maven coordinates, for tests, and runs it in memory on the port given, until it is
# killed. It has no setting for the address and listens on all of them; what is in it is test data only.
# DYNAMODB_VERSION chooses another one.
set -euo pipefail

port=$1
version=${DYNAMODB_VERSION:-2.6.1}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/dynamodb-$version
for tool in java mvn; do
  command -v "$tool" >/dev/null || {
    echo "setup-dynamodb: please install $tool (openjdk-17-jre-headless, maven), or set SNOWMELT_SKIP_BROKERS=1" >&2
    exit 1
  }
done
if [[ ! -f $folder/complete ]]; then
  mkdir -p "$folder"
  cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>snowmelt</groupId>
  <artifactId>test-table</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/libs" -DincludeScope=runtime >&2
  touch "$folder/complete"
fi
cd "$folder"
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true \
  -Djava.library.path=libs -cp 'libs/*' com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
  -inMemory -sharedDb -disableTelemetry -port "$port"
