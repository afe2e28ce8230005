// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shape

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Statement is the record of a closed period. Dates are civil ones of its
// zone; the end is not in it.
type Statement struct {
	Meter       string    `json:"meter"`
	MeterTitle  string    `json:"meter_title"` // of the configuration now, as that of the window
	Window      string    `json:"window"`
	WindowTitle string    `json:"window_title"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	StartDate   string    `json:"start_date"`
	EndDate     string    `json:"end_date"`
	Timezone    string    `json:"timezone"`
	AnchorDay   int       `json:"anchor_day"`
	Definition  *string   `json:"definition"` // effective_from; null: always in force
	Quota       *quota    `json:"quota"`      // null: there was none
	Version     uint32    `json:"version"`    // the current one
	AsBilled    *uint32   `json:"as_billed"`  // null: not billed
	Versions    []version `json:"versions"`   // oldest first
}

type quota struct {
	Limit     Millionths `json:"limit"`
	FlexPrice string     `json:"flex_price,omitempty"` // decimal
	Currency  string     `json:"currency,omitempty"`
}

type version struct {
	Version uint32     `json:"version"`
	Made    time.Time  `json:"made"`
	Reason  []reason   `json:"reason"` // empty: the period was closed
	Used    Millionths `json:"used"`
	Figures []Amount   `json:"figures"`
	Delta   []Amount   `json:"delta"` // of the figures against the version before
}

type reason struct {
	Kind   string `json:"kind"`
	Events uint32 `json:"events"`
}

// Amount is one figure.
type Amount struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  Millionths        `json:"value"`
}

// StatementOf returns a statement as it is answered; titles are those of the
// configuration now.
func StatementOf(s *archive.Statement, titles usage.Titles) Statement {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC // it was loaded when the statement was made
	}
	date := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	out := Statement{
		Meter: s.Meter, MeterTitle: titles.Meter(s.Meter), Window: s.Window, Start: s.Start, End: s.End, StartDate: date(s.Start), EndDate: date(s.End),
		Timezone: s.Zone, AnchorDay: s.Anchor, Version: s.Current().Number,
	}
	if w, err := usage.ParseWindow(s.Window); err == nil {
		out.WindowTitle = titles.Window(w)
	}
	out.Definition = dated(s.Definition)
	if s.Quota != nil {
		out.Quota = &quota{Millionths(s.Quota.Limit), s.Quota.FlexPrice, s.Quota.Currency}
	}
	if s.Billed != 0 {
		out.AsBilled = &s.Billed
	}
	for i := range s.Versions {
		v := &s.Versions[i]
		out.Versions = append(out.Versions, version{
			v.Number, v.Made, reasonsOf(v), Millionths(v.Used), Amounts(v.Figures), Amounts(s.Delta(i)),
		})
	}
	return out
}

// reasonsOf says what came since the version before.
func reasonsOf(v *archive.Version) []reason {
	reasons := []reason{}
	for _, r := range v.Reason {
		reasons = append(reasons, reason(r))
	}
	return reasons
}

// Amounts are the figures of a statement.
func Amounts(figures []archive.Figure) []Amount {
	out := []Amount{}
	for _, f := range figures {
		a := Amount{f.Name, map[string]string{}, Millionths(f.Value)}
		for _, l := range f.Labels {
			a.Labels[l.Name] = l.Value
		}
		out = append(out, a)
	}
	return out
}
