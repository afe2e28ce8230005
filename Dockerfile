# The collector and usagectl, nothing else: no shell, no package manager, not root.
FROM golang:1.26.8-bookworm AS build
ENV CGO_ENABLED=0
WORKDIR /src
COPY . .
RUN make bin/otelcol-usage bin/usagectl && mkdir /state

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
