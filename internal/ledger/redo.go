// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// group is what is committed together: redo entries, and rows that go straight
// to their place.
type group struct {
	number  uint64
	entries wire.Encoder
	rows    *pebble.Batch
	// journals are the organizations whose journals grow with the group.
	journals []*org
	done     chan struct{} // closed when committed or failed
	err      error         // of the commit, once done
}

func newGroup(db *pebble.DB, number uint64) *group {
	return &group{number: number, rows: db.NewBatch(), done: make(chan struct{})}
}

func (g *group) empty() bool { return len(g.entries.Bytes) == 0 && g.rows.Empty() }

// The kinds of entries. Numbers are written: never change one.
const (
	entryArrival    = 1  // now
	entryOpen       = 2  // org, zone, anchor
	entryValue      = 3  // org, meter, breakdown, name
	entryKey        = 4  // org, name
	entryEvent      = 5  // org, signal, event, uid
	entryCount      = 6  // org, signal, outcome
	entryRefuse     = 7  // org, meter, reason
	entryIncomplete = 8  // org, meter
	entryCollect    = 9  // minute
	entryRecover    = 10 // down, up
	entryCalendar   = 11 // org, at, zone, anchor
	entryQuotas     = 12 // org, quotas
	entryTerms      = 13 // org, meter, window's kind, terms
	entrySampled    = 14 // org, meter
	entryForgetName = 15 // org, name
)

func (g *group) entry(kind uint64) *wire.Encoder {
	g.entries.Uint(kind)
	return &g.entries
}

func (g *group) arrival(now int64) { g.entry(entryArrival).Int(now) }

func (g *group) collect(at period.Minute) { g.entry(entryCollect).Int(int64(at)) }

func (g *group) recover(o meter.Outage) {
	e := g.entry(entryRecover)
	e.Int(o.Down)
	e.Int(o.Up)
}

func (g *group) openOrg(org uint32, cal *calendar.Calendar) {
	e := g.entry(entryOpen)
	e.Uint(uint64(org))
	e.String(cal.Zone().String())
	e.Int(int64(cal.Anchor()))
}

func (g *group) calendar(org uint32, at int64, changed calendar.Entry) {
	e := g.entry(entryCalendar)
	e.Uint(uint64(org))
	e.Int(at)
	e.String(changed.Zone)
	e.Int(changed.Code())
}

func (g *group) terms(org uint32, m uint16, k usage.Kind, t *closing.Terms) {
	e := g.entry(entryTerms)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
	e.Uint(uint64(k))
	t.Encode(e)
}

func (g *group) quotas(org uint32, quotas []quota.Quota) {
	e := g.entry(entryQuotas)
	e.Uint(uint64(org))
	quota.EncodeQuotas(e, quotas)
}

func (g *group) newValue(org uint32, m uint16, breakdown int, name string) {
	e := g.entry(entryValue)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
	e.Uint(uint64(breakdown))
	e.String(name)
}

func (g *group) newKey(org uint32, name string) {
	e := g.entry(entryKey)
	e.Uint(uint64(org))
	e.String(name)
}

func (g *group) event(org uint32, signal usage.Signal, ev *meter.Event, uid *usage.UID) {
	e := g.entry(entryEvent)
	e.Uint(uint64(org))
	e.Uint(uint64(signal))
	ev.Encode(e)
	e.Bool(uid != nil)
	if uid != nil {
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, uid[0])
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, uid[1])
	}
}

func (g *group) count(org uint32, signal usage.Signal, outcome usage.Outcome) {
	e := g.entry(entryCount)
	e.Uint(uint64(org))
	e.Uint(uint64(signal))
	e.Uint(uint64(outcome))
}

func (g *group) refuse(org uint32, m uint16, reason usage.Reason) {
	e := g.entry(entryRefuse)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
	e.String(string(reason))
}

func (g *group) incomplete(org uint32, m uint16) {
	e := g.entry(entryIncomplete)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
}

func (g *group) sampled(org uint32, m uint16) {
	e := g.entry(entrySampled)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
}

func (g *group) forgetName(org uint32, name string) {
	e := g.entry(entryForgetName)
	e.Uint(uint64(org))
	e.String(name)
}

// newUser writes a user's id to its place: entries name users by slot.
func (g *group) newUser(org, slot uint32, hash uint64, id string) {
	value := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(id)), hash)
	g.set(userKey(org, slot), append(value, id...))
}

// set, merge, drop and clear cannot fail: a batch that is not yet committed only
// grows. What is taken away was set before, in this batch or an earlier one.
func (g *group) set(key, value []byte)   { _ = g.rows.Set(key, value, nil) }
func (g *group) drop(key []byte)         { _ = g.rows.Delete(key, nil) }
func (g *group) merge(key, value []byte) { _ = g.rows.Merge(key, value, nil) }
func (g *group) clear(prefix []byte)     { _ = g.rows.DeleteRange(prefix, after(prefix), nil) }
