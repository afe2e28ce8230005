// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// An organization goes from one running ledger to another in steps, each of which is
// one group of a log:
//
//	source                                      target
//	counts it
//	CopyOut: Held, nothing of it is counted
//	             --- rows, counted keys --->    CopyIn: Coming, compared on disk
//	LetGo: Gone, all of it in one group
//	                                            TakeIn: counts it
//
// Until LetGo, Release and Discard undo it. Between LetGo and TakeIn nobody counts
// it: who sends something of it is told to send it again.

// ErrTransfer says that a step does not follow on what was done.
var ErrTransfer = errors.New("this step of the move does not follow on the last one")

// Transfer says where an organization is: whether it is counted here, and how far it
// is on its way, nil where it is not.
func (l *Ledger) Transfer(id string) (here bool, t *part.Transfer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return false, nil, err
	}
	if o := inquiry.Named(l.book, id); o != nil {
		here, id = !o.Held, o.ID
	}
	all, err := l.transfers()
	return here, all[id], err
}

// transfers reads those of the book; the caller holds l.mu. A row may be gathered and
// not written yet, so steps wait for their group.
func (l *Ledger) transfers() (map[string]*part.Transfer, error) {
	return part.Source{Rows: l.book.Rows, Snapshot: l.book.Snapshot}.Transfers()
}

// Away are the organizations that are not counted here while they are moved, or have
// been, with the shard that they went to, "" where they are on their way.
func (l *Ledger) Away() map[string]string { return *l.away.Load() }

// tellAway notes them for Away, after a step or a start; the caller holds l.mu.
func (l *Ledger) tellAway() {
	all, err := l.transfers()
	if err != nil {
		return // the store has failed, and the ledger will
	}
	away := make(map[string]string, len(all))
	for id, t := range all {
		if away[id] = ""; t.State == part.Gone {
			away[id] = t.Shard
		}
	}
	l.away.Store(&away)
}

// step makes changes to the book in one group, and waits for it.
func (l *Ledger) step(ctx context.Context, now time.Time, f func(b *book.Book) error) error {
	l.mu.Lock()
	err := l.unavailable(now)
	var g *group.Group
	if err == nil {
		l.book.Tick(now.UnixNano())
		if err = f(l.book); err == nil {
			g = l.book.Last()
		}
	}
	l.mu.Unlock()
	if err == nil {
		err = l.await(ctx, g)
	}
	if err == nil {
		l.mu.Lock()
		l.tellAway()
		l.mu.Unlock()
	}
	return err
}

// CopyOut stops counting an organization and writes a copy of it, for a ledger that
// reads it by CopyIn. It stays Held when the copy has left, also after a restart.
func (l *Ledger) CopyOut(ctx context.Context, id string, now time.Time, to io.Writer) error {
	b, ok := l.working()
	if !ok {
		return l.Ready()
	}
	if err := l.checkpoint(b); err != nil { // that which follows has little to do
		return err
	}
	token := rand.Text()
	var o *book.Org
	err := l.step(ctx, now, func(b *book.Book) error {
		if o = inquiry.Named(b, id); o == nil || o == b.Nobody {
			return fmt.Errorf("organization %q: %w", id, inquiry.ErrNoOrganization)
		}
		b.Wake(o)
		b.SetTransfer(o.ID, &part.Transfer{State: part.Held, Token: token})
		return nil
	})
	if err != nil {
		return err
	}
	l.settings.Logger.Info("organization is not counted while it is moved", zap.String("organization", o.ID))
	if err := l.checkpoint(b); err != nil {
		return err
	}
	l.folding.Lock() // nothing else goes through the files
	defer l.folding.Unlock()
	if err := l.current(b); err != nil {
		return err
	}
	if err := move.Write(ctx, b, o, token, to); err != nil {
		return fmt.Errorf("copy organization %q: %w", o.ID, err)
	}
	l.mu.Lock()
	o.Copied = token
	l.mu.Unlock()
	return nil
}

