// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
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
