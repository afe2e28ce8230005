// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
)

// readOrgs reads the organizations that have a checkpoint, several at a time;
// one that has none is made by its redo entry.
func (b *Book) readOrgs() error {
	numbers, inRows, err := b.source().Numbers()
	if err != nil {
		return err
	}
	read := make([]*part.ReadBack, len(numbers))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, number := range numbers {
		g.Go(func() (err error) {
			if read[i], err = b.source().Read(number, inRows[number], b.Defs); err != nil {
				return fmt.Errorf("organization %d: %w", number, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, r := range read {
		if r == nil {
			continue
		}
		o, err := b.enter(numbers[i], r)
		if err != nil {
			return err
		}
		if !r.InRows && inRows[o.Number] { // a crash has left them
			part.ClearRows(b.Pending.Rows, o.Number)
		}
	}
	return nil
}

// enter enters an organization as it was read.
func (b *Book) enter(number uint32, r *part.ReadBack) (*Org, error) {
	o := b.add(number, r.Users.Organization, r.Users.Secret, r.Organization)
	o.position, o.Trends = r.Position, r.Trends
	o.Dirty, o.whole = r.InRows, r.InRows
	b.Now = max(b.Now, r.Now())
	return o, b.readRest(o)
}

func (b *Book) source() part.Source { return part.Source{Rows: b.Rows, Snapshot: b.Snapshot} }

// reopen makes an organization again that has no checkpoint yet, as of the
// arrival that opened it.
func (b *Book) reopen(number uint32, cal *calendar.Calendar, now int64) error {
	users, err := b.source().Users(number)
	if err != nil {
		return err
	}
	m := b.newOrganization(users.Organization, cal, now)
	for _, h := range users.Hashes {
		m.Blocks().Insert(h)
	}
	users.Unname(m)
	o := b.add(number, users.Organization, users.Secret, m)
	o.Dirty = true
	return b.readRest(o)
}

// readRest reads what is in rows of an organization that was just made.
func (b *Book) readRest(o *Org) (err error) {
	if o.Tombstones, err = b.source().Tombstones(o.Number); err != nil {
		return err
	}
	return b.readJournal(o)
}
