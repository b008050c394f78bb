#!/usr/bin/env bash
# Fetches DynamoDB Local by its Maven coordinates, for tests, and runs it in memory on the port of loopback given, until
# it is killed. It has no setting for the address, so what it asks for is changed on the way.
# DYNAMODB_VERSION chooses another one.
set -euo pipefail

port=$1
here=$(cd "$(dirname "$0")" && pwd)
libs=$("$here/setup-maven.sh" dynamodb com.amazonaws DynamoDBLocal "${DYNAMODB_VERSION:-2.6.1}")
shim=$libs/loopback.so
if [[ $here/loopback.c -nt $shim ]]; then
  # by another name first: tests may come here at the same time
  cc -shared -fPIC -O1 -o "$shim.$$" "$here/loopback.c" -ldl
  mv "$shim.$$" "$shim"
fi
LD_PRELOAD=$shim exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true \
  -Djava.library.path="$libs" -cp "$libs/*" com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
  -inMemory -sharedDb -disableTelemetry -port "$port"
