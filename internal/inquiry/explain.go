// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ExplainQuery asks how a figure comes about.
type ExplainQuery struct {
	Organization, Meter, Window string
	Period                      int // 0: current, 1: previous, 2: 2_ago
	// User asks what one user has to do with it; "": how the figure comes about.
	User string
}

// Explanation is what is common to all.
func (a *Asked) Explanation() *Explanation {
	o, m := a.Org, &a.Book.Defs.Meters[a.meter]
	cal := o.Calendar()
	x := &Explanation{
		Organization: o.ID, Meter: m.Name, Type: m.Type, Unit: m.Unit, Window: a.Span.Window.String(),
		Start: a.Span.Start.Time(), End: a.Span.End.Time(), Zone: cal.Zone().String(), Anchor: cal.Anchor(), AsOf: o.AsOf().Time(),
		State: Running, Definition: definition(a.Book, a.meter, o.DefinitionIn(a.meter, a.Span)),
	}
	x.Incomplete, x.Sampled = o.Flaws(a.meter)
	if back, _ := o.PeriodOf(a.Span); back > 0 {
		if x.State = Ended; o.Frozen(a.Span) {
			x.State = Final
		}
	}
	return x
}

// Whole explains a figure.
func (a *Asked) Whole(x *Explanation) {
	o, m := a.Org, &a.Book.Defs.Meters[a.meter]
	v := &m.Versions[o.DefinitionIn(a.meter, a.Span)]
	switch m.Type {
	case usage.ActiveUsers:
		for _, c := range o.ClassesIn(a.meter, a.Span) {
			i := slices.IndexFunc(v.Classes, func(of usage.Class) bool { return of.Index == c.Class })
			of := &v.Classes[i]
			x.Classes = append(x.Classes, ClassExplanation{
				Name: m.Classes[c.Class], Users: c.Users, Billable: of.Billable, Requires: of.Requires.String(), Actions: of.Actions, Condition: of.Condition,
			})
		}
	case usage.Consumption:
		x.Sum, x.Events = o.SumIn(a.meter, a.Span)
	case usage.ConcurrentUsers:
		p := o.PeaksIn(a.meter, a.Span)
		x.Peaks = &PeaksExplanation{Connected: p.Samples, Net: p.Net, Hours: p.Hours, NetKnown: p.NetKnown}
		for _, start := range p.Busiest {
			x.Peaks.Busiest = append(x.Peaks.Busiest, start.Time())
		}
	}
	if x.State != Running {
		return // the quota of then is in the statement
	}
	if q, ok := o.AllowanceOn(a.meter, a.Span.Window); ok {
		x.Quota = ExplainQuota(&q)
		if kind, terms := o.Terms(uint16(a.meter)); terms != nil && kind == a.Span.Window.Kind {
			x.Quota.FlexPrice, x.Quota.Currency = terms.Price, terms.Currency
		}
	}
}

// ExplainQuota says how a use stands against a quota.
func ExplainQuota(q *quota.Allowance) *QuotaExplanation {
	x := &QuotaExplanation{Limit: q.Limit, Used: q.Used, Remaining: q.Remaining(q.Used), Overage: q.Overage(q.Used), Ratio: q.Ratio(q.Used)}
	for i, share := range q.Thresholds {
		x.Thresholds = append(x.Thresholds, ThresholdExplanation{Share: float64(share) / usage.Micro, Reached: q.Reached[i]})
	}
	return x
}

// ExplainUser says what one user has to do with the figure.
func (a *Asked) ExplainUser(id string) (*UserExplanation, error) {
	o, m := a.Org, &a.Book.Defs.Meters[a.meter]
	x := &UserExplanation{ID: id, Verdict: NotKnown}
	slot, known := SlotOf(a.Book, o, id)
	if !known {
		return x, nil
	}
	if o.Nameless(slot) {
		x.Verdict = Erased
		return x, nil
	}
	root := o.Root(slot)
	r := &Reader{Asked: a}
	for _, merged := range o.MergedInto(root) {
		r.Merged = append(r.Merged, uint64(root)<<32|uint64(merged))
	}
	person, err := r.one(root)
	if err != nil {
		return nil, err
	}
	x.Person, x.StatusThen = person, o.StatusIn(root, a.Span)
	if root != slot {
		x.Became = person.ID
	}
	for i := range person.Parts {
		if person.Parts[i].Meter == m.Name {
			x.Part = &person.Parts[i]
		}
	}
	switch m.Type {
	case usage.ActiveUsers:
		x.Classes, err = a.matched(r, root, x.StatusThen)
		x.Verdict = verdictOfUser(x)
	case usage.Consumption:
		x.Verdict = a.verdictOfSum(x.Part)
	case usage.ConcurrentUsers:
		x.Session = a.session(root, x.Part)
		if x.Verdict = Idle; x.Part != nil {
			x.Verdict = Counts
		}
	}
	return x, err
}

func verdictOfUser(x *UserExplanation) Verdict {
	switch {
	case x.Part == nil:
		return Idle
	case x.Part.Counts:
		return Counts
	}
	return StatusUnmet
}

func (a *Asked) verdictOfSum(part *UserPart) Verdict {
	switch {
	case a.Book.Defs.Meters[a.meter].ByUser == nil || a.Span.Window.Kind == usage.Rolling:
		return NotByUser
	case part == nil:
		return Idle
	}
	return Counts
}

func (a *Asked) session(root uint32, part *UserPart) *SessionExplanation {
	s := a.Org.SessionOf(a.meter, root)
	x := &SessionExplanation{Connected: s.Connected, Sample: time.Unix(0, s.Sample).UTC(), HoursFrom: a.Org.AsOf().Time().Add(-a.Book.Settings.Past)}
	if x.HoursFrom.Before(a.Span.Start.Time()) {
		x.HoursFrom = a.Span.Start.Time()
	}
	if s.LastOn != 0 {
		x.LastOn = time.Unix(0, s.LastOn).UTC()
	}
	if s.LastOff != 0 {
		x.LastOff = time.Unix(0, s.LastOff).UTC()
	}
	if part != nil {
		x.Hours = part.Hours
	}
	return x
}

// matched returns the classes that a user's actions matched in the period.
func (a *Asked) matched(r *Reader, root uint32, status usage.Status) (all []MatchedClass, err error) {
	m := &a.Book.Defs.Meters[a.meter]
	if err := r.Reading(func() error { return r.FirstsOf(root) }); err != nil {
		return nil, err
	}
	firsts := archive.MergeFirsts(r.Firsts)
	for _, c := range a.Org.ActedIn(a.meter, root, a.Span) {
		of := MatchedClass{Name: m.Classes[c.Class], Requires: c.Requires.String(), Met: c.Requires == usage.NoStatus || c.Requires == status, Key: c.Key}
		if c.Standing != 0 {
			of.StandingSince = time.Unix(0, c.Standing).UTC()
		}
		for i := range firsts {
			if f := &firsts[i]; int(f.Meter) == a.meter && f.Class == c.Class && r.in(f) {
				of.First = a.firstItem(f)
				break
			}
		}
		all = append(all, of)
	}
	return all, nil
}
