#!/usr/bin/env bash
# Opens every dashboard, and the plugin, in the Grafana that GRAFANA_URL names (see
# docs/grafana.md). No registry ships a server, so there may be none.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z ${GRAFANA_URL:-} ]]; then
	echo "left out: dashboards in a running Grafana (GRAFANA_URL names none)"
	exit 0
fi
npm --prefix dashboards/e2e ci --no-audit --no-fund
npm --prefix dashboards/e2e test
npm --prefix plugin/e2e ci --no-audit --no-fund
npm --prefix plugin/e2e test
