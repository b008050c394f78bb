#!/usr/bin/env bash
# Installs what the tests of the admin page and of the metrics need: a browser with its driver, and promtool.
# Does nothing when all is there.
set -euo pipefail

declare -A package_of=([chromium]=chromium [chromedriver]=chromium-driver [promtool]=prometheus)
missing=()
for tool in "${!package_of[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done
((${#missing[@]})) || exit 0

echo "setup-admin: installing ${missing[*]}" >&2
as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
command -v apt-get >/dev/null || {
  echo "setup-admin: please install ${missing[*]}: this machine has no apt-get" >&2
  exit 1
}
"${as_root[@]}" apt-get update -q >&2
# the package of Prometheus would start a server; only its tool is wanted
DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
