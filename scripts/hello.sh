#!/usr/bin/env bash
# Prints where `make run` listens and a line that sends a first event.
set -euo pipefail

cat <<'TEXT'

  OTLP              localhost:4317 (gRPC), http://localhost:4318 (HTTP)
  PromQL            http://localhost:9090
  overview page     http://localhost:8320

Send a first event (bash):

  curl -sS http://localhost:4318/v1/logs -H 'Content-Type: application/json' -d '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"'$(date +%s%N)'","eventName":"course.accessed","attributes":[{"key":"organization.id","value":{"stringValue":"acme"}},{"key":"user.id","value":{"stringValue":"ada"}},{"key":"user.status","value":{"stringValue":"active"}}]}]}]}]}'

and read it at the next whole minute:

  curl -sS http://localhost:9090/api/v1/query --data-urlencode 'query=usage_active_users{organization="acme"}'

TEXT
