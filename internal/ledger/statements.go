// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// publish writes the statements that an organization has made since the last
// call, with the group that is gathering.
func (b *book) publish(o *org) {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s)
		b.pending.set(statementKey(o.Number, &s), statementRow(&s))
		o.dirty = true
	}
}

func statementRow(s *meter.Statement) []byte {
	var e wire.Encoder
	s.Encode(&e)
	return e.Bytes
}

// republish puts those that redo entries have made again into a batch, where
// they are missing: what was made is never written over.
func (b *book) republish(o *org, batch *pebble.Batch) error {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s)
		key := statementKey(o.Number, &s)
		known, err := b.meta(key)
		if err == nil && known == nil {
			err = batch.Set(key, statementRow(&s), nil)
		}
		if err != nil {
			return fmt.Errorf("statements of organization %d: %w", o.Number, err)
		}
	}
	return nil
}

// StatementQuery selects statements of one organization; what is left out
// selects all.
type StatementQuery struct {
	Organization string
	Meter        string
	Window       string
	From, To     time.Time // the period begins at or after From and before To
	Limit        int       // of statements; 0: none
}

// ErrNoOrganization says that the ledger does not know an organization.
var ErrNoOrganization = errors.New("not in the catalogue, and no event of it was seen")

// Statements returns statements by meter, window and start. What it returns is
// on disk.
func (l *Ledger) Statements(ctx context.Context, q StatementQuery) ([]Statement, error) {
	var all []Statement
	err := l.eachRange(q, func(r statementRange) error {
		for more := true; more; {
			var err error
			if all, r.from, more, err = l.readStatements(all, r, q.Limit); err != nil {
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
func (l *Ledger) StatementsAt(ctx context.Context, organization string, end time.Time) ([]Statement, error) {
	var all []Statement
	err := l.eachRange(StatementQuery{Organization: organization, To: end}, func(r statementRange) error {
		start, found, err := l.lastPeriod(r)
		if err != nil || !found {
			return err
		}
		r.from = r.at(start)
		read, _, _, err := l.readStatements(nil, r, 0)
		for i := range read {
			if read[i].End.Equal(end) {
				all = append(all, read[i])
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, l.settled(ctx)
}

// statementRange is the keys of one meter's window.
type statementRange struct {
	org      uint32
	meter    uint16
	kind     usage.Kind
	from, to []byte
}

func (r *statementRange) at(start period.Minute) []byte {
	return periodKey(keyStatement, r.org, r.meter, r.kind, start)
}

// eachRange calls f for each meter's window that a query selects, by the name
// of the meter.
func (l *Ledger) eachRange(q StatementQuery, f func(statementRange) error) error {
	l.mu.Lock()
	if err := l.unreadable(); err != nil {
		l.mu.Unlock()
		return err
	}
	o := l.book.named(q.Organization)
	meters := l.book.defs.Meters
	l.mu.Unlock()
	if o == nil || o.ID == usage.NoOrganization {
		return fmt.Errorf("organization %q: %w", q.Organization, ErrNoOrganization)
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
			r := statementRange{org: o.Number, meter: n, kind: k}
			r.from, r.to = r.at(0), after(r.at(0)[:8])
			if !q.From.IsZero() {
				r.from = r.at(period.Ceil(q.From.UnixNano()))
			}
			if !q.To.IsZero() {
				r.to = r.at(period.Ceil(q.To.UnixNano()))
			}
			if err := f(r); err != nil {
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
	g := l.book.committing
	l.mu.Unlock()
	return l.await(ctx, g)
}

// readAtOnce is how many statements are read while arrivals wait.
const readAtOnce = 200

// ErrTooMany says that a query selects more statements than its limit.
var ErrTooMany = errors.New("too many statements")

// readStatements appends some statements of a range, and tells from where to
// go on if there are more.
func (l *Ledger) readStatements(all []Statement, r statementRange, limit int) (_ []Statement, next []byte, more bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return nil, nil, false, err
	}
	b := l.book
	o, m := b.orgs[r.org], &b.defs.Meters[r.meter]
	if o == nil { // erased meanwhile
		return nil, nil, false, ErrNoOrganization
	}
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: r.from, UpperBound: r.to})
	if err != nil {
		return nil, nil, false, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	read := 0
	var last period.Minute
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, nil, false, err
		}
		v, err := decodeStatement(it.Key(), value, m)
		if err != nil {
			return nil, nil, false, fmt.Errorf("statement of organization %d: %w", r.org, err)
		}
		if read == 0 || v.Start != last {
			switch {
			case read == readAtOnce:
				return all, r.at(v.Start), true, nil
			case limit > 0 && len(all) == limit:
				return nil, nil, false, ErrTooMany
			}
			read, last = read+1, v.Start
			billed, err := b.billed(o.Number, v.Meter, v.Kind, v.Start)
			if err != nil {
				return nil, nil, false, err
			}
			all = append(all, Statement{Billed: billed})
		}
		all[len(all)-1].add(m, o, &v)
	}
	return all, nil, false, it.Error()
}

// lastPeriod returns the start of the last period of a range that has a
// statement.
func (l *Ledger) lastPeriod(r statementRange) (start period.Minute, found bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return 0, false, err
	}
	it, err := l.book.db.NewIter(&pebble.IterOptions{LowerBound: r.from, UpperBound: r.to})
	if err != nil {
		return 0, false, err
	}
	if found = it.Last() && len(it.Key()) == statementKeySize; found {
		start = period.Minute(binary.BigEndian.Uint32(it.Key()[8:]))
	}
	return start, found, errors.Join(it.Error(), it.Close())
}

// decodeStatement reads a row and checks that the meter has what it names.
func decodeStatement(key, value []byte, m *usage.Meter) (v meter.Statement, err error) {
	if len(key) != statementKeySize {
		return v, errors.New("damaged key")
	}
	v.Meter, v.Kind = binary.BigEndian.Uint16(key[5:]), usage.Kind(key[7])
	v.Start, v.Version = period.Minute(binary.BigEndian.Uint32(key[8:])), binary.BigEndian.Uint32(key[12:])
	if err := v.Decode(&wire.Decoder{Bytes: value}); err != nil {
		return v, err
	}
	if v.Definition >= len(m.Versions) {
		return v, fmt.Errorf("it names definition %d of %d", v.Definition, len(m.Versions))
	}
	for _, c := range v.Cells {
		bad := int(c.Breakdown) > len(m.Breakdowns) || m.Type == usage.Consumption && int(c.Column) >= 2+2*len(v.Averages)
		if c.IsRegistered() {
			bad = m.Type != usage.ActiveUsers || int(c.Column) >= usage.NumStatuses
		}
		if bad {
			return v, fmt.Errorf("it names breakdown %d, column %d", c.Breakdown, c.Column)
		}
	}
	return v, nil
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

func (l *Ledger) bill(organization string, periods []StatementID) (_ *group, versions []uint32, err error) {
	if err := l.unavailable(time.Time{}); err != nil {
		return nil, nil, err
	}
	b := l.book
	o := b.find(organization)
	if o == nil {
		return nil, nil, fmt.Errorf("organization %q: %w", organization, ErrNoOrganization)
	}
	marks := map[string]uint32{}
	for _, id := range periods {
		key, version, err := b.versionToBill(o, id)
		if err != nil {
			return nil, nil, fmt.Errorf("statement of %s, %s, %s from %s on: %w", organization, id.Meter, id.Window, id.Start.Format(time.RFC3339), err)
		}
		if key != nil {
			marks[string(key)] = version
		}
		versions = append(versions, version)
	}
	for key, version := range marks {
		var e wire.Encoder
		e.Uint(uint64(version))
		b.pending.set([]byte(key), e.Bytes)
	}
	return b.lastGroup(), versions, nil
}

// versionToBill returns the version that is marked, or will be and then the key
// of the mark.
func (b *book) versionToBill(o *org, id StatementID) (key []byte, version uint32, err error) {
	m := slices.IndexFunc(b.defs.Meters, func(m usage.Meter) bool { return m.Name == id.Meter })
	w, err := usage.ParseWindow(id.Window)
	if err != nil || m < 0 {
		return nil, 0, cmp.Or(err, errors.New("there is no such meter"))
	}
	start := period.MinuteOf(id.Start)
	if version, err = b.billed(o.Number, uint16(m), w.Kind, start); err != nil || version > 0 {
		return nil, version, err
	}
	statement := meter.Statement{Meter: uint16(m), Kind: w.Kind, Start: start, Version: id.Version}
	row, err := b.meta(statementKey(o.Number, &statement))
	if err == nil && row == nil {
		err = fmt.Errorf("there is no version %d", id.Version)
	}
	return periodKey(keyBilled, o.Number, uint16(m), w.Kind, start), id.Version, err
}

// billed returns the version of a statement that was billed, 0 for none.
func (b *book) billed(org uint32, m uint16, k usage.Kind, start period.Minute) (uint32, error) {
	value, err := b.meta(periodKey(keyBilled, org, m, k, start))
	if err != nil || value == nil {
		return 0, err
	}
	d := &wire.Decoder{Bytes: value}
	return uint32(d.Uint()), d.Err()
}
