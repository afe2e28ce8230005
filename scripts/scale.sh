#!/usr/bin/env bash
# Starts what docs/scale.md is about on one machine: a broker, two shards, a gateway
# and a store, each with its files below data/scale. Ctrl-C ends them all.
set -euo pipefail
cd "$(dirname "$0")/.."

data=data/scale
mkdir -p "$data"

# A broker that speaks Kafka's protocol and a store, of the versions of the tests.
go build -C test/thirdparty/kafka -o "$PWD/build/thirdparty/kafka" .
go build -C test/thirdparty/victoriametrics -o "$PWD/build/thirdparty/victoria-metrics" github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics

trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM

topics=
for shard in a b; do topics+="usage-$shard-logs,usage-$shard-traces,usage-$shard-metrics,"; done
build/thirdparty/kafka -port 9092 -topics "${topics%,}" -directory "$data/kafka" >"$data/kafka.log" 2>&1 &
build/thirdparty/victoria-metrics -httpListenAddr=localhost:8428 -storageDataPath="$data/store" -retentionPeriod=400d \
	-search.latencyOffset=0s -dedup.minScrapeInterval=30s >"$data/store.log" 2>&1 &

# The key is of this machine: who has it can tell whose a pseudonym is.
[ -s "$data/key" ] || (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$data/key")
# The map is this machine's, too: organizations are pinned in it when they are moved.
[ -s "$data/shards.yaml" ] || cp config/scale/shards.yaml "$data/shards.yaml"
export USAGE_BROKERS=localhost:9092 USAGE_MAP="$data/shards.yaml" USAGE_DATA="$data"
USAGE_KEY=$(<"$data/key")
export USAGE_KEY
shard() { # name, port of its page, of its health check, of its own metrics, name of the other shard, port of its page
	USAGE_SHARD=$1 USAGE_API=localhost:$2 USAGE_HEALTH=localhost:$3 USAGE_TELEMETRY=$4 USAGE_PEER=$5 USAGE_PEER_API=http://localhost:$6 \
		bin/otelcol-usage --config config/victoriametrics.yaml --config config/scale/shard.yaml --config config/scale/peer.yaml >"$data/$1.log" 2>&1 &
}
shard a 8320 13133 8889 b 8321
shard b 8321 13134 8890 a 8320
bin/otelcol-usage --config config/scale/gateway.yaml >"$data/gateway.log" 2>&1 &

for address in 8320 8321; do
	until curl -sf "http://localhost:$address/-/ready" >/dev/null; do
		jobs -r | grep -q . || exit 1
		sleep 0.2
	done
done
cat <<'TEXT'

  gateway           localhost:4317 (gRPC), http://localhost:4318 (HTTP)
  pages of shards   http://localhost:8320 (a), http://localhost:8321 (b)
  PromQL            http://localhost:8428
  map of shards     data/scale/shards.yaml
  logs              data/scale/*.log

Send an event for acme, which is b's, and for globex, which is a's (bash):

  for o in acme globex; do curl -sS http://localhost:4318/v1/logs -H 'Content-Type: application/json' -d '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"'$(date +%s%N)'","eventName":"api.called","attributes":[{"key":"organization.id","value":{"stringValue":"'$o'"}}]}]}]}]}'; done

and read them at the next whole minute:

  curl -sS http://localhost:8428/api/v1/query --data-urlencode 'query=usage_consumption{meter="api_calls",window="day",period="current"} * on (organization) group_left (shard) usage_organization_shard'

and move acme to a while it runs:

  bin/usagectl move acme --from http://localhost:8321 --to http://localhost:8320 --map data/scale/shards.yaml

TEXT
wait -n # one that ends takes all along: its log says why
