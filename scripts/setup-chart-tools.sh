#!/usr/bin/env bash
# Gets what the tests of the chart need into ~/.cache/snowmelt, and prints that folder: helm and the schemas of
# custom resources as Go modules, promtool, a Python environment with the schemas of Kubernetes.
set -euo pipefail

HELM=v3.18.6
PROMETHEUS_OPERATOR=v0.85.0
KEDA=v2.17.2
KUBERNETES_VALIDATE=1.37.0

cache=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt
bin=$cache/bin
mkdir -p "$bin"

need() {
  command -v "$1" >/dev/null || {
    echo "setup-chart-tools: please install $2" >&2
    exit 1
  }
}

if [[ $("$bin/helm" version --short 2>/dev/null) != "$HELM"* ]]; then
  need go "Go 1.24 or later"
  echo "setup-chart-tools: building helm $HELM (a few minutes)" >&2
  chartutil=helm.sh/helm/v3/pkg/chartutil
  # without these a build of one's own takes every cluster for an ancient one
  (cd / && GOBIN=$bin nice -n 15 go install -p "$(nproc)" -ldflags="-s -w -X $chartutil.k8sVersionMajor=1 \
    -X $chartutil.k8sVersionMinor=33 -X helm.sh/helm/v3/internal/version.version=$HELM" \
    "helm.sh/helm/v3/cmd/helm@$HELM" >&2)
fi

crds=$cache/crds-$PROMETHEUS_OPERATOR-$KEDA
if [[ ! -d $crds ]]; then
  need go "Go 1.24 or later"
  folder_of() { (cd / && go mod download -json "$1") | sed -nE 's/^\t"Dir": "(.*)",$/\1/p'; }
  operator=$(folder_of "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR")
  keda=$(folder_of "github.com/kedacore/keda/v2@$KEDA")
  mkdir -p "$crds.part"
  for kind in podmonitors servicemonitors prometheusrules; do
    install -m 644 "$operator/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml" "$crds.part/"
  done
  install -m 644 "$keda/config/crd/bases/keda.sh_scaledobjects.yaml" "$crds.part/"
  mv "$crds.part" "$crds"
fi
ln -sfn "$crds" "$cache/crds"

if [[ ! -x $bin/promtool ]]; then
  if promtool=$(command -v promtool); then
    ln -sf "$promtool" "$bin/promtool"
  else
    need apt-get "promtool (package prometheus)"
    part=$(mktemp -d)
    trap 'rm -rf "$part"' EXIT
    # unpacked, not installed: no service starts
    chmod 755 "$part"
    (cd "$part" && { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; } >&2 &&
      dpkg -x prometheus_*.deb root)
    install -m 755 "$part/root/usr/bin/promtool" "$bin/promtool"
  fi
fi

if ! "$cache/chart-venv/bin/python" -c "import importlib.metadata as m; assert m.version('kubernetes-validate') == '$KUBERNETES_VALIDATE'" 2>/dev/null; then
  need python3 "Python 3"
  python3 -m venv "$cache/chart-venv"
  "$cache/chart-venv/bin/pip" install -q --disable-pip-version-check "kubernetes-validate==$KUBERNETES_VALIDATE" pyyaml jsonschema >&2
fi
echo "$cache"
