// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Err says that a step does not follow on what was done.
var Err = errors.New("this step of the move does not follow on the last one")

func refuse(id, why string) error { return fmt.Errorf("organization %q: %w: %s", id, Err, why) }

// CopyOut stops counting an organization and writes a copy of it, for a ledger that
// reads it by CopyIn. It stays Held when the copy has left, also after a restart.
func CopyOut(ctx context.Context, l *ledger.Ledger, id string, now time.Time, to io.Writer) error {
	if err := l.Checkpoint(); err != nil { // that which follows has little to do
		return err
	}
	token := rand.Text()
	var of *book.Book
	var o *book.Org
	err := l.Step(now, func(b *book.Book) error {
		if of, o = b, inquiry.Named(b, id); o == nil || o == b.Nobody {
			return fmt.Errorf("organization %q: %w", id, inquiry.ErrNoOrganization)
		}
		b.Wake(o)
		b.SetTransfer(o.ID, &part.Transfer{State: part.Held, Token: token})
		return nil
	})
	if err != nil {
		return err
	}
	of.Settings.Logger.Info("organization is not counted while it is moved", zap.String("organization", o.ID))
	if err := l.Checkpoint(); err != nil {
		return err
	}
	return l.Still(func(b *book.Book) error {
		if b != of {
			return errReopened
		}
		if err := move.Write(ctx, b, o, token, to); err != nil {
			return fmt.Errorf("copy organization %q: %w", o.ID, err)
		}
		return l.Step(now, func(b *book.Book) error {
			if t := b.Transfers[o.ID]; b != of || t == nil || t.Token != token { // released, or copied again
				return errReopened
			}
			o.Copied = token
			return nil
		})
	})
}

var errReopened = fmt.Errorf("%w: the ledger was reopened meanwhile, or the organization is moved by somebody else: try again", usage.ErrUnavailable)

// Copied reports whether the copy of an organization that has left under a token is as
// the organization is.
func Copied(l *ledger.Ledger, id, token string) (is bool, err error) {
	err = l.Step(time.Time{}, func(b *book.Book) error {
		o := b.Find(id)
		is = o != nil && o.Held && token != "" && o.Copied == token
		return nil
	})
	return is, err
}

// LetGo takes an organization of which a copy has left under a token out of the ledger,
// for good. It went to a shard.
func LetGo(l *ledger.Ledger, id, token, shard string, now time.Time) error {
	return l.Still(func(*book.Book) error { // a checkpoint that is under way would write rows of it again
		return l.Step(now, func(b *book.Book) error {
			o := inquiry.Named(b, id)
			if o == nil {
				if t := b.Transfers[id]; t == nil || t.State != part.Gone || t.Token != token {
					return refuse(id, "it is not here")
				}
				return nil
			}
			if !o.Held || o.Copied != token {
				return refuse(id, "its copy is not of now: copy it again")
			}
			if err := ledger.ForgetMemory(b, o.ID); err != nil {
				return err
			}
			b.Erase(o)
			b.Pending.Set(rowkey.MetaPurge, nil) // older files have it until the next start, or erasure
			b.SetTransfer(o.ID, &part.Transfer{State: part.Gone, Token: token, Shard: shard})
			b.Settings.Logger.Info("organization leaves", zap.String("organization", o.ID), zap.String("shard", shard))
			return nil
		})
	})
}

// Release counts an organization again that was Held.
func Release(l *ledger.Ledger, id string, now time.Time) error {
	return l.Still(func(*book.Book) error { // see book.GoOn
		return l.Step(now, func(b *book.Book) error {
			o := inquiry.Named(b, id)
			switch {
			case o == nil:
				return refuse(id, "it is not here")
			case !o.Held:
				return nil
			}
			b.SetTransfer(o.ID, nil)
			o.Copied = ""
			b.GoOn(o)
			b.Settings.Logger.Info("organization is counted again: it is not moved", zap.String("organization", o.ID))
			return nil
		})
	})
}
