#!/usr/bin/env bash
# Lists the stories that hold the rules of counting, a rule a line, with what became of each.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "The rules, each held by a story in test/story/testdata:"
go test -v -run '^TestRules$' ./test/story |
	sed -nE 's|^ *--- ([A-Z]+): TestRules/([0-9])-([^/]*)/(.*) \(.*\)$|\1  \2 \3: \4|p' | tr - ' '
