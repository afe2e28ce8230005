// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// An organization that the catalogue does not list and that has been quiet for
// longer than its longest window is dormant: it has no series until something
// of it comes again. Nearly all collections pass it over. What they would have
// done to its state the last of them does, when the organization wakes: of one
// of which nothing comes it does not matter how many collections there were.

// restful is how long a dormant organization may be passed over: its periods
// are to be closed, if late.
const restful = period.Minute(60)

// Collect returns an organization's figures; ok is false where it has none.
func (b *Book) Collect(o *Org, at period.Minute) (figures []usage.Figure, ok bool) {
	dormant := o.unlisted && o.Dormant(at)
	if dormant && at-o.collected < restful {
		o.passed = at
		return nil, false
	}
	o.passed, o.collected = 0, at
	figures, ok = o.Collect(at)
	b.publish(o)
	if !ok {
		return nil, false
	}
	o.keepTrends()
	o.Dirty = o.Judged() || o.Dirty
	return figures, !dormant
}

// Wake brings an organization to the last collection that passed it over.
func (b *Book) Wake(o *Org) {
	if o.passed != 0 {
		o.Collect(o.passed)
		o.passed = 0
		b.publish(o)
	}
}

// trendDays is how many days are kept.
const trendDays = 30

// trend is the days of a meter, oldest first.
type trend []trendDay

type trendDay struct {
	Date  usage.Date
	Value wide.Int // millionths
}

// keepTrends notes the headline numbers of the day. A day that has begun is to
// be written; what a collection changes besides follows from what is written.
func (o *Org) keepTrends() {
	if o.ID == usage.NoOrganization {
		return
	}
	today := o.Today()
	for i := range o.Meters() {
		if i >= len(o.Trends) {
			o.Trends = append(o.Trends, nil)
		}
		if !o.Has(i) {
			continue
		}
		t := o.Trends[i]
		if len(t) == 0 || t[len(t)-1].Date != today {
			t = append(t, trendDay{Date: today})
			if len(t) > trendDays {
				t = slices.Delete(t, 0, len(t)-trendDays)
			}
			o.Trends[i], o.Dirty = t, true
		}
		t[len(t)-1].Value = o.Headline(i)
	}
}

func encodeTrends(e *wire.Encoder, trends []trend) {
	e.Uint(uint64(len(trends)))
	for _, t := range trends {
		e.Uint(uint64(len(t)))
		for _, day := range t {
			e.Int(int64(day.Date.Year))
			e.Uint(uint64(day.Date.Month))
			e.Uint(uint64(day.Date.Day))
			e.Wide(day.Value)
		}
	}
}

func decodeTrends(d *wire.Decoder) (trends []trend) {
	for range d.Count(1) {
		var t trend
		for range d.Count(4) {
			t = append(t, trendDay{
				Date:  usage.Date{Year: int(d.Int()), Month: time.Month(d.Uint()), Day: int(d.Uint())},
				Value: d.Wide(),
			})
		}
		trends = append(trends, t)
	}
	return trends
}

// Pseudonym is 128 bits of HMAC-SHA-256.
func Pseudonym(key []byte, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
