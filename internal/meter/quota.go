// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Quotas (SEMANTICS 6). Amounts and shares are integers: millionths of the
// meter's unit, and millionths of the limit. What is compared is compared in
// 128 bits, so nothing is rounded and nothing overflows.

// Quota is what an organization may use of one meter in one window.
type Quota struct {
	Meter  uint16
	Window usage.Window
	Limit  int64 // millionths; 0: none is allowed
	// Thresholds are shares of the limit, ascending.
	Thresholds []int64
}

func (q *Quota) equal(p *Quota) bool {
	return q.Meter == p.Meter && q.Window == p.Window && q.Limit == p.Limit && slices.Equal(q.Thresholds, p.Thresholds)
}

// QuotaStatus is the band in which used/limit lies; its number is the value of
// the series.
type QuotaStatus uint8

// The bands: below 0.50, [0.50, 0.80), [0.80, 0.95], above.
const (
	UnderQuota QuotaStatus = iota
	ModerateUse
	HighUse
	AtOrOverQuota
)

const (
	whole = int64(usage.Micro) // a share of all

	moderateFrom = whole * 50 / 100
	highFrom     = whole * 80 / 100
	highUntil    = whole * 95 / 100
	// deadBand is how far a ratio has to fall below a threshold before that
	// is no longer reached: one that teeters notifies once.
	deadBand = whole * 2 / 100
)

// Status returns the band of a use.
func (q *Quota) Status(used int64) QuotaStatus {
	switch {
	case q.compare(used, moderateFrom) < 0:
		return UnderQuota
	case q.compare(used, highFrom) < 0:
		return ModerateUse
	case q.compare(used, highUntil) <= 0:
		return HighUse
	}
	return AtOrOverQuota
}

// Ratio returns used/limit: of a limit of 0, +Inf once anything is used.
func (q *Quota) Ratio(used int64) float64 {
	switch {
	case q.Limit != 0:
		return float64(used) / float64(q.Limit)
	case used > 0:
		return math.Inf(1)
	}
	return 0
}

// Remaining returns what may still be used.
func (q *Quota) Remaining(used int64) int64 { return difference(q.Limit, used) }

// Overage returns what is used beyond the limit.
func (q *Quota) Overage(used int64) int64 { return difference(used, q.Limit) }

// difference returns a-b where that is positive, else 0; the largest number
// where it is too large for one.
func difference(a, b int64) int64 {
	switch d := a - b; {
	case a <= b:
		return 0
	case d < 0:
		return math.MaxInt64
	default:
		return d
	}
}

// compare compares used/limit with a share. Of a limit of 0 the ratio is
// infinite once anything is used, else 0.
func (q *Quota) compare(used, share int64) int {
	if q.Limit == 0 {
		if used > 0 {
			return 1
		}
		return compareProducts(0, 1, share, 1)
	}
	return compareProducts(used, whole, share, q.Limit)
}

// compareProducts compares a*b with c*d.
func compareProducts(a, b, c, d int64) int {
	left, right := sign(a)*sign(b), sign(c)*sign(d)
	if left != right || left == 0 {
		return cmp.Compare(left, right)
	}
	h1, l1 := bits.Mul64(absolute(a), absolute(b))
	h2, l2 := bits.Mul64(absolute(c), absolute(d))
	switch {
	case h1 == h2 && l1 == l2:
		return 0
	case h1 < h2 || h1 == h2 && l1 < l2:
		return -left
	}
	return left
}

func sign(v int64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

func absolute(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// quota is a quota with what its collections have found: the thresholds that
// are reached, which lasts until the ratio falls below the dead band or a new
// period begins.
type quota struct {
	Quota
	reached []bool // by threshold
	period  Minute // start of the period that reached is of; 0 of rolling windows

	used   int64  // at the minute at, in millionths
	at     Minute // 0: not known yet
	falls  Minute // when the limit is expected to be passed, as set aside; 0: not in this period
	series *quotaSeries
}

// judge holds the use of a period against the thresholds and tells whether
// that changed anything.
func (q *quota) judge(used int64, period Minute) (changed bool) {
	if period != q.period {
		clear(q.reached)
		q.period, changed = period, true
	}
	for i, share := range q.Thresholds {
		before := q.reached[i]
		if before {
			share -= deadBand
		}
		q.reached[i] = q.compare(used, share) >= 0
		changed = changed || q.reached[i] != before
	}
	return changed
}

// succeed takes over what the quota of the same meter and window has found
// before its limit or its thresholds were changed.
func (q *quota) succeed(old *quota) {
	q.period, q.used, q.at = old.period, old.used, old.at
	for i, share := range q.Thresholds {
		if j := slices.Index(old.Thresholds, share); j >= 0 {
			q.reached[i] = old.reached[j]
		}
	}
}

func newQuota(q *Quota) quota {
	n := quota{Quota: *q, reached: make([]bool, len(q.Thresholds))}
	n.Thresholds = slices.Clone(q.Thresholds)
	return n
}

// SetQuotas makes quotas those in force, and tells whether that changed
// anything. They count from the next collection on.
func (o *Organization) SetQuotas(quotas []Quota) (changed bool) {
	if slices.EqualFunc(o.quotas, quotas, func(a quota, b Quota) bool { return a.equal(&b) }) {
		return false
	}
	old := o.quotas
	o.quotas = make([]quota, len(quotas))
	for i := range quotas {
		n := newQuota(&quotas[i])
		for j := range old {
			if old[j].Meter == n.Meter && old[j].Window == n.Window {
				n.succeed(&old[j])
			}
		}
		o.quotas[i] = n
	}
	return true
}

// EncodeQuotas appends quotas as they are written down.
func EncodeQuotas(e *Encoder, quotas []Quota) {
	e.Uint(uint64(len(quotas)))
	for i := range quotas {
		q := &quotas[i]
		e.Uint(uint64(q.Meter))
		e.String(q.Window.String())
		e.Int(q.Limit)
		e.Uint(uint64(len(q.Thresholds)))
		for _, share := range q.Thresholds {
			e.Int(share)
		}
	}
}

// DecodeQuotas reads what EncodeQuotas wrote.
func DecodeQuotas(d *Decoder) (quotas []Quota) {
	for range d.Count(4) {
		q := Quota{Meter: uint16(d.Uint())}
		w, err := usage.ParseWindow(d.String())
		if err != nil {
			d.fail()
			return nil
		}
		q.Window, q.Limit = w, d.Int()
		for range d.Count(1) {
			q.Thresholds = append(q.Thresholds, d.Int())
		}
		quotas = append(quotas, q)
	}
	return quotas
}

func (o *Organization) encodeQuotas(e *Encoder) {
	plain := make([]Quota, len(o.quotas))
	for i := range o.quotas {
		plain[i] = o.quotas[i].Quota
	}
	EncodeQuotas(e, plain)
	for i := range o.quotas {
		e.Int(int64(o.quotas[i].period))
		for _, reached := range o.quotas[i].reached {
			e.Bool(reached)
		}
	}
}

func (o *Organization) decodeQuotas(d *Decoder) {
	plain := DecodeQuotas(d)
	o.quotas = make([]quota, 0, len(plain))
	for i := range plain {
		q := newQuota(&plain[i])
		q.period = Minute(d.Int())
		for t := range q.reached {
			q.reached[t] = d.Bool()
		}
		o.quotas = append(o.quotas, q)
	}
}
