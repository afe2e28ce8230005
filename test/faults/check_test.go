// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// check holds the items of a collector under load against what was sent to it
// and to those before it.
func (l *load) check(t *testing.T) {
	t.Helper()
	c := l.target.Load()
	acks, safe := l.acks.Load(), l.safe.Load() // before the items are read
	items, err := c.Items()
	require.NoError(t, err)
	attempts, batches := l.attempts.Load(), l.batches.Load() // after
	for _, organization := range organizations {
		of := items[organization]
		received := of.Received()
		require.Equal(t, received, of["counted"]+of["duplicate"], "%s: other outcomes: %v", organization, of)
		require.Zero(t, received%perBatch, "%s: %d items are received, of requests of %d: one was counted in part", organization, received, perBatch)
		require.GreaterOrEqual(t, received, acks*perBatch, "%s: acknowledged items are lost", organization)
		require.LessOrEqual(t, received, attempts*perBatch, "%s: more is received than was sent", organization)
	}
	for _, organization := range []string{school, yard} { // sets keep no uids
		require.Zero(t, items[organization]["duplicate"])
	}
	counted := items[office]["counted"]
	require.Zero(t, counted%perBatch)
	require.GreaterOrEqual(t, counted, safe*perBatch, "acknowledged uids are lost")
	require.LessOrEqual(t, counted, batches*perBatch, "a uid is counted twice")
	require.Zero(t, l.strange.Load(), "a request was answered with a status after which clients do not send again")
}

// settle holds the figures against what was sent once nothing is under way: all
// of it, once.
func (l *load) settle(t *testing.T) {
	t.Helper()
	c, want := l.target.Load(), l.total()
	t.Logf("%d batches in %d requests, %d acknowledged: %+v", l.batches.Load(), l.attempts.Load(), l.acks.Load(), want)
	l.check(t)
	c.Eventually(t, func() error {
		got, err := read(c)
		if err == nil && got != want {
			err = fmt.Errorf("the figures are %+v, not %+v", got, want)
		}
		return err
	})
}

// total is what the figures have to be.
type total struct{ learners, operators, minutes, transcriptions float64 }

func (l *load) total() total {
	visitors, crew := map[string]bool{}, map[string]bool{}
	var all total
	for n := range l.batches.Load() {
		for i := range uint64(perBatch) {
			visitors[learner(n, i)], crew[operator(n, i)] = true, true
			all.minutes += minutes(n, i) // eighths: exact
		}
		all.transcriptions += perBatch
	}
	all.learners, all.operators = float64(len(visitors)), float64(len(crew))
	return all
}

func read(c *collector.Collector) (all total, err error) {
	of := map[string]map[string]float64{}
	for _, organization := range organizations {
		if of[organization], err = c.Figures(organization); err != nil {
			return total{}, err
		}
	}
	all.learners = of[school][`usage_active_users{meter="active_learners",period="current",window="24h"}`]
	all.operators = of[yard][`usage_hour_users_peak{meter="operators",period="current",window="182d"}`]
	all.minutes = of[office][`usage_consumption_total{meter="transcription_minutes",unit="min"}`]
	for _, period := range []string{"current", "previous"} { // the hour before this one may be in the month before
		all.transcriptions += of[office][fmt.Sprintf(`usage_consumption_events{meter="transcription_minutes",period=%q,window="month"}`, period)]
	}
	return all, nil
}

// repeat sends batches again that were counted before: each item has its
// outcome and no figure changes.
func (l *load) repeat(t *testing.T) {
	t.Helper()
	c := l.target.Load()
	before, err := c.Items()
	require.NoError(t, err)
	const again = 50
	for n := range uint64(again) {
		require.Equal(t, http.StatusOK, c.Send(t, l.batch(n)...))
	}
	after, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, before[school]["counted"]+again*perBatch, after[school]["counted"])
	require.Equal(t, before[yard]["counted"]+again*perBatch, after[yard]["counted"])
	require.Equal(t, before[office]["counted"], after[office]["counted"])
	require.Equal(t, before[office]["duplicate"]+again*perBatch, after[office]["duplicate"])
}
