#!/usr/bin/env bash
# Tests of the chart that need no cluster: lint, rendered files against tests/chart/golden, schemas of Kubernetes
# and of custom resources, pod security, alert rules. UPDATE=1 writes the golden files anew.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$(scripts/setup-chart-tools.sh)
export PATH=$cache/bin:$PATH SNOWMELT_CRDS=$cache/crds
exec "$cache/chart-venv/bin/python" -B tests/chart/test_chart.py "$@"
