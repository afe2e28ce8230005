// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Status is how an organization's telemetry fares.
type Status struct {
	ID        string
	Since     time.Time // when the ledger began
	LastEvent time.Time // zero: none yet
	Silent    bool
	Items     [usage.NumSignals][usage.NumOutcomes]uint64
	Rejects   []Reject // newest first
	Trends    []Trend
}

// Reject is a refused item, without ids.
type Reject struct {
	Time    time.Time // of arrival
	Signal  usage.Signal
	Outcome usage.Outcome
	Reason  usage.Reason
	Action  string
	Unit    usage.TimeUnit // of its time
}

// Trend is a meter's headline number by day, oldest first.
type Trend struct {
	Meter, Window, Unit string
	Days                []TrendDay
}

// TrendDay is the number at the end of a day, or now.
type TrendDay struct {
	Date  usage.Date
	Value float64
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

// Statuses returns the status of every organization in the order of their
// ids, that of items without an organization among them.
func (l *Ledger) Statuses() []Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Status, 0, len(l.book.byID))
	for _, o := range l.book.byID {
		all = append(all, l.book.status(o))
	}
	return all
}

// IDs returns the ids of all organizations in order, [usage.NoOrganization]
// among them where there are items that name none.
func (l *Ledger) IDs() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, len(l.book.byID))
	for i, o := range l.book.byID {
		ids[i] = o.ID
	}
	return ids
}

// Status returns the status of one organization. Its ID is the organization's
// own where the id is another spelling of it.
func (l *Ledger) Status(id string) (Status, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.book.named(id)
	if o == nil {
		return Status{}, false
	}
	return l.book.status(o), true
}

func (b *book) status(o *org) Status {
	s := Status{ID: o.ID, Since: b.defs.Birth.Time(), Silent: o.Silent(), Items: o.Items()}
	if ns := o.LastEvent(); ns != 0 {
		s.LastEvent = time.Unix(0, ns).UTC()
	}
	for _, r := range o.Rejects() {
		s.Rejects = append(s.Rejects, Reject{
			Time: time.Unix(0, r.Arrived).UTC(), Signal: r.Signal, Outcome: r.Outcome, Reason: r.Reason, Action: r.Action, Unit: r.Unit,
		})
	}
	slices.SortStableFunc(s.Rejects, func(x, y Reject) int { return y.Time.Compare(x.Time) })
	for i, t := range o.trends {
		if !o.Has(i) {
			continue
		}
		m := &b.defs.Meters[i]
		shown := Trend{Meter: m.Name, Window: m.Windows[0].String(), Unit: m.Unit}
		for _, day := range t {
			shown.Days = append(shown.Days, TrendDay{Date: day.date, Value: day.value.Over(usage.Micro)})
		}
		s.Trends = append(s.Trends, shown)
	}
	return s
}

// Pseudonym returns the name under which a user is shown to those who may not
// see ids: a keyed hash, with a key of the organization. An organization that
// the ledger does not know has no key; its users share one mark.
func (l *Ledger) Pseudonym(organization, user string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.book.named(organization)
	if o == nil {
		return "unknown"
	}
	return pseudonym(o.secret[16:], user)
}

// pseudonym is 128 bits of HMAC-SHA-256.
func pseudonym(key []byte, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
