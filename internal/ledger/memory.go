// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Recall returns the rows that Remember keeps under a name, by their keys.
func (l *Ledger) Recall(_ context.Context, name string) (map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return nil, err
	}
	prefix, rows := memoryKey(name, ""), map[string][]byte{}
	err := l.book.each(prefix, func(key, value []byte) error {
		rows[string(key[len(prefix):])] = bytes.Clone(value)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recall what %s keeps: %w", name, err)
	}
	return rows, nil
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
		err = errors.Join(err, l.book.remember(memoryKey(name, key), row))
	}
	g := l.book.lastGroup()
	l.mu.Unlock()
	if err != nil {
		return fmt.Errorf("remember what %s keeps: %w", name, err)
	}
	return l.await(ctx, g)
}

// remember sets a row, or drops it. What an erasure has dropped already is not
// dropped again: its key would be on disk once more.
func (b *book) remember(key, row []byte) error {
	if row != nil {
		b.pending.set(key, row)
		return nil
	}
	known, err := b.meta(key)
	if known != nil {
		b.pending.drop(key)
	}
	return err
}
