// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Explain says how a figure comes about, as of the last collection or arrival.
func (l *Ledger) Explain(ctx context.Context, q inquiry.ExplainQuery) (*inquiry.Explanation, error) {
	if q.Meter == "" {
		return nil, &inquiry.QueryError{Parameter: "meter", Value: "", Problem: "say which meter's figure is to be explained"}
	}
	if q.User != "" {
		if err := l.durably(ctx, q.Organization); err != nil { // a user who has just come has an id then
			return nil, err
		}
	}
	x, a, err := l.explain(&q)
	if err != nil || q.User != "" || a.Span.Window.Kind == usage.Rolling {
		return x, err
	}
	all, err := l.Statements(ctx, StatementQuery{
		Organization: x.Organization, Meter: x.Meter, Window: x.Window, From: x.Start, To: x.Start.Add(time.Minute),
	})
	if err != nil || len(all) == 0 {
		return x, err
	}
	s := &all[0]
	x.Versions, x.Billed = s.Versions, s.Billed
	if x.State == inquiry.Ended {
		x.State = inquiry.Closed
	}
	if s.Quota != nil {
		of := quota.Quota{Limit: s.Quota.Limit}
		x.Quota = inquiry.ExplainQuota(&quota.Allowance{Quota: of, Used: s.Current().Used})
		x.Quota.FlexPrice, x.Quota.Currency = s.Quota.FlexPrice, s.Quota.Currency
	}
	return x, nil
}

// file puts the first items of an organization into their rows; not while the disk is
// full. They are to be read there when what it returns is done.
func (l *Ledger) file(b *book.Book, o *book.Org) (f filing) {
	if o != nil && l.unavailable(time.Time{}) == nil {
		f.checkpoint = b.File(o)
	}
	f.group = b.Last()
	return f
}

// filing is what has rows that are asked for.
type filing struct {
	group      *group.Group
	checkpoint <-chan struct{} // closed when one that is under way has put its own there; nil: none is
}

// filed waits until it is done.
func (l *Ledger) filed(ctx context.Context, f filing) error {
	if err := l.await(ctx, f.group); err != nil || f.checkpoint == nil {
		return err
	}
	return wait(ctx, f.checkpoint)
}

// durably waits until everything that was taken in of an organization is in rows,
// on disk.
func (l *Ledger) durably(ctx context.Context, organization string) error {
	l.mu.Lock()
	if err := l.unreadable(); err != nil {
		l.mu.Unlock()
		return err
	}
	f := l.file(l.book, inquiry.Named(l.book, organization))
	l.mu.Unlock()
	return l.filed(ctx, f)
}

func (l *Ledger) explain(q *inquiry.ExplainQuery) (*inquiry.Explanation, *inquiry.Asked, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, err := l.ask(q.Organization, q.Meter, q.Window, q.Period)
	if err != nil {
		return nil, nil, err
	}
	x := a.Explanation()
	x.Period = usage.PeriodName(q.Period)
	if q.User == "" {
		a.Whole(x)
		return x, a, nil
	}
	if x.User, err = a.ExplainUser(q.User); err != nil {
		return nil, nil, fmt.Errorf("explain a user of organization %q: %w", a.Org.ID, err)
	}
	return x, a, nil
}
