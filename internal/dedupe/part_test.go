// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// parts is how many parts the sets of tests have.
const parts = 3

// partOf returns the part that a test has a key in.
func (s *Set) partOf(uid usage.UID) *Part { return s.Part(int(uid[1] % parts)) }

func (s *Set) Seen(uid usage.UID) (bool, error) { return s.partOf(uid).Seen(uid) }

func (s *Set) Prefetch(uid usage.UID) { s.partOf(uid).Prefetch(uid) }

func (s *Set) Add(uid usage.UID) { s.partOf(uid).Add(uid) }

// reset forgets the recent keys.
func (s *Set) reset() {
	for i := range s.parts {
		s.parts[i].recent.forget()
	}
}
