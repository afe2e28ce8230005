// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Shards is how many parts organizations are dealt out to, four a processor. Whoever has
// one may take items of its organizations in, while others do so for theirs. With more of
// them stretches are shorter, and wait for memory more often. Nothing on disk depends on it.
var Shards = 4 * runtime.GOMAXPROCS(0)

// Shard returns the number of the organization's shard.
func (o *Org) Shard() int { return int(o.Number) % Shards }

// stretchItems bounds how many items are taken in before others have their turn, and
// is enough for waits for memory to overlap; of fewItems one asks whether time is up.
const stretchItems, fewItems = 256, 8

// Clerk takes the items of one batch in, a stretch at a time, and gathers what has
// to be written of it:
//
//	Begin -> Missing, Open: organizations that items bring with them
//	      -> Next: items of one shard -> Take -> Book.Gather
//
// Begin, Missing and Next need somebody to look after the book, Open the whole book,
// Take the shard, and Gather the line of groups.
type Clerk struct {
	book  *Book
	batch *usage.Batch
	judge intake.Judge

	orgs    []*Org         // by item
	refused []usage.Reason // by item: why it is not counted where it says
	missing []int32        // items whose organizations are not there
	order   []int32        // items by shard, in their order
	ends    []int          // of the items of each shard, in order
	taken   int            // items of order, with those of the stretch

	// Of the stretch.

	shard      int
	stretch    []int32 // its items
	now        int64   // its arrival
	duplicates *dedupe.Part
	changes    group.Changes

	org   *Org       // of the item that is taken
	first redo.First // scratch of noteFirst
}

// Clerk returns one that has nothing to do.
func (b *Book) Clerk() *Clerk {
	if n := len(b.idle); n > 0 {
		c := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return c
	}
	c := &Clerk{book: b, judge: intake.Judge{Rules: b.rules}, ends: make([]int, Shards)}
	c.changes.Rows = b.Rows.NewBatch()
	return c
}

// maxIdle is how many clerks are kept for later requests.
const maxIdle = 64

// Dismiss takes a clerk back that has taken its batch in.
func (b *Book) Dismiss(c *Clerk) {
	clear(c.orgs) // an idle one keeps nothing from being freed
	c.batch = nil
	c.judge.End()
	if len(b.idle) < maxIdle {
		b.idle = append(b.idle, c)
	}
}

// Begin finds the organizations of a batch.
func (c *Clerk) Begin(batch *usage.Batch) {
	n := len(batch.Items)
	c.batch, c.shard, c.taken, c.missing = batch, 0, 0, c.missing[:0]
	c.orgs = slices.Grow(c.orgs[:0], n)[:n]
	c.refused = slices.Grow(c.refused[:0], n)[:n]
	clear(c.refused)
	c.judge.Begin(batch)
	for i := range batch.Items {
		if c.orgs[i] = c.book.Find(batch.Items[i].Organization); c.orgs[i] == nil {
			c.missing = append(c.missing, int32(i))
		}
	}
}

// Missing reports whether organizations of items are not there.
func (c *Clerk) Missing() bool { return len(c.missing) > 0 }

// Open makes some of the organizations that are missing, or finds why they are not
// made.
func (c *Clerk) Open() {
	some := c.missing[:min(stretchItems, len(c.missing))]
	c.missing = c.missing[len(some):]
	for _, item := range some {
		c.orgs[item], c.refused[item] = c.book.place(&c.batch.Items[item])
	}
}

// place returns where an item is counted whose organization was missing, and why it
// cannot be where it says.
func (b *Book) place(it *usage.Item) (*Org, usage.Reason) {
	if o := b.Find(it.Organization); o != nil { // another one has just brought it
		return o, usage.ReasonNone
	}
	_, listed := b.Settings.Catalogue.Lookup(it.Organization)
	makeOne, refused := b.rules.Place(it, listed, intake.Census{All: len(b.ByID), Unlisted: b.unlisted})
	if makeOne {
		return b.open(it.Organization), usage.ReasonNone
	}
	if refused == usage.ReasonUnlisted {
		b.warnUnlisted()
	}
	return b.nobodyOrg(), refused
}

// Next goes to the next stretch: some items of one shard. It reports whether there
// is one.
func (c *Clerk) Next() bool {
	if c.taken == 0 {
		c.sort()
	}
	from := c.taken
	if from == len(c.order) {
		return false
	}
	for c.ends[c.shard] <= from {
		c.shard++
	}
	c.taken = min(from+stretchItems, c.ends[c.shard])
	c.stretch = c.order[from:c.taken]
	return true
}

// sort puts the items in the order of their shards, and leaves those of one in the
// order of the batch.
func (c *Clerk) sort() {
	clear(c.ends)
	for _, o := range c.orgs {
		c.ends[o.Shard()]++
	}
	from := 0
	for shard, n := range c.ends {
		c.ends[shard], from = from, from+n // where it begins
	}
	c.order = slices.Grow(c.order[:0], from)[:from]
	for i, o := range c.orgs {
		at := &c.ends[o.Shard()]
		c.order[*at] = int32(i)
		*at++
	}
}

// Shard returns which shard the stretch is of.
func (c *Clerk) Shard() int { return c.shard }

// Take takes the stretch in, at an arrival (ns since 1970) that is none before that
// of its organizations, or as much of it as there is time for: up says that it is over.
// After an error that is not usage.ErrUnavailable the book can no longer be used.
func (c *Clerk) Take(now int64, up func() bool) error {
	for _, item := range c.stretch {
		o := c.orgs[item]
		if o.Prefetch(); o.Erased {
			return fmt.Errorf("%w: organization %q has just been erased", usage.ErrUnavailable, o.ID)
		} else if o.Held {
			return part.Moving(o.ID)
		}
	}
	c.now, c.duplicates = now, c.book.Duplicates.Part(c.shard)
	c.judge.LookAhead(c.stretch, now, c.duplicates, c.present)
	for place, item := range c.stretch {
		if place%fewItems == fewItems-1 && up() {
			c.taken -= len(c.stretch) - place // the rest has its turn after others
			c.judge.Forget()
			break
		}
		if err := c.take(place, item); err != nil {
			return err
		}
	}
	return nil
}

// present returns the organization of an item, its time moved to the arrival, nil of
// one that is not counted where it says.
func (c *Clerk) present(item int32) *intake.Subject {
	if c.refused[item] != usage.ReasonNone {
		return nil
	}
	o := c.orgs[item]
	if o.advanced != c.now {
		c.book.advance(o, c.now, &c.changes)
	}
	return &o.Subject
}

// Gather puts what a clerk has to write of a stretch into the gathering group.
func (b *Book) Gather(c *Clerk) {
	b.arrive(c.now) // of others' stretches some are later
	b.Pending.Take(&c.changes)
	b.arrive(b.Now)
}
