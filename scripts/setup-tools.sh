#!/usr/bin/env bash
# Installs what the targets of the Makefile need and the machine lacks. Does nothing when all is there.
# `demo` leaves out what only the streams and the tests with brokers need.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package_of=([python3]=python3 [cc]=gcc [c++]=g++ [make]=make [perl]=perl [javac]=openjdk-17-jdk-headless [mvn]=maven)
missing=()
for tool in "${!package_of[@]}"; do
  # Java and Maven only fetch what the build embeds; with that in place they are not needed
  if [[ ($tool == javac || $tool == mvn) && $(cd .assets 2>/dev/null && ls regexes.yaml currencies.csv user-agent-utils.tsv 2>/dev/null | wc -l) == 3 ]]; then continue; fi
  command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done

if [[ ${1-} != demo ]]; then
  # librdkafka takes the TLS and the zlib of the system
  command -v pkg-config >/dev/null || missing+=(pkg-config)
  pkg-config --exists openssl 2>/dev/null || missing+=(libssl-dev)
  pkg-config --exists zlib 2>/dev/null || missing+=(zlib1g-dev)
  # brokers for tests run in Java, are fetched by Maven and get certificates from openssl; a worker is compiled
  if [[ -z ${SNOWMELT_SKIP_BROKERS-} ]]; then
    command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
    command -v mvn >/dev/null || missing+=(maven)
    command -v openssl >/dev/null || missing+=(openssl)
    # the emulator of Kinesis runs in Node
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    # the one of S3 in an environment of Python
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
  fi
  # databases for the tests of sql_query
  if [[ -z ${SNOWMELT_SKIP_DATABASES-} ]]; then
    command -v mariadbd >/dev/null || missing+=(mariadb-server)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  fi
fi

if ((${#missing[@]})); then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  echo "setup: installing ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  command -v apt-get >/dev/null || {
    echo "setup: please install ${missing[*]}: this machine has no apt-get" >&2
    exit 1
  }
  "${as_root[@]}" apt-get update -q
  # the packages of databases would start servers; the tests start their own
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

command -v cargo >/dev/null || {
  echo "setup: please install Rust (rustup); rust-toolchain.toml names the version" >&2
  exit 1
}
# the first call of cargo fetches the pinned toolchain where rustup lacks it
cargo --version >/dev/null
