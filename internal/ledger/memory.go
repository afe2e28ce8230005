// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// Recall returns the rows that Remember keeps under a name, by their keys.
func (l *Ledger) Recall(_ context.Context, name string) (map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return nil, err
	}
	prefix, kept := rowkey.OfMemory(name, ""), map[string][]byte{}
	err := l.book.Rows.Each(rows.Under(prefix), func(key, value []byte) error {
		kept[string(key[len(prefix):])] = bytes.Clone(value)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recall what %s keeps: %w", name, err)
	}
	return kept, nil
}

// Remember keeps rows under a name, which are not the ledger's own business. A
// nil row is dropped. When it returns nil, they are on disk.
func (l *Ledger) Remember(ctx context.Context, name string, rows map[string][]byte) error {
	l.mu.Lock()
	if err := l.unavailable(time.Time{}); err != nil {
		l.mu.Unlock()
		return err
	}
	var err error
	for key, row := range rows {
		err = errors.Join(err, remember(l.book, rowkey.OfMemory(name, key), row))
	}
	g := l.book.Last()
	l.mu.Unlock()
	if err != nil {
		return fmt.Errorf("remember what %s keeps: %w", name, err)
	}
	return l.await(ctx, g)
}

// remember sets a row, or drops it. What an erasure has dropped already is not
// dropped again: its key would be on disk once more.
func remember(b *book.Book, key, row []byte) error {
	if row != nil {
		b.Pending.Set(key, row)
		return nil
	}
	known, err := b.Rows.Get(key)
	if known != nil {
		b.Pending.Drop(key)
	}
	return err
}

// ForgetMemory drops the rows of an organization that others keep, see
// usage.Memory.
func ForgetMemory(b *book.Book, id string) error {
	return b.Rows.Each(rows.Under([]byte{rowkey.Memory}), func(key, _ []byte) error {
		if is, _ := rowkey.MemoryOf(key, id); is {
			b.Pending.Drop(key)
		}
		return nil
	})
}

// byUserLabel is the label whose value is a user in series by user.
const byUserLabel = "dimension_value"

// redact writes other texts in the place of users, in the series that others keep
// in rows of the ledger. What rows mean is not known here, but for this: texts
// stand behind their length, and a label's value behind its name.
func redact(b *book.Book, user func(text string) bool) error {
	label := append(binary.AppendUvarint(nil, uint64(len(byUserLabel))), byUserLabel...)
	return b.Rows.Each(rows.Under([]byte{rowkey.Memory}), func(key, value []byte) error {
		row, changed := bytes.Clone(value), false
		for at := 0; ; {
			i := bytes.Index(row[at:], label)
			if i < 0 {
				break
			}
			at += i + len(label)
			length, n := binary.Uvarint(row[at:])
			if n <= 0 || length > uint64(len(row)-at-n) {
				continue
			}
			if text := row[at+n : at+n+int(length)]; user(string(text)) {
				copy(text, bytes.Repeat([]byte{'-'}, len(text)))
				changed = true
			}
		}
		if changed {
			b.Pending.Set(key, row)
		}
		return nil
	})
}
