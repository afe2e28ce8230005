// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// taped writes lines to a file.
func taped(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tape.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return file
}

// task is a request of one finished task, observed at a time that may be zero.
func task(user int, at, observed time.Time) string {
	attribute := func(key, value string) string {
		return fmt.Sprintf(`{"key":%q,"value":{"stringValue":%q}}`, key, value)
	}
	line := fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","eventName":"task.finished","attributes":[%s,%s]`,
		at.UnixNano(), attribute("organization.id", "acme"), attribute("user.id", fmt.Sprint("u", user)))
	if !observed.IsZero() {
		line += fmt.Sprintf(`,"observedTimeUnixNano":"%d"`, observed.UnixNano())
	}
	return line + "}]}]}]}"
}

// replayed replays a file into directories of its own and returns the figures of
// 11:59.
func replayed(t *testing.T, file string) (code int, stdout string, got map[string]string) {
	t.Helper()
	nobody := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(nobody, nil, 0o600))
	d := demoDirs{ledger: filepath.Join(t.TempDir(), "ledger"), tsdb: filepath.Join(t.TempDir(), "tsdb")}
	code, stdout, stderr := d.replay(t, "--catalogue", nobody, file)
	require.NotEqual(t, exitError, code, stderr)
	return code, stdout, figures(t, d, "2026-11-20T11:59:00Z")
}

// Three hours of one record a minute, of which one has a time 2.5 h ahead: it is
// future, and all else is as if it were not there.
func TestARecordFarAheadEmptiesNoHours(t *testing.T) {
	for _, test := range []struct {
		wrong    []int
		observed bool
	}{{[]int{19}, true}, {[]int{19}, false}, {[]int{0}, false}, {[]int{40, 41, 42}, false}, {[]int{180}, false}} {
		t.Run(fmt.Sprint(test.wrong, test.observed), func(t *testing.T) {
			wrong, observed := test.wrong, test.observed
			var with, without []string
			for i := range 181 {
				at := time.Date(2026, 11, 20, 9, i, 0, 0, time.UTC)
				event, seen := at, time.Time{}
				if observed {
					seen = at
				}
				isWrong := slices.Contains(wrong, i)
				if isWrong {
					event = at.Add(150 * time.Minute)
				}
				if line := task(i%7, event, seen); !isWrong {
					with, without = append(with, line), append(without, line)
				} else {
					with = append(with, line)
				}
			}
			code, stdout, got := replayed(t, taped(t, with...))
			require.Equal(t, exitOK, code)
			require.Regexp(t, fmt.Sprintf(`(?m)^ +acme +%d +%d +0 `, 181-len(wrong), len(wrong)), judged(t, stdout))
			require.Contains(t, stdout, fmt.Sprintf("tape.jsonl:%d: of its 1 items 1 are ahead", wrong[0]+1))
			_, _, want := replayed(t, taped(t, without...))
			require.Equal(t, want, got)
			require.Equal(t, "7", got[`usage_concurrent_users{meter="operators",organization="acme",state="active"}`])
		})
	}
}

// judged keeps the columns counted, future and late of the table of outcomes.
func judged(t *testing.T, stdout string) string {
	t.Helper()
	var head []string
	var table strings.Builder
	for line := range strings.Lines(stdout) {
		cells := strings.Fields(line)
		if len(cells) > 0 && cells[0] == "organization" {
			head = cells
		}
		if len(cells) == len(head) {
			fmt.Fprintf(&table, "  %s", cells[0])
			for _, column := range []string{"counted", "future", "late"} {
				fmt.Fprintf(&table, "  %s", cells[slices.Index(head, column)])
			}
			table.WriteString(" \n")
		}
	}
	return table.String()
}

func TestATornLineIsNamedAndAllOthersAreCounted(t *testing.T) {
	line := func(minute int) string {
		return task(minute, time.Date(2026, 11, 20, 11, minute, 0, 0, time.UTC), time.Time{})
	}
	file := taped(t, line(1), line(2)+line(3), line(4), line(5)[:80])
	d := demoDirs{ledger: filepath.Join(t.TempDir(), "ledger"), tsdb: filepath.Join(t.TempDir(), "tsdb")}
	code, stdout, stderr := d.replay(t, file)
	require.Equal(t, exitBad, code)
	require.Contains(t, stdout, "4 items in 4 requests")
	require.Contains(t, stdout, "Left out: 1 lines or files\n"+file+":4: no OTLP request: the object does not end in this line")
	require.Contains(t, stderr, "1 lines or files were left out, and all others counted")
}
