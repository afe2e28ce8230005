// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
)

// CopyIn reads a copy of an organization from a shard. It is not counted here before
// TakeIn. When the error is nil, the copy is on disk and as it is in the source.
func CopyIn(ctx context.Context, l *ledger.Ledger, shard string, now time.Time, from io.Reader) (*move.Reader, *move.Total, error) {
	r, err := move.Read(from)
	if err != nil {
		return nil, nil, err
	}
	var total *move.Total
	return r, total, l.Still(func(b *book.Book) (err error) {
		if total, err = copyIn(ctx, l, b, r, shard, now); err != nil {
			err = fmt.Errorf("organization %q: %w", r.Organization, err)
		}
		return err
	})
}

func copyIn(ctx context.Context, l *ledger.Ledger, b *book.Book, r *move.Reader, shard string, now time.Time) (*move.Total, error) {
	var t *part.Transfer
	var at part.Position
	err := l.Step(now, func(of *book.Book) (err error) {
		if of != b {
			return errReopened
		}
		at = b.Position()
		t, err = reserve(b, r, shard, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	var bills [][2][]byte
	total, err := r.Put(ctx, b, t.Number, at, func(key, value []byte) { bills = append(bills, [2][]byte{key, value}) })
	var is certificate.Certificate
	if err == nil {
		err = l.Step(now, func(of *book.Book) error {
			if of != b {
				return errReopened
			}
			b.Duplicates.Flushed()
			is = b.Present()
			return nil
		})
	}
	if err == nil {
		err = b.Certify(is)
	}
	if err != nil { // the next attempt takes away what is there of this one
		return nil, err
	}
	return total, l.Step(now, func(of *book.Book) error {
		if of != b || b.Transfers[r.Organization] == nil || b.Transfers[r.Organization].Token != t.Token {
			return errReopened
		}
		for _, bill := range bills {
			b.Pending.Set(bill[0], bill[1])
		}
		b.SetTransfer(r.Organization, t)
		return nil
	})
}

// reserve gives an organization that comes a number that nobody has or had, and takes
// away what has come of it before. It returns what its Transfer is when all of it is here.
func reserve(b *book.Book, r *move.Reader, shard string, now time.Time) (*part.Transfer, error) {
	if b.Find(r.Organization) != nil {
		return nil, fmt.Errorf("%w: it is counted here already, and two that were counted apart cannot become one: decide which one stays, and erase the other", Err)
	}
	before := b.Transfers[r.Organization]
	coming := before != nil && before.State == part.Coming
	if coming && before.Shard != shard {
		return nil, fmt.Errorf("%w: a copy of it has come from shard %q, which may have let it go: end that move, or undo it", Err, before.Shard)
	}
	if err := r.Fits(b, now.Add(-b.Settings.Past).UnixNano()); err != nil {
		return nil, fmt.Errorf("%w: %w", Err, err)
	}
	if coming {
		part.Wipe(b.Pending.Rows, before.Number)
	}
	t := part.Transfer{State: part.Coming, Token: r.Token, Shard: shard, Number: uint32(len(b.Orgs))}
	b.Orgs = append(b.Orgs, nil)
	b.Pending.Set(rowkey.Of(rowkey.Erased, t.Number), part.Integer(now.UnixNano()))
	b.SetTransfer(r.Organization, &t)
	complete := t
	complete.Row = r.Row
	return &complete, nil
}

// TakeIn begins to count an organization of which a copy has come under a token, and of
// which the source has let go.
func TakeIn(l *ledger.Ledger, id, token string, now time.Time) error {
	return l.Still(func(b *book.Book) error {
		t := l.Away()[id]
		if t == nil && here(l, id) {
			return nil // it was taken in before
		}
		if t == nil || t.State != part.Coming || t.Token != token || t.Row == nil {
			return refuse(id, "no copy of this attempt is here")
		}
		head, err := b.Rows.Get(rowkey.Of(rowkey.Head, t.Number))
		if err != nil {
			return err
		}
		head = bytes.Clone(head)
		r, err := part.Source{Rows: b.Rows, Snapshot: b.Snapshot}.ReadComing(t.Number, t.Row, b.Defs)
		if err == nil && r == nil {
			err = errors.New("its rows are missing")
		}
		if err != nil {
			return fmt.Errorf("organization %q: %w", id, err)
		}
		return l.Step(now, func(of *book.Book) error {
			if of != b || b.Transfers[id] != t {
				return errReopened
			}
			b.Settings.Logger.Info("organization comes", zap.String("organization", id), zap.String("shard", t.Shard))
			return b.Arrive(t, r, head)
		})
	})
}

func here(l *ledger.Ledger, id string) bool {
	_, known := l.Status(id)
	return known
}

// Discard takes away what has come of an organization of which the source has not let go.
// What still comes of it is for the source.
func Discard(l *ledger.Ledger, id string, now time.Time) error {
	return l.Still(func(*book.Book) error {
		return l.Step(now, func(b *book.Book) error {
			t := b.Transfers[id]
			if t == nil || t.State != part.Coming {
				return nil
			}
			part.Wipe(b.Pending.Rows, t.Number)
			if err := ledger.ForgetMemory(b, id); err != nil {
				return err
			}
			b.SetTransfer(id, &part.Transfer{State: part.Gone, Token: t.Token, Shard: t.Shard})
			return nil
		})
	})
}
