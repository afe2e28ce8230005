// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/doctor"
)

const operators = `
extensions:
  usage_ledger:
    directory: unused
    meters:
      operators: {type: concurrent_users, logon: [user.logon], activity: [task.finished], logoff: [user.logoff], hourly: [task.finished], windows: [month]}
`

func TestDoctorJudgesACapture(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(operators), 0o600))
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	var lines []string
	for i := range 10 {
		lines = append(lines, task(i, at, at))
	}
	lines = append(lines,
		strings.Replace(task(1, at, at), `"u1"`, `"U1"`, 1), strings.Replace(task(1, at, at), "user.id", "login", 1), strings.Replace(task(77, at, at), "organization.id", "org", 1),
		task(3, at.Add(3*time.Hour), at), strings.Replace(task(1, at, at), "task.finished", "canary.other", 1), "no OTLP")
	file := taped(t, lines...)

	code, stdout, stderr := usagectl(t, "doctor", "--config", config, file)
	require.Equal(t, exitBad, code, stderr)
	require.Contains(t, stderr, "tape.jsonl:16")
	require.Contains(t, stderr, "1 lines or files were left out")
	require.Contains(t, stdout, "15 items: 14 are usage, of 11 users in 1 organizations; 1 match no meter (canary.other 1).\n")
	require.Regexp(t, `no user +1 +7.14 % +unknown +not counted by meters of users +task.finished 1`, stdout)
	require.Regexp(t, `clocks that are ahead +1 +7.14 % +0 `, stdout)
	require.Regexp(t, `no organization, or no usable one +1 +7.14 % +1 `, stdout)
	require.Regexp(t, `ids that differ only in case, blanks or Unicode form +2 +14.29 % +1 `, stdout)
	require.NotContains(t, stdout+stderr, "u77", "no id is shown")

	code, stdout, _ = usagectl(t, "doctor", "--config", config, "--output", "json", file)
	require.Equal(t, exitBad, code)
	var r doctor.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Len(t, r.Findings, 4)
	code, stdout, _ = usagectl(t, "doctor", "--config", config, "--output", "csv", file)
	require.Equal(t, exitBad, code)
	require.Equal(t, 5, strings.Count(stdout, "\n"))
	require.True(t, strings.HasPrefix(stdout, "finding,items,share,users_miscounted,effect,actions,remedy\n"))

	code, stdout, stderr = usagectl(t, "doctor", "--config", config, taped(t, lines[:10]...))
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "Nothing is wrong with what is usage.")

	for _, args := range [][]string{{"doctor"}, {"doctor", "--output", "xml", "--config", config, taped(t, lines[0])}} {
		code, _, _ = usagectl(t, args...)
		require.Equal(t, exitUsage, code)
	}
	code, _, stderr = usagectl(t, "doctor", "--config", config, taped(t, "no OTLP"))
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "the files hold no OTLP request")
}
