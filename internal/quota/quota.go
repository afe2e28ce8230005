// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"math"
	"math/big"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Quotas (SEMANTICS 6). Amounts and shares are integers: millionths of the
// meter's unit, and millionths of the limit. Products of the two are compared in
// 192 bits, so nothing is rounded and nothing overflows.

// Quota is what an organization may use of one meter in one window.
type Quota struct {
	Meter  uint16
	Window usage.Window
	Limit  wide.Int // millionths; 0: none is allowed
	// Thresholds are shares of the limit, ascending.
	Thresholds []int64
}

func (q *Quota) equal(p *Quota) bool {
	return q.Meter == p.Meter && q.Window == p.Window && q.Limit == p.Limit && slices.Equal(q.Thresholds, p.Thresholds)
}

// Status is the band in which used/limit lies; its number is the value of
// the series.
type Status uint8

// The bands: below 0.50, [0.50, 0.80), [0.80, 0.95], above.
const (
	UnderQuota Status = iota
	ModerateUse
	HighUse
	AtOrOverQuota
)

// Whole is the share of all of a limit.
const Whole = int64(usage.Micro)

const (
	moderateFrom = Whole * 50 / 100
	highFrom     = Whole * 80 / 100
	highUntil    = Whole * 95 / 100
	// deadBand is how far a ratio has to fall below a threshold before that
	// is no longer reached: one that teeters notifies once.
	deadBand = Whole * 2 / 100
)

// Status returns the band of a use.
func (q *Quota) Status(used wide.Int) Status {
	switch {
	case q.Compare(used, moderateFrom) < 0:
		return UnderQuota
	case q.Compare(used, highFrom) < 0:
		return ModerateUse
	case q.Compare(used, highUntil) <= 0:
		return HighUse
	}
	return AtOrOverQuota
}

// Ratio returns used/limit: of a limit of 0, +Inf once anything is used.
func (q *Quota) Ratio(used wide.Int) float64 {
	switch limit, fits := q.Limit.Int64(); {
	case limit != 0 && fits && limit < 1<<53:
		return used.Over(uint64(limit))
	case q.Limit.Sign() != 0:
		ratio, _ := new(big.Rat).SetFrac(used.Big(), q.Limit.Big()).Float64()
		return ratio
	case used.Sign() > 0:
		return math.Inf(1)
	}
	return 0
}

// Remaining returns what may still be used.
func (q *Quota) Remaining(used wide.Int) wide.Int { return q.Limit.Sub(used).Max(wide.Int{}) }

// Overage returns what is used beyond the limit.
func (q *Quota) Overage(used wide.Int) wide.Int { return used.Sub(q.Limit).Max(wide.Int{}) }

// Compare compares used/limit with a share, which is not negative. Of a limit of
// 0 the ratio is infinite once anything is used, else 0.
func (q *Quota) Compare(used wide.Int, share int64) int {
	if q.Limit.Sign() == 0 {
		if used.Sign() > 0 {
			return 1
		}
		return -wide.Of(share).Sign()
	}
	return wide.CompareProducts(used, uint64(Whole), q.Limit, uint64(share))
}

// quota is a quota with what its collections have found: the thresholds that
// are reached, which lasts until the ratio falls below the dead band or a new
// period begins.
type quota struct {
	Quota
	Reached []bool        // by threshold
	period  period.Minute // start of the period that reached is of; 0 of rolling windows

	used   wide.Int      // at the minute at, in millionths
	at     period.Minute // 0: not known yet
	falls  period.Minute // when the limit is expected to be passed, as set aside; 0: not in this period
	series *quotaSeries
}

// judge holds the use of a period against the thresholds and reports
// whether that changed anything.
func (q *quota) judge(used wide.Int, start period.Minute) (changed bool) {
	if start != q.period {
		clear(q.Reached)
		q.period, changed = start, true
	}
	for i, share := range q.Thresholds {
		before := q.Reached[i]
		if before {
			share -= deadBand
		}
		q.Reached[i] = q.Compare(used, share) >= 0
		changed = changed || q.Reached[i] != before
	}
	return changed
}

// succeed takes over what the quota of the same meter and window has found
// before its limit or its thresholds were changed.
func (q *quota) succeed(old *quota) {
	q.period, q.used, q.at = old.period, old.used, old.at
	for i, share := range q.Thresholds {
		if j := slices.Index(old.Thresholds, share); j >= 0 {
			q.Reached[i] = old.Reached[j]
		}
	}
}

func newQuota(q *Quota) quota {
	n := quota{Quota: *q, Reached: make([]bool, len(q.Thresholds))}
	n.Thresholds = slices.Clone(q.Thresholds)
	return n
}

// Quotas are those of an organization.
type Quotas struct {
	Clock  *period.Clock
	Defs   *meter.Definitions
	List   []quota
	Judged bool // a collection has changed which thresholds are reached
}

