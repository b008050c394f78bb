#!/usr/bin/env bash
# Installs the chart into a real kube-apiserver with etcd on loopback. There is no kubelet: objects are admitted and
# stored, containers do not run.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$(scripts/setup-chart-tools.sh)
bin=$(scripts/setup-kube-apiserver.sh)
export PATH=$bin:$PATH SNOWMELT_CRDS=$cache/crds
exec "$cache/chart-venv/bin/python" -B tests/chart/test_server.py "$@"
