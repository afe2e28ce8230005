// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// cursor reads rows of one kind of an organization. Rows that are looked for in
// the order of their keys, as nearly all are, are found by going on, which takes
// a hundredth of what looking for each takes.
type cursor struct {
	it     *pebble.Iterator
	passed []byte // the last key that it has gone past since it sought; nil: it has not sought
}

// nearby is how many rows are worth going on.
const nearby = 16

func openCursor(b *book.Book, kind byte, org uint32) (cursor, error) {
	it, err := b.Rows.Range(rows.Under(rowkey.Of(kind, org)))
	return cursor{it: it}, err
}

// seek goes to the first row at or after a key.
func (c *cursor) seek(key []byte) (found bool) {
	if c.passed == nil || bytes.Compare(key, c.passed) <= 0 {
		return c.jump(key)
	}
	for range nearby {
		if !c.it.Valid() || bytes.Compare(c.it.Key(), key) >= 0 {
			return c.it.Valid()
		}
		c.next()
	}
	return c.jump(key)
}

func (c *cursor) jump(key []byte) bool {
	c.passed = append(c.passed[:0], key[:len(key)-1]...) // before key, whatever is
	return c.it.SeekGE(key)
}

func (c *cursor) next() bool {
	c.passed = append(c.passed[:0], c.it.Key()...)
	return c.it.Next()
}

// close returns what went wrong since it was opened.
func (c *cursor) close() error { return errors.Join(c.it.Error(), c.it.Close()) }
