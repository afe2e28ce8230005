// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// What a configuration or a catalogue changes about organizations that are
// there, and what a restart tells them.

// recover tells every organization that the ledger was down until now.
func (b *Book) recover(down int64) {
	o := meter.Outage{Down: down, Up: b.Now}
	redo.Recover{Outage: o}.Append(&b.Pending.Entries)
	b.Defs.Recover(o)
	for _, org := range b.ByID {
		size := org.Journal.bytes()
		org.recover(o)
		org.keepOutage(o)
		b.lengthened(org, size, &b.Pending.Changes)
	}
}

// recover tells an organization of an outage. Where that moves a sample it is to
// be written, also if nothing comes: the redo entry goes with the next checkpoint.
func (o *Org) recover(of meter.Outage) { o.Dirty = o.Recover(of) || o.Dirty }

// redefine converts the state to changed definitions and stores them with it,
// in one batch.
func (b *Book) redefine(merged []versions.Meter, fresh bool) error {
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	batch := b.Rows.NewBatch()
	_ = batch.Set(rowkey.MetaDefinitions, text, nil) // cannot fail before it is committed
	birth := b.Now
	if !fresh {
		birth = b.Defs.Began
	}
	var e wire.Encoder
	e.Int(birth)
	_ = batch.Set(rowkey.MetaBirth, e.Bytes, nil)
	outages := b.Defs.Outages
	if err := b.define(merged, birth); err != nil {
		return err
	}
	b.Defs.Outages = outages
	_ = batch.DeleteRange([]byte{rowkey.Journal}, []byte{rowkey.Journal + 1}, nil) // they are by the old definitions
	b.Journaled.Store(0)
	for _, o := range b.ByID {
		o.Journal = nil
		if o.ID == usage.NoOrganization {
			continue
		}
		o.Revise()
		for _, s := range o.TakeStatements() {
			_ = batch.Set(archive.StatementKey(o.Number, &s), archive.StatementRow(&s), nil)
		}
		if o.Organization, err = o.Redefined(b.Defs); err != nil {
			return fmt.Errorf("convert organization %d: %w", o.Number, err)
		}
		o.Person = func(user uint32, reveal bool) string { return b.person(o, user, reveal) }
		b.describe(o)
		o.saveRows(b.Position(), batch)
	}
	return b.Rows.WriteThrough(batch)
}

// follow makes the organizations of a catalogue exist, in their zones and on
// their terms.
func (b *Book) follow(c *catalogue.Catalogue) {
	for _, entry := range c.InOrder() {
		b.Admit(entry)
	}
	for _, o := range b.ByID {
		b.Settle(o)
	}
}

// Admit makes an organization of the catalogue exist, in its zone.
func (b *Book) Admit(entry *catalogue.Organization) {
	o := b.Find(entry.ID)
	if o == nil {
		if !b.elsewhere(entry.ID) {
			b.open(entry.ID)
		}
		return
	}
	if o.Held {
		return
	}
	if o.Journal != nil {
		b.Advance(o) // to what is closed by now
	}
	if o.Journal != nil {
		b.giveCalendar(o, entry)
	}
	cal := o.Calendar()
	if entry.Keeps(cal) {
		return
	}
	b.Advance(o)
	changed := cal.Change(time.Unix(0, b.Now), entry.Location, entry.AnchorDay)
	history := changed.History()
	written := redo.Calendar{At: b.Now, To: history[len(history)-1]}
	written.Append(&b.Pending.Entries, o.Number)
	o.SetCalendar(changed)
}

// Settle tells an organization what the catalogue says of it, if only that it
// is not in it any more.
func (b *Book) Settle(o *Org) {
	if o.Held {
		return
	}
	b.Wake(o) // the collections that passed it over were under the old quotas
	b.list(o)
	b.agree(o)
	b.describe(o)
	b.allow(o)
}

// allow puts the quotas of the catalogue in force. They are written down, so
// that collections are judged again as they were.
func (b *Book) allow(o *Org) {
	if o.ID == usage.NoOrganization {
		return
	}
	var quotas []quota.Quota
	if entry, listed := b.Settings.Catalogue.Lookup(o.ID); listed {
		for i := range b.Defs.Meters {
			if q, has := entry.Quotas[b.Defs.Meters[i].Name]; has {
				quotas = append(quotas, quota.Quota{Meter: uint16(i), Window: q.Window, Limit: q.Limit, Thresholds: q.Thresholds})
			}
		}
	}
	if o.SetQuotas(quotas) {
		b.Advance(o)
		redo.Quotas{Quotas: quotas}.Append(&b.Pending.Entries, o.Number)
	}
}

// A statement has the limit and price that were in force when its period
// ended, which is some time before it is made. So what the catalogue says of
// them is written down when it changes.

// agreed is what the catalogue says of an organization's quota on a window of
// which there are statements.
func (b *Book) agreed(entry *catalogue.Organization, m *usage.Meter) (usage.Kind, *closing.Terms) {
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
func (b *Book) agree(o *Org) {
	if o.ID == usage.NoOrganization {
		return
	}
	entry, _ := b.Settings.Catalogue.Lookup(o.ID)
	for i := range b.Defs.Meters {
		m := uint16(i)
		kind, terms := b.agreed(entry, &b.Defs.Meters[i])
		oldKind, old := o.Terms(m)
		if kind == oldKind && (terms == old || terms != nil && old != nil && *terms == *old) {
			continue
		}
		b.Advance(o)
		redo.Terms{Meter: m, Window: kind, Terms: terms}.Append(&b.Pending.Entries, o.Number)
		o.SetTerms(m, kind, terms)
	}
}
