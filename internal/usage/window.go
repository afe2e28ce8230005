// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of calendar window; Rolling is the kind of `Nh` and `Nd`.
type Kind uint8

// The kinds, shortest first.
const (
	Hour Kind = iota
	Day
	Week // ISO: Monday
	Month
	Quarter
	Half
	Year
	Cycle // billing cycle, by the organization's anchor day
	Rolling
)

// NumKinds is the number of calendar kinds.
const NumKinds = int(Rolling)

var kindNames = [...]string{"hour", "day", "week", "month", "quarter", "half", "year", "cycle"}

// String returns the name of a calendar kind as in the configuration.
func (k Kind) String() string {
	if k < Rolling {
		return kindNames[k]
	}
	return "rolling"
}

// Months is how many calendar months a window of the kind has, 0 where it is
// not made of whole ones. A billing cycle is as long as a month.
func (k Kind) Months() int {
	switch k {
	case Month, Cycle:
		return 1
	case Quarter:
		return 3
	case Half:
		return 6
	case Year:
		return 12
	default:
		return 0
	}
}

// Window is a span of time over which a figure is kept.
type Window struct {
	Kind  Kind
	Hours int32 // length of a rolling window; 0 for calendar kinds
	name  string
}

// maxRollingHours bounds a rolling window to ten years.
const maxRollingHours = 24 * 3660

// ParseWindow reads a window as users write it: hour, day, week, month,
// quarter, half, year, cycle, Nh or Nd.
func ParseWindow(s string) (Window, error) {
	for k, name := range kindNames {
		if s == name {
			return Window{Kind: Kind(k), name: s}, nil
		}
	}
	if len(s) >= 2 {
		n, err := strconv.Atoi(s[:len(s)-1])
		per := map[byte]int{'h': 1, 'd': 24}[s[len(s)-1]]
		if err == nil && per > 0 && n > 0 && n <= maxRollingHours/per && strconv.Itoa(n) == s[:len(s)-1] {
			return Window{Kind: Rolling, Hours: int32(n * per), name: s}, nil
		}
	}
	return Window{}, fmt.Errorf("unknown window %q: use one of %s, or a rolling one as 24h or 30d", s, strings.Join(kindNames[:], ", "))
}

// String returns the value of the `window` label.
func (w Window) String() string { return w.name }

// Length is the length of a rolling window, 0 for calendar kinds.
func (w Window) Length() time.Duration { return time.Duration(w.Hours) * time.Hour }

// PeriodName returns the value of the `period` label of the period that lies
// i periods before the current one, i in 0..2.
func PeriodName(i int) string { return [...]string{"current", "previous", "2_ago"}[i] }

// MarshalText writes the window as ParseWindow reads it.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.name), nil }

// UnmarshalText reads a window.
func (w *Window) UnmarshalText(text []byte) (err error) {
	*w, err = ParseWindow(string(text))
	return err
}
