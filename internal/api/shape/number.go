// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shape

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Number is a JSON number, or a text for what JSON has no number for.
type Number float64

// MarshalJSON writes infinities as +Inf and -Inf.
func (n Number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(v)
}

// Millionths is an amount, which as a JSON number loses no digit.
type Millionths wide.Int

// MarshalJSON writes the decimal.
func (m Millionths) MarshalJSON() ([]byte, error) {
	return []byte(wide.Int(m).Decimal(6)), nil
}

// wholeNumber is a JSON number of any size.
type wholeNumber wide.Int

func (n wholeNumber) MarshalJSON() ([]byte, error) { return []byte(wide.Int(n).String()), nil }

// Instant is a time for JSON; the zero time is null.
func Instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
