#!/usr/bin/env bash
# Builds a kube-apiserver from its Go modules and unpacks etcd, into ~/.cache/snowmelt/bin, and prints that folder.
# Five minutes of CPU the first time. Not the upstream build: the modules that it has as folders are taken as modules.
set -euo pipefail

KUBERNETES=1.31.4
cache=${XDG_CACHE_HOME:-$HOME/.cache}/snowmelt
bin=$cache/bin
mkdir -p "$bin"

if [[ ! -x $bin/kube-apiserver-$KUBERNETES ]]; then
  command -v go >/dev/null || { echo "setup-kube-apiserver: please install Go" >&2; exit 1; }
  echo "setup-kube-apiserver: building kube-apiserver $KUBERNETES (several minutes)" >&2
  source=$(cd / && go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -nE 's/^\t"Dir": "(.*)",$/\1/p')
  part=$(mktemp -d)
  trap 'chmod -R u+w "$part"; rm -rf "$part"' EXIT
  cp -r "$source/." "$part/"
  chmod -R u+w "$part"
  cd "$part"
  edits=()
  while read -r module; do
    edits+=("-dropreplace=$module" "-require=$module@v0.${KUBERNETES#1.}")
  done < <(sed -nE 's,^\s*(k8s\.io/[a-z0-9-]+) => \./staging/.*,\1,p' go.mod)
  go mod edit "${edits[@]}"
  version=k8s.io/component-base/version
  GOWORK=off GOFLAGS=-mod=mod nice -n 15 go build -o "$bin/kube-apiserver-$KUBERNETES" \
    -ldflags="-s -w -X $version.gitVersion=v$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=31" ./cmd/kube-apiserver >&2
  cd /
fi
ln -sfn "kube-apiserver-$KUBERNETES" "$bin/kube-apiserver"

if [[ ! -x $bin/etcd ]]; then
  if etcd=$(command -v etcd); then
    ln -sf "$etcd" "$bin/etcd"
  else
    unpacked=$(mktemp -d)
    chmod 755 "$unpacked"
    (cd "$unpacked" && { apt-get download -q etcd-server || { apt-get update -q && apt-get download -q etcd-server; }; } >&2 &&
      dpkg -x etcd-server_*.deb root)
    install -m 755 "$unpacked/root/usr/bin/etcd" "$bin/etcd"
    rm -rf "$unpacked"
  fi
fi
echo "$bin"
