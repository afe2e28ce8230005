// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"errors"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Absorb writes the keys of another set, and some more, to a run of this one: whose
// they are cannot be told from a key, so all of them come. It is on disk when the
// error is nil. They stay as long as the latest of both, since the numbers of runs
// follow one another. Nothing may be sealed.
func (s *Set) Absorb(other *Set, more []usage.UID) error {
	more = slices.Clone(more)
	for i := range more {
		more[i] = known(more[i])
	}
	slices.SortFunc(more, compare)
	var sources []source
	i, keys := identity{first: 1, last: 1}, len(more)
	if keys > 0 {
		sources = append(sources, func(to []usage.UID) ([]usage.UID, error) {
			n := min(len(more), batch)
			to, more = append(to, more[:n]...), more[n:]
			return to, nil
		})
	}
	for _, r := range other.runs {
		i.epoch, keys, sources = max(i.epoch, r.epoch), keys+r.keys, append(sources, r.inOrder())
	}
	if keys == 0 {
		return nil
	}
	if n := len(s.runs); n > 0 {
		latest := s.runs[n-1]
		i = identity{epoch: max(i.epoch, latest.epoch), first: latest.last + 1, last: latest.last + 1}
	}
	if err := s.join(nil, i, keys, sources...); err != nil {
		return fmt.Errorf("absorb counted items: %w", err)
	}
	s.Flushed()
	return nil
}

// RoomFor is how many bytes keys of another set take.
func (s *Set) RoomFor() uint64 { return uint64(s.Len()) * (keySize + bitsPerKey/8 + 1) }

// EachRun calls f for the keys of all runs, in order, some more than once. Keys that
// are in memory only are left out. Nothing may be written meanwhile.
func (s *Set) EachRun(f func(usage.UID) error) error {
	var sources []source
	for _, r := range s.runs {
		sources = append(sources, r.inOrder())
	}
	return merge(sources, f)
}

// Receive writes a run of keys that come from elsewhere, in order and n at most; next
// appends some of them, none at the end. They stay as long as an epoch's, and are not
// looked into before Flushed. Nothing may be sealed.
func (s *Set) Receive(epoch uint16, n int, next func(to []usage.UID) ([]usage.UID, error)) error {
	if sealed, _ := s.sealedKeys(); sealed > 0 {
		return errors.New("counted items are being written")
	}
	if n == 0 {
		return nil
	}
	i := identity{epoch: epoch, first: 1, last: 1}
	if at := len(s.runs); at > 0 {
		latest := s.runs[at-1]
		i = identity{epoch: max(i.epoch, latest.epoch), first: latest.last + 1, last: latest.last + 1}
	}
	return s.join(nil, i, n, next)
}

// InRuns returns how many keys runs have, some of them more than once, and their
// latest epoch.
func (s *Set) InRuns() (n int, epoch uint16) {
	for _, r := range s.runs {
		n, epoch = n+r.keys, max(epoch, r.epoch)
	}
	return n, epoch
}
