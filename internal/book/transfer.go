// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
)

// Barred returns an error where an organization that is missing may not be made here.
func (c *Clerk) Barred() error {
	for _, item := range c.missing {
		if id := c.batch.Items[item].Organization; c.book.elsewhere(id) {
			return part.Moving(id)
		}
	}
	return nil
}

// elsewhere reports whether an organization is not made here: it has moved away, or is
// on its way here.
func (b *Book) elsewhere(id string) bool { return b.Transfers[id] != nil && b.Find(id) == nil }

// SetTransfer writes a step down, nil that there is none any more.
func (b *Book) SetTransfer(id string, t *part.Transfer) {
	if key, row := t.AsRow(id); t == nil {
		b.Pending.Drop(key)
		delete(b.Transfers, id)
	} else {
		b.Pending.Set(key, row)
		b.Transfers[id] = t
	}
	b.hold(id)
}

func (b *Book) readTransfers() (err error) {
	b.Transfers, err = b.source().Transfers()
	for id := range b.Transfers {
		b.hold(id)
	}
	return err
}

// hold has nothing change of an organization that is on its way.
func (b *Book) hold(id string) {
	if o := b.Find(id); o != nil {
		t := b.Transfers[id]
		o.Held = t != nil && t.State == part.Held
	}
}

// Arrive enters an organization whose rows are here. Its Transfer ends, and it is as the
// catalogue has it.
func (b *Book) Arrive(t *part.Transfer, r *part.ReadBack, head []byte) error {
	o, err := b.enter(t.Number, r)
	if err != nil {
		return err
	}
	b.Journaled.Add(o.Journal.bytes())
	b.arrive(b.Now) // entries from here on are behind its position
	o.position = b.Position()
	b.Pending.Set(rowkey.Of(rowkey.Organization, t.Number), t.Row)
	b.Pending.Set(rowkey.Of(rowkey.Head, t.Number), o.position.Head(head))
	b.Pending.Drop(rowkey.Of(rowkey.Erased, t.Number))
	b.SetTransfer(o.ID, nil)
	b.GoOn(o)
	return nil
}

// GoOn brings an organization that nothing was changed of to what the catalogue says.
// No checkpoint may be under way, see replace.
func (b *Book) GoOn(o *Org) {
	if entry, listed := b.Settings.Catalogue.Lookup(o.ID); listed {
		b.Admit(entry)
	}
	b.Settle(o)
}
