// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Statement is the record of a closed period of one meter's window, with all
// its versions.
type Statement struct {
	Organization string
	Meter        string
	Window       string
	Start, End   time.Time // UTC
	Zone         string    // and anchor, by which the period was cut
	Anchor       int
	// Definition is when the meter's definition that was in force just before
	// the end took effect; the zero Date: it always was.
	Definition usage.Date
	// Quota is the quota on this window at the period's end, nil where there
	// was none.
	Quota *StatementQuota
	// Billed is the version that was current when the period was billed; 0:
	// it was not.
	Billed uint32
	// Versions, oldest first. The last one is current.
	Versions []StatementVersion
}

// StatementQuota is what the catalogue said when the period ended.
type StatementQuota struct {
	Limit     wide.Int // millionths
	FlexPrice string   // decimal; "" where overage is not billed
	Currency  string
}

// StatementVersion is what was known of the period at a time.
type StatementVersion struct {
	Number uint32
	Made   time.Time
	// Reason is what came since the version before; none where the period was
	// closed with this version.
	Reason []Revised
	// Used is what a quota counts: billable classes of active users, the peak
	// of users in the hour, or the sum. In millionths.
	Used wide.Int
	// Figures of the period, as the series of the same names have them.
	Figures []StatementFigure
}

// Revised is how many events of a kind revised a period.
type Revised struct {
	Kind   string
	Events uint32
}

// StatementFigure is one number of a statement.
type StatementFigure struct {
	Name   string
	Labels []usage.Label // besides organization, meter, window and period
	Value  wide.Int      // millionths
}

// Current returns the version in force.
func (s *Statement) Current() *StatementVersion { return &s.Versions[len(s.Versions)-1] }

// Delta returns how the figures of the i-th version differ from those of the
// one before; of the first it is empty.
func (s *Statement) Delta(i int) (delta []StatementFigure) {
	if i == 0 {
		return nil
	}
	before := map[string]*StatementFigure{}
	for n := range s.Versions[i-1].Figures {
		f := &s.Versions[i-1].Figures[n]
		before[f.key()] = f
	}
	for _, f := range s.Versions[i].Figures {
		if was := before[f.key()]; was != nil {
			delete(before, f.key())
			f.Value = f.Value.Sub(was.Value)
		}
		if f.Value.Sign() != 0 {
			delta = append(delta, f)
		}
	}
	for _, was := range s.Versions[i-1].Figures { // a value that has nothing any more
		if before[was.key()] != nil && was.Value.Sign() != 0 {
			was.Value = was.Value.Neg()
			delta = append(delta, was)
		}
	}
	return delta
}

func (f *StatementFigure) key() string {
	var key strings.Builder
	key.WriteString(f.Name)
	for _, l := range f.Labels {
		key.WriteString("\x00" + l.Name + "\x00" + l.Value)
	}
	return key.String()
}

// add takes a stored version, the first one with all that they share.
func (s *Statement) add(m *usage.Meter, o *org, v *closing.Statement) {
	if len(s.Versions) == 0 {
		s.Organization, s.Meter, s.Window = o.ID, m.Name, v.Kind.String()
		s.Start, s.End, s.Zone, s.Anchor = v.Start.Time(), v.End.Time(), v.Zone, v.Anchor
		s.Definition = m.Versions[v.Definition].EffectiveFrom
		if v.Terms != nil {
			s.Quota = &StatementQuota{Limit: v.Terms.Limit, FlexPrice: v.Terms.Price, Currency: v.Terms.Currency}
		}
	}
	out := StatementVersion{Number: v.Version, Made: v.Made.Time()}
	for kind, n := range v.Reason {
		if n > 0 {
			out.Reason = append(out.Reason, Revised{meter.Change(kind).String(), n})
		}
	}
	sheet := statementSheet{meter: m, org: o, number: v.Meter, version: &out}
	switch m.Type {
	case usage.ActiveUsers:
		sheet.active(v)
	case usage.ConcurrentUsers:
		sheet.concurrent(v)
	case usage.Consumption:
		sheet.consumption(v)
	}
	s.Versions = append(s.Versions, out)
}

// statementSheet is where figures of a stored version are written, zeros
// included.
type statementSheet struct {
	meter   *usage.Meter
	org     *org
	number  uint16
	version *StatementVersion
}

