// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

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

// collect returns an organization's figures; ok is false where it has none.
func (b *book) collect(o *org, at period.Minute) (figures []usage.Figure, ok bool) {
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
	o.dirty = o.Judged() || o.dirty
	return figures, !dormant
}

// wake brings an organization to the last collection that passed it over.
func (b *book) wake(o *org) {
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
	date  usage.Date
	value wide.Int // millionths
}

// keepTrends notes the headline numbers of the day. A day that has begun is to
// be written; what a collection changes besides follows from what is written.
func (o *org) keepTrends() {
	if o.ID == usage.NoOrganization {
		return
	}
	today := o.Today()
	for i := range o.Meters() {
		if i >= len(o.trends) {
			o.trends = append(o.trends, nil)
		}
		if !o.Has(i) {
			continue
		}
		t := o.trends[i]
		if len(t) == 0 || t[len(t)-1].date != today {
			t = append(t, trendDay{date: today})
			if len(t) > trendDays {
				t = slices.Delete(t, 0, len(t)-trendDays)
			}
			o.trends[i], o.dirty = t, true
		}
		t[len(t)-1].value = o.Headline(i)
	}
}

func encodeTrends(e *wire.Encoder, trends []trend) {
	e.Uint(uint64(len(trends)))
	for _, t := range trends {
		e.Uint(uint64(len(t)))
		for _, day := range t {
			e.Int(int64(day.date.Year))
			e.Uint(uint64(day.date.Month))
			e.Uint(uint64(day.date.Day))
			e.Wide(day.value)
		}
	}
}

func decodeTrends(d *wire.Decoder) (trends []trend) {
	for range d.Count(1) {
		var t trend
		for range d.Count(4) {
			t = append(t, trendDay{
				date:  usage.Date{Year: int(d.Int()), Month: time.Month(d.Uint()), Day: int(d.Uint())},
				value: d.Wide(),
			})
		}
		trends = append(trends, t)
	}
	return trends
}

// pseudonym is 128 bits of HMAC-SHA-256.
func pseudonym(key []byte, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
