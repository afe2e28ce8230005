// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time that may be written in days of 24 hours (35d)
// beside Go's units (90s, 15m, 1h30m).
type Duration time.Duration

const day = 24 * time.Hour

// maxDays keeps a number of days within a time.Duration.
const maxDays = 36_500

// UnmarshalText reads a duration as a user writes it.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if number, isDays := strings.CutSuffix(s, "d"); isDays {
		n, err := strconv.Atoi(number)
		if err == nil && n >= -maxDays && n <= maxDays {
			*d = Duration(time.Duration(n) * day)
			return nil
		}
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number with a unit, as 90s, 15m, 1h or 35d", s)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText writes whole days as days.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String writes whole days as days, and the rest as Go does without the zeros
// at its end.
func (d Duration) String() string {
	if t := time.Duration(d); t != 0 && t%day == 0 {
		return strconv.Itoa(int(t/day)) + "d"
	}
	s := time.Duration(d).String()
	if cut, whole := strings.CutSuffix(s, "m0s"); whole {
		s = cut + "m"
	}
	if cut, whole := strings.CutSuffix(s, "h0m"); whole {
		s = cut + "h"
	}
	return s
}

// Std returns the duration as the standard library knows it.
func (d Duration) Std() time.Duration { return time.Duration(d) }