func (s *statementSheet) put(name string, value wide.Int, labels ...usage.Label) {
	s.version.Figures = append(s.version.Figures, StatementFigure{Name: name, Labels: labels, Value: value})
}

// count returns a number of users or events, in millionths.
func count(n wide.Int) wide.Int {
	whole, _ := n.Int64() // events are counted one by one: it fits
	return wide.Product(whole, usage.Micro)
}

// total returns the columns of the whole meter.
func total(v *closing.Statement, width int) []wide.Int {
	columns := make([]wide.Int, width)
	for _, c := range v.Cells {
		if c.Breakdown == 0 && int(c.Column) < width {
			columns[c.Column] = c.N
		}
	}
	return columns
}

// value are the labels of a breakdown's value.
func (s *statementSheet) value(c *meter.Cell) []usage.Label {
	return []usage.Label{
		{Name: "dimension", Value: s.meter.Breakdowns[c.Breakdown-1].Dimension},
		{Name: "dimension_value", Value: s.org.ValueName(s.number, int(c.Breakdown)-1, c.Value)},
	}
}

func (s *statementSheet) active(v *closing.Statement) {
	counts := total(v, len(s.meter.Classes))
	for _, class := range s.meter.Versions[v.Definition].Classes {
		var labels []usage.Label
		if name := s.meter.Classes[class.Index]; name != "" {
			labels = []usage.Label{{Name: "class", Value: name}, {Name: "billable", Value: strconv.FormatBool(class.Billable)}}
		}
		users := count(counts[class.Index])
		s.put("usage_active_users", users, labels...)
		if class.Billable {
			s.version.Used = s.version.Used.Add(users)
		}
	}
	var registered [usage.NumStatuses]wide.Int
	for i := range v.Cells {
		switch c := &v.Cells[i]; {
		case c.IsRegistered():
			registered[c.Column] = c.N
		case c.Breakdown > 0:
			s.put("usage_active_users_breakdown", count(c.N), s.value(c)...)
		}
	}
	if v.Kind < usage.Month {
		return
	}
	for status, n := range registered {
		s.put("usage_registered_users", count(n), usage.Label{Name: "status", Value: closing.StatusLabel(usage.Status(status))})
	}
}

func (s *statementSheet) concurrent(v *closing.Statement) {
	columns := total(v, meter.NetHits+1)
	s.put("usage_concurrent_users_peak", count(columns[meter.SamplePeak]))
	s.put("usage_concurrent_users_peak_hits", count(columns[meter.SampleHits]))
	// A sample with users has some of them net: a peak without one is of before
	// there was this figure, and stays so.
	if zero := (wide.Int{}); columns[meter.NetPeak] != zero || columns[meter.SamplePeak] == zero {
		s.put("usage_concurrent_users_net_peak", count(columns[meter.NetPeak]))
		s.put("usage_concurrent_users_net_peak_hits", count(columns[meter.NetHits]))
	}
	s.put("usage_hour_users_peak", count(columns[meter.HourPeak]))
	s.put("usage_hour_users_peak_hits", count(columns[meter.HourHits]))
	s.version.Used = count(columns[meter.HourPeak])
}

func (s *statementSheet) consumption(v *closing.Statement) {
	width := 2 + 2*len(v.Averages)
	columns := total(v, width)
	s.version.Used = columns[0]
	s.put("usage_consumption", columns[0], usage.Label{Name: "unit", Value: s.meter.Unit})
	s.put("usage_consumption_events", count(columns[1]))
	s.averages(v, columns, nil)
	for i := 0; i < len(v.Cells); {
		first := &v.Cells[i]
		row := make([]wide.Int, width)
		for ; i < len(v.Cells) && v.Cells[i].Breakdown == first.Breakdown && v.Cells[i].Value == first.Value; i++ {
			row[v.Cells[i].Column] = v.Cells[i].N
		}
		if first.Breakdown > 0 {
			labels := s.value(first)
			s.put("usage_consumption_breakdown", row[0], labels...)
			s.averages(v, row, labels)
		}
	}
}

func (s *statementSheet) averages(v *closing.Statement, row []wide.Int, of []usage.Label) {
	for i, name := range v.Averages {
		labels := slices.Concat(of, []usage.Label{{Name: "average", Value: name}})
		s.put("usage_average_sum", row[2+2*i], labels...)
		s.put("usage_average_count", count(row[3+2*i]), labels...)
	}
}
