// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// What a configuration or a catalogue changes about organizations that are
// there, and what a restart tells them.

func encodeOutages(e *wire.Encoder, outages []meter.Outage) {
	e.Uint(uint64(len(outages)))
	for _, o := range outages {
		e.Int(o.Down)
		e.Int(o.Up)
	}
}

func decodeOutages(d *wire.Decoder) (outages []meter.Outage) {
	for range d.Count(2) {
		outages = append(outages, meter.Outage{Down: d.Int(), Up: d.Int()})
	}
	return outages
}

// recover tells every organization that the ledger was down until now.
func (b *book) recover(down int64) {
	o := meter.Outage{Down: down, Up: b.now}
	redo.Recover{Outage: o}.Append(&b.pending.entries)
	b.defs.Recover(o)
	for _, org := range b.byID {
		size := org.journal.bytes()
		org.recover(o)
		org.keepOutage(o)
		b.lengthened(org, size)
	}
}

// recover tells an organization of an outage. Where that moves a sample it is to
// be written, also if nothing comes: the redo entry goes with the next checkpoint.
func (o *org) recover(of meter.Outage) { o.dirty = o.Recover(of) || o.dirty }

// redefine converts the state to changed definitions and stores them with it,
// in one batch.
func (b *book) redefine(merged []stored, fresh bool) error {
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	batch := b.db.NewBatch()
	_ = batch.Set(metaDefinitions, text, nil) // cannot fail before it is committed
	birth := b.now
	if !fresh {
		birth = b.defs.Began
	}
	var e wire.Encoder
	e.Int(birth)
	_ = batch.Set(metaBirth, e.Bytes, nil)
	outages := b.defs.Outages
	if err := b.define(merged, birth); err != nil {
		return err
	}
	b.defs.Outages = outages
	_ = batch.DeleteRange([]byte{keyJournal}, []byte{keyJournal + 1}, nil) // they are by the old definitions
	b.journaled = 0
	for _, o := range b.byID {
		o.journal = nil
		if o.ID == usage.NoOrganization {
			continue
		}
		o.Revise()
		for _, s := range o.TakeStatements() {
			_ = batch.Set(archive.StatementKey(o.Number, &s), archive.StatementRow(&s), nil)
		}
		if o.Organization, err = o.Redefined(b.defs); err != nil {
			return fmt.Errorf("convert organization %d: %w", o.Number, err)
		}
		o.Person = func(user uint32, reveal bool) string { return b.person(o, user, reveal) }
		b.describe(o)
		b.saveOrg(o, batch)
	}
	return b.db.WriteThrough(batch)
}

// inOrder returns the organizations of a catalogue in the order of their ids,
// in which the book takes new ones in without moving others.
func inOrder(c *catalogue.Catalogue) []*catalogue.Organization {
	entries := make([]*catalogue.Organization, c.Len())
	for i := range entries {
		entries[i] = &c.Organizations[i]
	}
	slices.SortFunc(entries, func(x, y *catalogue.Organization) int { return strings.Compare(x.ID, y.ID) })
	return entries
}

// follow makes the organizations of a catalogue exist, in their zones and on
// their terms.
func (b *book) follow(c *catalogue.Catalogue) {
	for _, entry := range inOrder(c) {
		b.admit(entry)
	}
	for _, o := range b.byID {
		b.settle(o)
	}
}

// admit makes an organization of the catalogue exist, in its zone.
func (b *book) admit(entry *catalogue.Organization) {
	o := b.find(entry.ID)
	if o == nil {
		b.open(entry.ID)
		return
	}
	if o.journal != nil {
		b.advance(o) // to what is closed by now
	}
	if o.journal != nil {
		b.giveCalendar(o, entry)
	}
	cal := o.Calendar()
	if sameCalendar(cal, entry) {
		return
	}
	b.advance(o)
	changed := cal.Change(time.Unix(0, b.now), entry.Location, entry.AnchorDay)
	history := changed.History()
	written := redo.Calendar{At: b.now, To: history[len(history)-1]}
	written.Append(&b.pending.entries, o.Number)
	o.SetCalendar(changed)
}

// settle tells an organization what the catalogue says of it, if only that it
// is not in it any more.
func (b *book) settle(o *org) {
	b.wake(o) // the collections that passed it over were under the old quotas
	b.list(o)
	b.agree(o)
	b.describe(o)
	b.allow(o)
}

// allow puts the quotas of the catalogue in force. They are written down, so
// that collections are judged again as they were.
func (b *book) allow(o *org) {
	if o.ID == usage.NoOrganization {
		return
	}
	var quotas []quota.Quota
	if entry, listed := b.settings.Catalogue.Lookup(o.ID); listed {
		for i := range b.defs.Meters {
			if q, has := entry.Quotas[b.defs.Meters[i].Name]; has {
				quotas = append(quotas, quota.Quota{Meter: uint16(i), Window: q.Window, Limit: q.Limit, Thresholds: q.Thresholds})
			}
		}
	}
	if o.SetQuotas(quotas) {
		b.advance(o)
		redo.Quotas{Quotas: quotas}.Append(&b.pending.entries, o.Number)
	}
}

// A statement has the limit and price that were in force when its period
// ended, which is some time before it is made. So what the catalogue says of
// them is written down when it changes.

// agreed is what the catalogue says of an organization's quota on a window of
// which there are statements.
func (b *book) agreed(entry *catalogue.Organization, m *usage.Meter) (usage.Kind, *closing.Terms) {
	if entry == nil {
		return 0, nil
	}
	q, found := entry.Quotas[m.Name]
	if !found || q.Window.Kind < usage.Day || q.Window.Kind >= usage.Rolling {
		return 0, nil
	}
	t := &closing.Terms{Limit: q.Limit}
	if q.FlexPrice.Valid {
		t.Price, t.Currency = q.FlexPrice.Decimal.String(), entry.Currency.Code
	}
	return q.Window.Kind, t
}

// agree brings an organization's terms to what the catalogue says.
func (b *book) agree(o *org) {
	if o.ID == usage.NoOrganization {
		return
	}
	entry, _ := b.settings.Catalogue.Lookup(o.ID)
	for i := range b.defs.Meters {
		m := uint16(i)
		kind, terms := b.agreed(entry, &b.defs.Meters[i])
		oldKind, old := o.Terms(m)
		if kind == oldKind && (terms == old || terms != nil && old != nil && *terms == *old) {
			continue
		}
		b.advance(o)
		redo.Terms{Meter: m, Window: kind, Terms: terms}.Append(&b.pending.entries, o.Number)
		o.SetTerms(m, kind, terms)
	}
}