// Set makes quotas those in force, and reports whether that changed anything. They
// count from the next collection on.
func (q *Quotas) Set(to []Quota) (changed bool) {
	if slices.EqualFunc(q.List, to, func(a quota, b Quota) bool { return a.equal(&b) }) {
		return false
	}
	old := q.List
	q.List = make([]quota, len(to))
	for i := range to {
		n := newQuota(&to[i])
		for j := range old {
			if old[j].Meter == n.Meter && old[j].Window == n.Window {
				n.succeed(&old[j])
			}
		}
		q.List[i] = n
	}
	return true
}

// on returns the quota on a meter and window, nil where there is none.
func (q *Quotas) on(meter int, w usage.Window) *quota {
	for i := range q.List {
		if of := &q.List[i]; int(of.Meter) == meter && of.Window == w {
			return of
		}
	}
	return nil
}

// Has reports whether there is any quota on a meter.
func (q *Quotas) Has(meter int) bool {
	return slices.ContainsFunc(q.List, func(of quota) bool { return int(of.Meter) == meter })
}

// windowOf returns the place of a quota's window among those of its meter, -1
// where the meter does not keep it, or is no longer configured.
func (q *Quotas) windowOf(of *quota) int {
	if int(of.Meter) >= len(q.Defs.Meters) || q.Defs.IsRetired(int(of.Meter)) {
		return -1
	}
	return slices.Index(q.Defs.Meters[of.Meter].Windows, of.Window)
}

// Read notes what quotas are held against at the clock's minute.
func (q *Quotas) Read(used func(meter uint16, window int) wide.Int) {
	for i := range q.List {
		of := &q.List[i]
		if w := q.windowOf(of); w >= 0 {
			of.used, of.at = used(of.Meter, w), q.Clock.AsOf
		}
	}
}

// Limited returns the limit of the quota on a meter and window, and where it is to be
// noted when that is expected to be passed, 0 for not in this period; nil where there is no
// quota.
func (q *Quotas) Limited(meter int, w usage.Window) (limit float64, falls *period.Minute) {
	of := q.on(meter, w)
	if of == nil {
		return 0, nil
	}
	return series.Amount(of.Limit), &of.falls
}

// Judge holds what was noted at a collection's minute against the thresholds, and
// writes the figures of quotas on a sheet, if there is one.
func (q *Quotas) Judge(at period.Minute, s *series.Sheet) {
	for i := range q.List {
		of := &q.List[i]
		if q.windowOf(of) < 0 || of.at != at {
			continue
		}
		start := period.Minute(0)
		if of.Window.Kind != usage.Rolling {
			start, _ = q.Clock.Tracks[of.Window.Kind].Bounds(0)
		}
		if of.judge(of.used, start) {
			q.Judged = true
		}
		if s != nil {
			q.figures(s, of)
		}
	}
}

// EncodeQuotas appends quotas as they are written down.
func EncodeQuotas(e *wire.Encoder, quotas []Quota) {
	e.Uint(uint64(len(quotas)))
	for i := range quotas {
		q := &quotas[i]
		e.Uint(uint64(q.Meter))
		e.String(q.Window.String())
		e.Wide(q.Limit)
		e.Uint(uint64(len(q.Thresholds)))
		for _, share := range q.Thresholds {
			e.Int(share)
		}
	}
}

// DecodeQuotas reads what EncodeQuotas wrote.
func DecodeQuotas(d *wire.Decoder) (quotas []Quota) {
	for range d.Count(4) {
		q := Quota{Meter: uint16(d.Uint())}
		w, err := usage.ParseWindow(d.String())
		if err != nil {
			d.Fail()
			return nil
		}
		q.Window, q.Limit = w, d.Wide()
		for range d.Count(1) {
			q.Thresholds = append(q.Thresholds, d.Int())
		}
		quotas = append(quotas, q)
	}
	return quotas
}

// Encode appends the quotas and what collections have found.
func (q *Quotas) Encode(e *wire.Encoder) {
	plain := make([]Quota, len(q.List))
	for i := range q.List {
		plain[i] = q.List[i].Quota
	}
	EncodeQuotas(e, plain)
	for i := range q.List {
		e.Int(int64(q.List[i].period))
		for _, reached := range q.List[i].Reached {
			e.Bool(reached)
		}
	}
}

// Decode reads what Encode wrote.
func (q *Quotas) Decode(d *wire.Decoder) {
	plain := DecodeQuotas(d)
	q.List = make([]quota, 0, len(plain))
	for i := range plain {
		of := newQuota(&plain[i])
		of.period = period.Minute(d.Int())
		for t := range of.Reached {
			of.Reached[t] = d.Bool()
		}
		q.List = append(q.List, of)
	}
}

// Allowance is a quota and what is held against it at the organization's minute.
type Allowance struct {
	Quota
	Used    wide.Int
	Reached []bool // by threshold, as the last collection found it
}

// Allowance returns the quota on a meter's window; ok is false where there is
// none.
func (q *Quotas) Allowance(meter int, w usage.Window, used func(meter uint16, window int) wide.Int) (a Allowance, ok bool) {
	of := q.on(meter, w)
	if of == nil {
		return a, false
	}
	at := q.windowOf(of)
	if at < 0 {
		return a, false
	}
	return Allowance{Quota: of.Quota, Used: used(of.Meter, at), Reached: slices.Clone(of.Reached)}, true
}
