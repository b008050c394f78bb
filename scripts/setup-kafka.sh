#!/usr/bin/env bash
# Fetches a Kafka broker by its Maven coordinates, for tests, and prints the folder of its jars.
# KAFKA_VERSION chooses another one.
set -euo pipefail
exec "$(dirname "$0")/setup-maven.sh" kafka org.apache.kafka kafka_2.13 "${KAFKA_VERSION:-4.1.0}"
