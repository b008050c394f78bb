# syntax=docker/dockerfile:1.10
# The image: one binary on a base with nothing else in it but libc, OpenSSL and certificates.
#
#   docker buildx build -t snowmelt .
#
# Arguments are those of the images of Snowplow Enrich:
#   --config /snowplow/config/config.hocon --iglu-config /snowplow/config/resolver.json --enrichments /snowplow/enrichments

ARG RUST=1.95.0
# builder and base are the same release of Debian: the binary uses the OpenSSL of the base
FROM rust:${RUST}-bookworm AS build
ARG RUST
ENV RUSTUP_TOOLCHAIN=${RUST}
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# what scripts/setup-tools.sh would install by itself, in a layer that is kept
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends default-jdk-headless libssl-dev make maven perl pkg-config python3 && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /src
# rules and tables that the build embeds change seldom
COPY Makefile ./
COPY scripts scripts
RUN make setup
COPY . .
# zlib goes into the binary: the base has none. No debug information: it is four times the size of the program.
ENV LIBZ_SYS_STATIC=1 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=symbols
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    make setup && \
    cargo build --release --locked --bin snowmelt && \
    install -D -m 755 target/release/snowmelt /out/usr/local/bin/snowmelt && \
    install -D -m 644 -t /out/usr/share/doc/snowmelt LICENSE NOTICE && \
    install -d -m 755 /out/snowplow/config /out/snowplow/enrichments && \
    install -d -m 777 /out/snowplow/assets
# a library that the base lacks must fail here, not at the first start
RUN ldd /out/usr/local/bin/snowmelt | tee /tmp/libraries && \
    ! grep -Ev 'linux-vdso|ld-linux|lib(c|m|gcc_s|ssl|crypto)\.so' /tmp/libraries

FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="snowmelt" \
      org.opencontainers.image.description="Turns the raw payloads of a Snowplow collector into validated, enriched events" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /out /
# both TLS libraries look here
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# a number, so that runAsNonRoot can be checked
USER 65532:65532
# the root file system may be read-only: databases of enrichments are kept in the working folder
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/snowmelt"]
