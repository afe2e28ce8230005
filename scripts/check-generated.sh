#!/usr/bin/env bash
# Fails when a generated file is not what `make generate` writes now. It leaves
# the right files behind, so that committing them is all there is to do.
set -euo pipefail
cd "$(dirname "$0")/.."

sums() {
	find processor receiver extension exporter dashboards/json \
		\( -name 'generated_*.go' -o -name documentation.md -o -path 'dashboards/json/*.json' \) -print0 |
		sort -z | xargs -0 sha256sum
}

before=$(sums)
make --no-print-directory generate
if ! diff <(echo "$before") <(sums); then
	echo "generated files were out of date: commit what is now in the tree" >&2
	exit 1
fi