// CopyIn reads a copy of an organization, which is not counted here before TakeIn, and
// returns the token of the attempt. When the error is nil, it is on disk and as it is in the source.
func (l *Ledger) CopyIn(ctx context.Context, id string, now time.Time, from io.Reader) (token string, total *move.Total, err error) {
	r, err := move.Read(from)
	if err != nil {
		return "", nil, err
	}
	l.folding.Lock() // nothing else goes through the files
	defer l.folding.Unlock()
	if err := l.discard(ctx, r.Organization, now); err != nil && !errors.Is(err, ErrTransfer) {
		return "", nil, err
	}
	var b *book.Book
	var t *part.Transfer
	var at part.Position
	err = l.step(ctx, now, func(of *book.Book) (err error) {
		b, at = of, of.Position()
		t, err = l.reserve(b, r, now)
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("organization %q: %w", id, err)
	}
	kept := map[string][]byte{}
	total, err = r.Put(ctx, b, t.Number, at, func(key, value []byte) { kept[string(key)] = value })
	if err == nil {
		err = l.current(b)
	}
	if err != nil {
		_ = l.discard(ctx, r.Organization, now) // or the next attempt does
		return "", nil, fmt.Errorf("organization %q: %w", id, err)
	}
	l.mu.Lock()
	b.Duplicates.Flushed()
	is := b.Present()
	l.mu.Unlock()
	if err := b.Certify(is); err != nil {
		return "", nil, err
	}
	return r.Token, total, l.step(ctx, now, func(of *book.Book) error {
		if of != b || b.Find(r.Organization) != nil {
			return fmt.Errorf("organization %q: %w", id, ErrTransfer)
		}
		for key, value := range kept {
			b.Pending.Set([]byte(key), value)
		}
		b.SetTransfer(r.Organization, t)
		return nil
	})
}

// reserve gives an organization that comes a number that nobody has or had; the caller
// holds l.mu.
func (l *Ledger) reserve(b *book.Book, r *move.Reader, now time.Time) (*part.Transfer, error) {
	if b.Find(r.Organization) != nil {
		return nil, fmt.Errorf("%w: it is counted here already, and two that were counted apart cannot become one: decide which one stays, and erase the other", ErrTransfer)
	}
	if err := r.Fits(b, now.Add(-l.settings.Past).UnixNano()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTransfer, err)
	}
	all, err := l.transfers()
	if err != nil {
		return nil, err
	}
	t := part.Transfer{State: part.Coming, Token: r.Token, Number: uint32(len(b.Orgs))}
	if before := all[r.Organization]; before != nil {
		t.Shard = before.Shard
	}
	b.Orgs = append(b.Orgs, nil)
	b.Pending.Set(rowkey.Of(rowkey.Erased, t.Number), part.Integer(now.UnixNano()))
	b.SetTransfer(r.Organization, &t)
	complete := t
	complete.Row = r.Row
	return &complete, nil
}

// LetGo takes an organization of which a copy has left out of the ledger, for good. It
// went to a shard.
func (l *Ledger) LetGo(ctx context.Context, id, token, shard string, now time.Time) error {
	l.folding.Lock() // a checkpoint that is under way would write rows of it again
	defer l.folding.Unlock()
	var left *book.Org
	err := l.step(ctx, now, func(b *book.Book) error {
		o := inquiry.Named(b, id)
		if o == nil {
			all, err := l.transfers()
			if t := all[id]; err == nil && (t == nil || t.State != part.Gone || t.Token != token) {
				err = fmt.Errorf("organization %q: %w: it is not here", id, ErrTransfer)
			}
			return err
		}
		if !o.Held || o.Copied != token {
			return fmt.Errorf("organization %q: %w: its copy is not of now: copy it again", id, ErrTransfer)
		}
		if err := forgetMemory(b, o); err != nil {
			return err
		}
		left = o
		b.Erase(o)
		b.Pending.Set(rowkey.MetaPurge, nil) // older files have it until the next start, or erasure
		b.SetTransfer(o.ID, &part.Transfer{State: part.Gone, Token: token, Shard: shard})
		l.latest = l.latest.Without(o.ID)
		return nil
	})
	if err == nil && left != nil {
		l.settings.Logger.Info("organization has left", zap.String("organization", left.ID), zap.String("shard", shard))
	}
	return err
}

