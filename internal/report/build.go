// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// kinds are what people call each kind, and its main section.
var kinds = map[Kind]struct{ title, main string }{
	UsageSummary: {"Usage summary", "usage"},
	Billing:      {"Billing report", "charges"},
	Activity:     {"Activity report", "events"},
	Users:        {"Users report", "users"},
}

// Title is what people call a kind; of what is none it is "".
func (k Kind) Title() string { return kinds[k].title }

// newBuilder begins a report with what it says of itself.
func newBuilder(in *Input) *builder {
	b := &builder{in: in, r: &Report{
		Kind: in.Kind, Title: in.Kind.Title(), Subject: in.Subject, Organization: in.Organization, Reseller: in.Reseller,
		Basis: in.Basis, Made: in.Made.UTC(), Main: kinds[in.Kind].main,
	}}
	b.period()
	b.definitions()
	return b
}

// Build makes a report.
func Build(in *Input) *Report {
	b := newBuilder(in)
	switch in.Kind {
	case UsageSummary:
		b.summary()
	case Billing:
		b.billing()
	case Activity:
		b.activity()
	case Users:
		b.users()
	}
	b.completeness()
	b.mark("incomplete")
	return b.r
}

type builder struct {
	in *Input
	r  *Report
}

// period says what is covered. The instants are the organization's own where
// there is one, or where all agree.
func (b *builder) period() {
	s := b.in.Period
	p := &b.r.Period
	*p = Period{Name: s.Name, Title: s.Title, Window: s.Window.String(), Start: date(s.Start).At, End: date(s.End).At}
	agree := true
	var first *Organization
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		if o.Period.Start.IsZero() {
			continue
		}
		p.Running = p.Running || o.Running
		if first == nil {
			first = o
		}
		agree = agree && o.Period == first.Period && o.Zone.String() == first.Zone.String()
	}
	if first != nil && agree {
		p.Start, p.End, p.Zone = first.Period.Start.In(first.Zone), first.Period.End.In(first.Zone), first.Zone.String()
	}
}

// definitions are those of all meters that are in the report.
func (b *builder) definitions() {
	seen := map[Definition]bool{}
	b.eachMeter(func(_ *Organization, m *Meter) {
		d := Definition{Meter: m.Name, Title: b.in.Titles.Meter(m.Name)}
		if !m.Definition.IsZero() {
			d.From = m.Definition.String()
		}
		if !seen[d] {
			seen[d] = true
			b.r.Definitions = append(b.r.Definitions, d)
		}
	})
	slices.SortStableFunc(b.r.Definitions, func(x, y Definition) int {
		return cmp.Or(strings.Compare(x.Title, y.Title), strings.Compare(x.From, y.From))
	})
}

func (b *builder) eachMeter(f func(*Organization, *Meter)) {
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		for j := range o.Meters {
			f(o, &o.Meters[j])
		}
	}
}

func (b *builder) note(format string, args ...any) {
	b.r.Notes = append(b.r.Notes, fmt.Sprintf(format, args...))
}

// completeness says what a reader of the figures has to know.
func (b *builder) completeness() {
	var silent, missing, unknown, open, incomplete, sampled []string
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		name := o.Name
		if o.Silent && o.Running {
			silent = append(silent, name)
		}
		if o.Period.Start.IsZero() {
			missing = append(missing, name)
			continue
		}
		if o.UsersUnknown {
			unknown = append(unknown, name)
		}
		provisional := false
		for j := range o.Meters {
			m := &o.Meters[j]
			provisional = provisional || m.Version == 0
			if m.Incomplete {
				incomplete = append(incomplete, name+" ("+b.in.Titles.Meter(m.Name)+")")
			}
			if m.Sampled {
				sampled = append(sampled, name+" ("+b.in.Titles.Meter(m.Name)+")")
			}
		}
		if provisional && !o.Running {
			open = append(open, name)
		}
	}
	if b.r.Period.Running {
		b.note("The period is still running: figures are of what was received until %s.", b.r.Made.Format("2 January 2006, 15:04 UTC"))
	}
	b.told("Not closed yet, so that late events may still change the figures: %s.", open)
	b.told("The ledger has no figures of the period for: %s.", missing)
	b.told("Who counted is known of the running period and of the two before it, and not any more of this one for: %s.", unknown)
	b.told("Telemetry is missing: nothing comes now, although it usually does at this hour, from %s.", silent)
	b.told("A limit refused users, so that these meters count too few: %s.", incomplete)
	b.told("A sampler left items out, so that these meters count too few: %s.", sampled)
	if b.in.Basis == Billed {
		b.note("As billed: figures are those that were known when the period was first billed; of what was not billed yet, those known now.")
	}
}

// maxNamed bounds the organizations that a note names.
const maxNamed = 10

func (b *builder) told(format string, names []string) {
	if len(names) == 0 {
		return
	}
	more := ""
	if len(names) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(names)-maxNamed)
		names = names[:maxNamed]
	}
	b.note(format, strings.Join(names, ", ")+more)
}

func (b *builder) add(s Section) { b.r.Sections = append(b.r.Sections, s) }

// unitOf is what a meter's amounts are of, "" for those of nothing: 1 is how
// units are written that are none.
func unitOf(m *Meter) string {
	switch {
	case m.Type != usage.Consumption:
		return "users"
	case m.Unit == "1":
		return ""
	default:
		return m.Unit
	}
}

// Columns that many tables begin with.
var (
	organizationColumns = []Column{{Name: "organization", Title: "Id", Key: true}, {Name: "name", Title: "Organization"}}
	meterColumns        = []Column{{Name: "meter", Title: "Meter name", Key: true}, {Name: "meter_title", Title: "Meter"}}
)

func organizationCells(o *Organization) []Cell { return []Cell{text(o.ID), text(o.Name)} }

func (b *builder) meterCells(name string) []Cell {
	return []Cell{text(name), text(b.in.Titles.Meter(name))}
}
