#!/usr/bin/env bash
# Lists the story tests, which hold the rules of docs/semantics.md: one sentence a rule.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rhoE '^func TestRule[A-Za-z0-9_]*' --include='*_test.go' internal processor receiver extension exporter test cmd |
	sed 's/^func Test//' | sort
