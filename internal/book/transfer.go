// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Moving is why nothing of an organization is counted.
func Moving(id string) error {
	return fmt.Errorf("%w: organization %q is being moved between shards: send it again", usage.ErrUnavailable, id)
}

// Barred returns an error where an organization that is missing may not be made here.
func (c *Clerk) Barred() error {
	for _, item := range c.missing {
		if id := c.batch.Items[item].Organization; c.book.Elsewhere[id] {
			return Moving(id)
		}
	}
	return nil
}

// SetTransfer writes a step down, nil that there is none any more.
func (b *Book) SetTransfer(id string, t *part.Transfer) {
	if key, row := t.AsRow(id); t == nil {
		b.Pending.Drop(key)
	} else {
		b.Pending.Set(key, row)
	}
	b.apply(id, t)
}

func (b *Book) readTransfers() error {
	all, err := b.source().Transfers()
	b.Elsewhere = map[string]bool{}
	for id, t := range all {
		b.apply(id, t)
	}
	return err
}

// apply has the book keep to a step.
func (b *Book) apply(id string, t *part.Transfer) {
	o := b.Find(id)
	if o != nil {
		o.Held = t != nil && t.State == part.Held
	}
	if delete(b.Elsewhere, id); o == nil && t != nil {
		b.Elsewhere[id] = true
	}
}

// Arrive enters an organization whose rows are here, and so its Transfer ends.
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
	return nil
}
