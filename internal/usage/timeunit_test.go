// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheUnitOfATimeIsTheOneThatPutsItInThisCentury(t *testing.T) {
	now := time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC)
	for at, unit := range map[int64]TimeUnit{
		now.UnixNano():  Nanoseconds,
		now.UnixMicro(): Microseconds,
		now.UnixMilli(): Milliseconds,
		now.Unix():      Seconds,

		Year2000:           Nanoseconds,
		Year2000 - 1:       Nanoseconds, // in none
		Year2100 - 1:       Nanoseconds,
		Year2100:           Multiplied,
		math.MaxInt64:      Multiplied,
		Year2000 / 1e9:     Seconds,
		Year2000/1e9 - 1:   Nanoseconds,
		Year2100/1e9 - 1:   Seconds,
		Year2100 / 1e9:     Nanoseconds,
		1:                  Nanoseconds,
		now.UnixNano() / 7: Nanoseconds,
	} {
		require.Equal(t, unit, UnitOf(at), at)
	}
	require.Equal(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), int64(Year2000))
	require.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), int64(Year2100))
}
