#!/usr/bin/env bash
# Shows fourteen months of six organizations: writes their history, replays it
# into a ledger and a store, starts a collector on them and goes on with live
# traffic until Ctrl-C. The history is kept; `rm -rf data/demo` begins anew.
# Arguments go to the collector: more --config, as config/demo-people.yaml.
set -euo pipefail
cd "$(dirname "$0")/.."

data=data/demo
# Events are accepted for 35 days; beyond them the gap could not be filled.
keep_days=30

if [[ ! -e $data/complete || -n $(find "$data/complete" -mtime +$keep_days) ]]; then
  rm -rf "$data"
  echo "Writing fourteen months of history (once) ..."
  bin/usagectl demo generate --out "$data/history"
  echo "Replaying it ..."
  replay() {
    bin/usagectl replay --config config/default.yaml --catalogue config/demo-organizations.yaml \
      --ledger "$data/ledger" --tsdb "$data/tsdb" --retention 450d "$@"
  }
  # Figures of the last two months are collected as often as samples of
  # concurrent users are taken, older ones four times a day.
  files=("$data"/history/*.jsonl)
  replay --step 6h --fine 6h "${files[@]:0:${#files[@]}-2}"
  replay "${files[@]: -2}"
  touch "$data/complete"
fi

bin/otelcol-usage --config config/default.yaml --config config/demo.yaml "$@" 2>"$data/collector.log" &
collector=$!
live=
trap 'kill $live $collector 2>/dev/null || true; wait' EXIT
trap 'exit 0' INT TERM

until grep -q 'Everything is ready' "$data/collector.log"; do
  if ! kill -0 "$collector" 2>/dev/null; then
    echo "The collector did not start. Does another one run on its ports (make run)?" >&2
    tail -n 1 "$data/collector.log" >&2
    exit 1
  fi
  sleep 0.2
done

cat <<'TEXT'

  overview page     http://localhost:8320
  PromQL            http://localhost:9090
  collector's log   data/demo/collector.log

Live traffic follows until Ctrl-C.

TEXT
bin/usagectl demo live --history "$data/history" &
live=$!
wait "$live"
