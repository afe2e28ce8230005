// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Definitions are the meters of a ledger and the terms on which it counts.
type Definitions struct {
	Meters []usage.Meter
	// Titles name meters and windows in series.
	Titles usage.Titles
	// Past is the acceptance span in minutes.
	Past period.Minute
	// Birth is when the ledger began: a period has a figure if every event of
	// it could have been accepted since.
	Birth period.Minute
	// Began is the same in ns.
	Began int64
	// Outages are those after which a sample may still not be final, oldest
	// first; see Recover.
	Outages []Outage
	// Since holds, for each meter and window, when the ledger began to keep
	// it, where that was after its birth; else 0.
	Since [][]period.Minute
	// Grace is how long after its end a period is closed.
	Grace period.Minute
	// RetiredAt holds since when a meter is retired; 0: not known.
	RetiredAt []period.Minute
	// Retired marks meters that are no longer configured: they have no figures.
	Retired []bool
	// Silence is how long (ns) a stream may be quiet, see SEMANTICS 8.
	Silence int64
	// ValuesPerDimension limits first-come values of a breakdown.
	ValuesPerDimension int
}

// Recover enters an outage, for organizations that are first seen after it.
// Those that had no sample left to postpone when it began are forgotten. One
// that is known already is passed over: a checkpoint may have it before the redo
// entry that told of it is dropped.
func (d *Definitions) Recover(o Outage) {
	if n := len(d.Outages); n > 0 && d.Outages[n-1].Up >= o.Up {
		return
	}
	var settle int64
	for i := range d.Meters {
		settle = max(settle, int64(d.Meters[i].Settle))
	}
	d.Outages = append(slices.DeleteFunc(d.Outages, func(earlier Outage) bool { return earlier.Up+settle <= o.Down }), o)
}

// IsRetired reports whether a meter is no longer configured.
func (d *Definitions) IsRetired(meter int) bool { return meter < len(d.Retired) && d.Retired[meter] }

// Lived reports whether every event of a period that begins at start could have
// been counted in a window of a meter.
func (d *Definitions) Lived(meter, window int, start period.Minute) bool {
	if start < d.Birth-d.Past {
		return false
	}
	if meter >= len(d.Since) || window >= len(d.Since[meter]) {
		return true
	}
	return start >= d.Since[meter][window]
}

// Exists reports whether a calendar period has a figure: the running one always,
// an earlier one if every event of it could have been accepted since the ledger
// began, or since the meter kept that window.
func (d *Definitions) Exists(c *period.Clock, meter int, w usage.Window, back int) bool {
	if back == 0 {
		return true
	}
	start, _ := c.Tracks[w.Kind].Bounds(back)
	return d.Lived(meter, slices.Index(d.Meters[meter].Windows, w), start)
}

// VersionAt returns which version of a meter is in force at an instant, where a
// calendar says when days begin.
func VersionAt(def *usage.Meter, cal *calendar.Calendar, at time.Time) (version int) {
	for i := 1; i < len(def.Versions); i++ {
		if !cal.StartOf(def.Versions[i].EffectiveFrom).After(at) {
			version = i
		}
	}
	return version
}

// Outage is a span (Down, Up] in which the ledger was down, ns.
type Outage struct{ Down, Up int64 }

// EncodeOutages writes outages as DecodeOutages reads them.
func EncodeOutages(e *wire.Encoder, outages []Outage) {
	e.Uint(uint64(len(outages)))
	for _, o := range outages {
		e.Int(o.Down)
		e.Int(o.Up)
	}
}

// DecodeOutages reads outages.
func DecodeOutages(d *wire.Decoder) (outages []Outage) {
	for range d.Count(2) {
		outages = append(outages, Outage{Down: d.Int(), Up: d.Int()})
	}
	return outages
}
