// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// StatementQuery selects statements of one organization; what is left out
// selects all.
type StatementQuery struct {
	Organization string
	Meter        string
	Window       string
	From, To     time.Time // the period begins at or after From and before To
	Limit        int       // of statements; 0: none
}

// Statements returns statements by meter, window and start. What it returns is
// on disk.
func (l *Ledger) Statements(ctx context.Context, q StatementQuery) ([]archive.Statement, error) {
	var all []archive.Statement
	err := l.eachRange(q, func(org uint32, r archive.Range) error {
		for more := true; more; {
			err := l.reading(org, func(of *archive.Reader) (err error) {
				all, r.From, more, err = of.Read(all, r, readAtOnce, q.Limit)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, l.settled(ctx)
}

// StatementsAt returns the statements of all closed periods that end at an
// instant.
func (l *Ledger) StatementsAt(ctx context.Context, organization string, end time.Time) ([]archive.Statement, error) {
	var all []archive.Statement
	err := l.eachRange(StatementQuery{Organization: organization, To: end}, func(org uint32, r archive.Range) error {
		return l.reading(org, func(of *archive.Reader) (err error) {
			var found bool
			if r.From, found, err = of.Last(r); err != nil || !found {
				return err
			}
			last, _, _, err := of.Read(nil, r, readAtOnce, 0)
			for i := range last {
				if last[i].End.Equal(end) {
					all = append(all, last[i])
				}
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, l.settled(ctx)
}

// readAtOnce is how many statements are read while arrivals wait.
const readAtOnce = 200

// reading calls f with the archive of an organization, while arrivals wait.
func (l *Ledger) reading(org uint32, f func(*archive.Reader) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return err
	}
	o := l.book.Orgs[org]
	if o == nil { // erased meanwhile
		return inquiry.ErrNoOrganization
	}
	return f(inquiry.ArchiveOf(l.book, o))
}

// eachRange calls f for each meter's window that a query selects, by the name
// of the meter.
func (l *Ledger) eachRange(q StatementQuery, f func(org uint32, r archive.Range) error) error {
	l.mu.Lock()
	if err := l.unreadable(); err != nil {
		l.mu.Unlock()
		return err
	}
	o := inquiry.Named(l.book, q.Organization)
	meters := l.book.Defs.Meters
	l.mu.Unlock()
	if o == nil || o.ID == usage.NoOrganization {
		return fmt.Errorf("organization %q: %w", q.Organization, inquiry.ErrNoOrganization)
	}
	var numbers []uint16
	for i := range meters {
		if q.Meter == "" || meters[i].Name == q.Meter {
			numbers = append(numbers, uint16(i))
		}
	}
	slices.SortFunc(numbers, func(a, b uint16) int { return strings.Compare(meters[a].Name, meters[b].Name) })
	for _, n := range numbers {
		for k := usage.Day; k < usage.Rolling; k++ {
			if q.Window != "" && q.Window != k.String() {
				continue
			}
			r := archive.Range{Meter: n, Kind: k, From: archive.Beginning, To: archive.End}
			if !q.From.IsZero() {
				r.From = max(archive.Beginning, period.Ceil(q.From.UnixNano()))
			}
			if !q.To.IsZero() {
				r.To = max(archive.Beginning, period.Ceil(q.To.UnixNano()))
			}
			if err := f(o.Number, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// unreadable says why nothing can be read.
func (l *Ledger) unreadable() error {
	if l.closed {
		return fmt.Errorf("%w: it is shutting down", usage.ErrUnavailable)
	}
	return l.failure
}

// settled waits until what was read is on disk: a row can be read a moment
// before it is.
func (l *Ledger) settled(ctx context.Context) error {
	l.mu.Lock()
	g := l.book.Sealed()
	l.mu.Unlock()
	return l.await(ctx, g)
}

// StatementID names a version of the statement of a period.
type StatementID struct {
	Meter, Window string
	Start         time.Time
	Version       uint32
}

// Bill marks versions of statements as those that were billed: those that were
// current when the report of their period was made, at its first delivery. A
// period that was marked before keeps its mark. It returns the marked versions.
func (l *Ledger) Bill(ctx context.Context, organization string, periods ...StatementID) (versions []uint32, err error) {
	l.billing.Lock()
	defer l.billing.Unlock()
	l.mu.Lock()
	g, versions, err := l.bill(organization, periods)
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return versions, l.await(ctx, g)
}

func (l *Ledger) bill(organization string, periods []StatementID) (_ *group.Group, versions []uint32, err error) {
	if err := l.unavailable(time.Time{}); err != nil {
		return nil, nil, err
	}
	b := l.book
	o := b.Find(organization)
	if o == nil {
		return nil, nil, fmt.Errorf("organization %q: %w", organization, inquiry.ErrNoOrganization)
	}
	if err := held(o); err != nil {
		return nil, nil, err
	}
	var marks []*archive.Mark
	for _, id := range periods {
		version, mark, err := billOne(b, o, id)
		if err != nil {
			return nil, nil, fmt.Errorf("statement of %s, %s, %s from %s on: %w", organization, id.Meter, id.Window, id.Start.Format(time.RFC3339), err)
		}
		if mark != nil {
			marks = append(marks, mark)
		}
		versions = append(versions, version)
	}
	for _, mark := range marks {
		b.Pending.Set(mark.Key, mark.Value)
	}
	return b.Last(), versions, nil
}

// Bill returns the version that is marked, or will be and then the mark.
func billOne(b *book.Book, o *book.Org, id StatementID) (version uint32, _ *archive.Mark, _ error) {
	m := slices.IndexFunc(b.Defs.Meters, func(m usage.Meter) bool { return m.Name == id.Meter })
	w, err := usage.ParseWindow(id.Window)
	if err != nil || m < 0 {
		return 0, nil, cmp.Or(err, errors.New("there is no such meter"))
	}
	return inquiry.ArchiveOf(b, o).Bill(uint16(m), w.Kind, period.MinuteOf(id.Start), id.Version)
}
