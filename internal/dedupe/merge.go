// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"errors"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// source appends the next keys of what it reads, which are in order, to a slice
// of fewer than batch keys. At the end it appends none.
type source func(to []usage.UID) ([]usage.UID, error)

// batch is about how many keys are read ahead from a source.
const batch = 4096

// cursor is how far a source has been read.
type cursor struct {
	source
	ahead []usage.UID // the next keys
	whole []usage.UID // the memory of ahead
}

// next goes to the next key and reports whether there is one.
func (c *cursor) next() (bool, error) {
	if len(c.ahead) > 1 {
		c.ahead = c.ahead[1:]
		return true, nil
	}
	var err error
	c.whole, err = c.source(c.whole[:0])
	c.ahead = c.whole
	return len(c.ahead) > 0, err
}

// merge calls f for the keys of all sources in order, as often as they are
// there.
func merge(sources []source, f func(usage.UID) error) error {
	var cursors []*cursor // in the order of their keys
	for _, s := range sources {
		c := &cursor{source: s}
		found, err := c.next()
		if err != nil {
			return err
		}
		if found {
			cursors = append(cursors, c)
		}
	}
	slices.SortFunc(cursors, func(a, b *cursor) int { return compare(a.ahead[0], b.ahead[0]) })
	for len(cursors) > 0 {
		first := cursors[0]
		err := f(first.ahead[0])
		found, more := first.next()
		if err := errors.Join(err, more); err != nil {
			return err
		}
		if !found {
			cursors = cursors[1:]
			continue
		}
		for i := 1; i < len(cursors) && compare(cursors[i].ahead[0], first.ahead[0]) < 0; i++ {
			cursors[i-1], cursors[i] = cursors[i], first
		}
	}
	return nil
}