// TakeIn begins to count an organization of which a copy has come. The source has let it
// go.
func (l *Ledger) TakeIn(ctx context.Context, id, token string, now time.Time) error {
	l.folding.Lock() // nothing else goes through the files
	defer l.folding.Unlock()
	l.mu.Lock()
	b, err := l.book, l.unavailable(now)
	var all map[string]*part.Transfer
	there := false
	if err == nil {
		there = b.Find(id) != nil
		all, err = l.transfers()
	}
	l.mu.Unlock()
	t := all[id]
	switch {
	case err != nil:
		return err
	case there && t == nil:
		return nil // it was taken in before
	case t == nil || t.State != part.Coming || t.Token != token || t.Row == nil:
		return fmt.Errorf("organization %q: %w: no copy of this attempt is here", id, ErrTransfer)
	}
	head, err := b.Rows.Get(rowkey.Of(rowkey.Head, t.Number))
	if err != nil {
		return err
	}
	r, err := part.Source{Rows: b.Rows, Snapshot: b.Snapshot}.ReadComing(t.Number, t.Row, b.Defs)
	if err == nil && r == nil {
		err = errors.New("its rows are missing")
	}
	if err != nil {
		return fmt.Errorf("organization %q: %w", id, err)
	}
	err = l.step(ctx, now, func(of *book.Book) error {
		if of != b {
			return fmt.Errorf("organization %q: %w", id, ErrTransfer)
		}
		return b.Arrive(t, r, bytes.Clone(head))
	})
	if err == nil {
		l.settings.Logger.Info("organization has come", zap.String("organization", id))
	}
	return err
}

// Release counts an organization again that was Held.
func (l *Ledger) Release(ctx context.Context, id string, now time.Time) error {
	return l.step(ctx, now, func(b *book.Book) error {
		o := inquiry.Named(b, id)
		if o == nil || !o.Held {
			return fmt.Errorf("organization %q: %w: it is not held here", id, ErrTransfer)
		}
		b.SetTransfer(o.ID, nil)
		o.Copied = ""
		if entry, listed := b.Settings.Catalogue.Lookup(o.ID); listed {
			b.Admit(entry)
		}
		b.Settle(o) // what the catalogue said of it meanwhile
		return nil
	})
}

// Discard takes away what has come of an organization that is not taken in.
func (l *Ledger) Discard(ctx context.Context, id string, now time.Time) error {
	l.folding.Lock()
	defer l.folding.Unlock()
	return l.discard(ctx, id, now)
}

// discard is Discard; the caller holds l.folding.
func (l *Ledger) discard(ctx context.Context, id string, now time.Time) error {
	return l.step(ctx, now, func(b *book.Book) error {
		all, err := l.transfers()
		t := all[id]
		if err == nil && (t == nil || t.State != part.Coming) {
			err = fmt.Errorf("organization %q: %w: nothing of it has come", id, ErrTransfer)
		}
		if err != nil {
			return err
		}
		for _, kind := range rowkey.OfOrganization {
			b.Pending.Clear(rowkey.Of(kind, t.Number))
		}
		if t.Shard != "" { // it had been here before
			b.SetTransfer(id, &part.Transfer{State: part.Gone, Token: t.Token, Shard: t.Shard})
			return nil
		}
		b.SetTransfer(id, nil)
		return nil
	})
}

// held says why nothing may be changed of an organization that is being moved, or nil.
func held(o *book.Org) error {
	if o.Held {
		return fmt.Errorf("%w: organization %q is being moved", usage.ErrUnavailable, o.ID)
	}
	return nil
}
