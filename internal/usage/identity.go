// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"fmt"
	"slices"
)

// Normalization is the spelling that ids are brought to before they are
// compared. What each does is the matter of package identity.
type Normalization uint8

// The normalizations. Asis is the zero value: ids are as their sender wrote
// them.
const (
	Asis Normalization = iota
	Trim
	Fold
	// Format3 is how ledgers wrote ids until format 3: as Asis, but with doubles
	// as %g prints them, and bools. It cannot be configured.
	Format3
)

var normalizations = [...]string{"none", "trim", "fold", "format-3"}

// String returns the value of identity::normalize.
func (n Normalization) String() string { return normalizations[n] }

// Joins reports whether ids that another normalization tells apart may be one by
// this one.
func (n Normalization) Joins(other Normalization) bool {
	if n == Format3 || other == Format3 {
		return n != other && other == Format3
	}
	return n > other
}

// ParseNormalization reads a value of identity::normalize.
func ParseNormalization(s string) (Normalization, error) {
	if n := slices.Index(normalizations[:Format3], s); n >= 0 {
		return Normalization(n), nil
	}
	return 0, fmt.Errorf("unknown normalization %q: use trim, fold or none", s)
}

// MarshalText writes the normalization as it is stored.
func (n Normalization) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a stored normalization.
func (n *Normalization) UnmarshalText(text []byte) error {
	i := slices.Index(normalizations[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown normalization %q", text)
	}
	*n = Normalization(i)
	return nil
}

// Spelling is a normalization in force for events from a time on.
type Spelling struct {
	From      int64 // ns since 1970, the start of a UTC day; 0: from the beginning
	Normalize Normalization
}

// Spellings are all that a ledger has had, oldest first. Events are judged by
// their own time, so that one which is sent again is spelled as it was.
type Spellings []Spelling

// At returns which spelling is in force for events of a time; -1: none, which
// leaves ids as they are. A time that no event can have is spelled as now.
func (s Spellings) At(t int64) int {
	last := len(s) - 1
	for ; last > 0 && Year2000 <= t && t < s[last].From; last-- { //nolint:revive // counts down
	}
	return last
}

// Newest returns what catalogue and questions are spelled by.
func (s Spellings) Newest() Normalization {
	if len(s) == 0 {
		return Asis
	}
	return s[len(s)-1].Normalize
}
