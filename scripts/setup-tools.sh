#!/usr/bin/env bash
# Installs what the targets of the Makefile need and the machine lacks. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package_of=([python3]=python3 [cc]=gcc [c++]=g++ [make]=make [perl]=perl [javac]=openjdk-17-jdk-headless [mvn]=maven)
missing=()
for tool in "${!package_of[@]}"; do
  # Java and Maven only fetch what the build embeds; with that in place they are not needed
  if [[ ($tool == javac || $tool == mvn) && $(cd .assets 2>/dev/null && ls regexes.yaml currencies.csv user-agent-utils.tsv 2>/dev/null | wc -l) == 3 ]]; then continue; fi
  command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done

# librdkafka takes the TLS of the system
pkg-config --exists openssl 2>/dev/null || missing+=(pkg-config libssl-dev)

if ((${#missing[@]})); then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  command -v apt-get >/dev/null || {
    echo "setup: please install ${missing[*]}: this machine has no apt-get" >&2
    exit 1
  }
  "${as_root[@]}" apt-get update -q
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

command -v cargo >/dev/null || {
  echo "setup: please install Rust (rustup); rust-toolchain.toml names the version" >&2
  exit 1
}
# the first call of cargo fetches the pinned toolchain where rustup lacks it
cargo --version >/dev/null
