# The collector and usagectl, nothing else: no shell, no package manager, not root.
# It compiles for another platform than it runs on, so that none is emulated.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
ENV CGO_ENABLED=0
WORKDIR /src
COPY . .
RUN make build/otelcol-usage/go.mod && mkdir /state
ARG TARGETOS TARGETARCH VERSION
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH make bin/otelcol-usage bin/usagectl VERSION=$VERSION

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /src/bin/otelcol-usage /src/bin/usagectl /
COPY --from=build /src/config /etc/otelcol-usage
COPY --from=build /src/rules /etc/otelcol-usage/rules
# A named volume takes over this directory with its owner.
COPY --from=build --chown=nonroot:nonroot /state /var/lib/otelcol-usage
# OTLP over gRPC and HTTP, the embedded store, overview page and API, health check.
EXPOSE 4317 4318 9090 8320 13133
ENTRYPOINT ["/otelcol-usage"]
CMD ["--config", "/etc/otelcol-usage/default.yaml", "--config", "/etc/otelcol-usage/container.yaml"]
