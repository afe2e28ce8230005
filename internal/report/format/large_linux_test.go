// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package format

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// A million users: go test ./internal/report/format -run Large -rows 1000000 -v.
var many = flag.Int("rows", 50_000, "how many users the large report has")

const (
	mostMemory  = 150 << 20 // above what the process had before; 250 MB are allowed for a million users
	mostSeconds = 60        // for a million users
)

func TestALargeReportIsStreamed(t *testing.T) {
	for _, name := range []string{"csv", "ndjson", "json", "xlsx"} {
		f, err := Of(name)
		require.NoError(t, err)
		r := &memory{t: t}
		r.look()
		r.before = r.peak
		size := &counter{}
		start := time.Now()
		require.NoError(t, f.Write(size, r.users(*many), ""))
		r.look()
		took := time.Since(start)
		t.Logf("%s: %d rows, %d MB, %.1f s, %d MB above the %d MB before", name, *many, size.n>>20, took.Seconds(), (r.peak-r.before)>>20, r.before>>20)
		require.Less(t, r.peak-r.before, mostMemory, name)
		require.Less(t, took.Seconds(), float64(mostSeconds), name)
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

// memory watches what the process occupies.
type memory struct {
	t            *testing.T
	before, peak int
}

func (m *memory) look() {
	status, err := os.ReadFile("/proc/self/statm")
	require.NoError(m.t, err)
	pages, err := strconv.Atoi(strings.Fields(string(status))[1])
	require.NoError(m.t, err)
	m.peak = max(m.peak, pages*os.Getpagesize())
}

// users is a report of users, as the ledger gives them: a row at a time, in one
// row's cells.
func (m *memory) users(n int) *report.Report {
	r := fixture(0)
	cells := make([]report.Cell, 9)
	r.Kind = report.Users
	r.Sections = r.Sections[:1]
	r.Sections[0].Rows = func(yield func([]report.Cell, error) bool) {
		first := time.Date(2026, 10, 1, 0, 0, 0, 0, berlin)
		for i := range n {
			if i%5000 == 0 {
				m.look()
			}
			number := strconv.Itoa(i)
			cells[0].Text = "user-" + number + "@customer.example"
			cells[1].Text, cells[2].Text, cells[3].Text = number, number+".5", number+".250000"
			cells[4].Text, cells[5].Text, cells[6].Text = number+".50", number+".99", "0."+number
			cells[3].Unit, cells[5].Unit = "min", "EUR"
			cells[7].At, cells[8].At = first.AddDate(0, 0, i%31), first.Add(time.Duration(i)*time.Second)
			if !yield(cells, nil) {
				return
			}
		}
	}
	return r
}
