#!/usr/bin/env bash
# Emulators of Kinesis (kinesis-local, by npm) and DynamoDB (DynamoDB Local, by Maven), for tests.
#
#   setup-kinesis.sh                    fetches them and prints their folder
#   setup-kinesis.sh kinesis PORT TLS   … and becomes Kinesis on that port of loopback
#   setup-kinesis.sh dynamodb PORT      … and becomes DynamoDB on that port of loopback, in memory
set -euo pipefail

kinesis=${KINESIS_LOCAL_VERSION:-0.6.2}
dynamodb=${DYNAMODB_LOCAL_VERSION:-2.6.1}
here=$(cd "$(dirname "$0")" && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt/aws-$kinesis-$dynamodb

for tool in java mvn node npm cc; do
  command -v "$tool" >/dev/null || {
    echo "setup-kinesis: please install $tool (openjdk-17-jre-headless, maven, nodejs, npm, gcc), or set SNOWMELT_SKIP_BROKERS=1" >&2
    exit 1
  }
done

fetch() {
  mkdir -p "$folder/kinesis" "$folder/dynamodb"
  npm install --silent --no-audit --no-fund --prefix "$folder/kinesis" "kinesis-local@$kinesis" >&2
  cat >"$folder/dynamodb/pom.xml" <<POM
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
      <version>$dynamodb</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$folder/dynamodb/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$folder/dynamodb/libs" -DincludeScope=runtime >&2
  cc -shared -fPIC -O2 -o "$folder/loopback.so" "$here/loopback.c" -ldl
  touch "$folder/complete"
}

# tests of one run ask at the same time
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -f $folder/complete ]]; then fetch; fi
exec 9>&-

case ${1:-} in
  '') echo "$folder" ;;
  kinesis)
    # it looks for its certificate in the current folder
    cd "$folder/kinesis/node_modules/kinesis-local"
    export KINESIS_MOCK_PLAIN_PORT=$2 KINESIS_MOCK_TLS_PORT=$3 LOG_LEVEL=ERROR SHARD_LIMIT=500
    for change in CREATE_STREAM DELETE_STREAM SPLIT_SHARD MERGE_SHARDS UPDATE_SHARD_COUNT REGISTER_STREAM_CONSUMER; do
      export "${change}_DURATION=20ms"
    done
    exec node -r "$here/loopback.cjs" main.js
    ;;
  dynamodb)
    libs=$folder/dynamodb/libs
    LD_PRELOAD=$folder/loopback.so exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
      -Djava.net.preferIPv4Stack=true -Djava.library.path="$libs" -cp "$libs/*" \
      com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -sharedDb -disableTelemetry -port "$2"
    ;;
  *)
    echo "setup-kinesis: unknown: $1" >&2
    exit 2
    ;;
esac
