// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// listing is a catalogue of n organizations with all that they may have.
func listing(n, limit int, zone string) []byte {
	var b strings.Builder
	b.WriteString("organizations:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - id: customer-%d
    name: Customer %d GmbH
    reseller: reseller-%d
    csm: [jane@example.com]
    client_id: "%d"
    subdomain: customer-%d
    notify: {email: [ops@customer.example], webhook: [], sms: []}
    timezone: %s
    anchor_day: %d
    currency: EUR
    plan: {type: fair, term_start: 2026-01-15, term_months: 12, subscription: "500.00", payments: {2026-04: paid}}
    quotas:
      minutes: {limit: %d, window: month, flex_price: "0.08"}
      learners: {limit: %d, window: month, flex_price: "3.50", thresholds: [0.5, 0.75, 0.9, 1.0]}
`, i, i, i%100, i, i, zone, 1+i%28, limit, limit)
	}
	return []byte(b.String())
}

// reload reads a catalogue and puts it in force while records arrive, and
// returns how long that took, and the longest that a request waited meanwhile.
func reload(t testing.TB, l *Ledger, text []byte, now time.Time) (took, waited time.Duration) {
	t.Helper()
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-pace.C:
			}
			var b usage.Batch
			visit(&b, fmt.Sprintf("customer-%d", i%10), fmt.Sprint("user-", i), now)
			began := time.Now()
			if err := l.Record(context.Background(), now, &b); err != nil {
				t.Error(err)
				return
			}
			waited = max(waited, time.Since(began))
		}
	}()
	began := time.Now()
	c, err := catalogue.ParseAs("organizations.yaml", text, meters(t))
	require.NoError(t, err)
	require.NoError(t, l.SetCatalogue(context.Background(), c, now))
	took = time.Since(began)
	close(done)
	<-stopped
	return took, waited
}

// The bound is what a customer is promised; the machine that tests run on may
// have other things to do.
func TestACatalogueOfTenThousandIsInForceInSecondsWhileRecordsArrive(t *testing.T) {
	const n = 10_000
	s := settings(t, vfs.NewMem())
	s.Limits.Organizations = n
	l := open(t, s, noon)
	defer closeLedger(t, l)
	for i, text := range [][]byte{listing(n, 1000, "Europe/Berlin"), listing(n, 2000, "Asia/Tokyo")} {
		now := noon.Add(time.Duration(i) * time.Minute)
		took, waited := reload(t, l, text, now)
		t.Log(took, waited)
		require.Less(t, took, 20*time.Second)
		require.Less(t, waited, took/2, "arrivals waited for the catalogue")
	}
	require.Len(t, l.IDs(), n)
}

// processor is the processor time that the process has had.
func processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReload gives the figures of docs/operations.md.
func BenchmarkReload(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint("organizations=", n), func(b *testing.B) {
			s := settings(b, vfs.Default)
			s.Directory, s.Limits.Organizations = b.TempDir(), n
			l := open(b, s, noon)
			defer closeLedger(b, l)
			first, firstWaited := reload(b, l, listing(n, 1000, "Europe/Berlin"), noon)
			texts := [][]byte{listing(n, 2000, "Asia/Tokyo"), listing(n, 1000, "Europe/Berlin")}
			var worst time.Duration
			i, before := 0, processor(b)
			for b.Loop() {
				_, waited := reload(b, l, texts[i%2], noon.Add(time.Duration(i)*time.Hour))
				worst = max(worst, waited)
				i++
			}
			b.ReportMetric((processor(b)-before).Seconds()/float64(i), "cpu-s/op")
			b.ReportMetric(first.Seconds(), "s/first")
			b.ReportMetric(firstWaited.Seconds(), "s-waited/first")
			b.ReportMetric(worst.Seconds(), "s-waited/reload")
		})
	}
}
