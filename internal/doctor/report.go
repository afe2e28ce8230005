// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Report is what an examination has found.
type Report struct {
	// Items that were read, and of these those that match no meter: they are
	// other telemetry, or misnamed.
	Items     uint64 `json:"items"`
	Unmatched uint64 `json:"unmatched"`
	// Strangers are the commonest actions of those.
	Strangers []Action `json:"unmatched_actions"`

	Organizations int `json:"organizations"`
	// Users that would be counted.
	Users    int       `json:"users"`
	Findings []Finding `json:"findings"`
}

// Finding is one thing that may be wrong.
type Finding struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Items uint64 `json:"items"`
	// Share of the items that match a meter.
	Share float64 `json:"share"`
	// Users that are miscounted by it: who are not counted at all, or twice;
	// negative: nobody can tell.
	Users  int    `json:"users"`
	Effect string `json:"effect"`
	Remedy string `json:"remedy"`
	// Actions of these items, the commonest first.
	Actions []Action `json:"actions"`
}

// Action is how often a name came.
type Action struct {
	Name  string `json:"name"`
	Items uint64 `json:"items"`
}

// Unknown is the number of users where nobody can tell.
const Unknown = -1

// causes are all findings, in the order in which they are told.
var causes = []struct{ name, title, effect, remedy string }{
	{NoOrganization, "no organization, or no usable one", "not counted", "set organization.id on the resource, or name your attribute in identity::organization"},
	{NoUser, "no user", "not counted by meters of users", "set user.id where somebody is signed in, or name your attribute in identity::user"},
	{Placeholder, "ids that stand for nobody, as undefined", "not counted", "leave the attribute out where nobody is signed in"},
	{LongID, "ids that are too long", "not counted", "send an id of at most 1024 bytes"},
	{Future, "clocks that are ahead", "not counted", "set the clock of the sender"},
	{Late, "clocks that are behind, or telemetry that comes late", "not counted", "set the clock of the sender, or send within horizon::past"},
	{TimestampUnit, "times in another unit than nanoseconds", "not counted", "multiply them: the field is of nanoseconds"},
	{NoTimestamp, "no time", "not counted", "set the timestamp"},
	{Cumulative, "cumulative counters, gauges and histograms", "not counted", "set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta, or put cumulative_to_delta before usage"},
	{Value, "values that are missing or no numbers", "not counted by the meter of the value", "send the attribute that value: names, as a number"},
	{Condition, "conditions that fail", "not counted by the meter of the condition", "see the meter's condition: it fails for these items"},
	{OtherSpelling, "ids that differ only in case, blanks or Unicode form", "users counted more than once", "spell ids one way, or set identity::normalize to fold"},
	{Email, "ids that look like e-mail addresses", "users counted twice where others of the organization have other ids", "send an id that does not change and is no personal data; tell of old ids by aliases"},
	{NoUID, "sums without a uid", "counted; a resend is known by its content", "set log.record.uid"},
	{SameContent, "sums without a uid and equal in all they say", "counted once: resends, or events that cannot be told apart", "set log.record.uid"},
	{Sampled, "spans or logs of which a sampler left others out", "counted as one", "put samplers after the usage processor"},
	{Other, "other reasons", "not counted", "the overview page of a running collector names action and reason"},
}

// maxActions is how many are named.
const maxActions = 3

// Report returns what was found so far.
func (e *Exam) Report() *Report {
	r := &Report{Items: e.items, Unmatched: e.unmatched, Strangers: commonest(e.strangers), Organizations: len(e.organizations), Findings: []Finding{}}
	users := e.miscounted()
	spelled := &finding{}
	for _, p := range e.people {
		r.Users += len(p.spellings)
		if len(p.raw) > 1 {
			spelled.items += p.items
		}
	}
	if spelled.items > 0 {
		e.findings[OtherSpelling] = spelled
	}
	for _, c := range causes {
		f := e.findings[c.name]
		if f == nil {
			continue
		}
		r.Findings = append(r.Findings, Finding{
			Name: c.name, Title: c.title, Items: f.items, Share: float64(f.items) / float64(e.items-e.unmatched),
			Users: users[c.name], Effect: c.effect, Remedy: c.remedy, Actions: commonest(f.actions),
		})
	}
	return r
}

// miscounted counts the users that each cause loses or counts too often.
func (e *Exam) miscounted() map[string]int {
	users := map[string]int{NoUser: Unknown, Placeholder: Unknown, LongID: Unknown, Sampled: Unknown}
	known := map[string]bool{}     // users that are counted in any organization
	otherwise := map[string]bool{} // organizations that have other ids than addresses
	for k, p := range e.people {
		if p.items > 0 {
			known[k.user] = true
			otherwise[k.organization] = otherwise[k.organization] || !p.email
		}
	}
	for k, p := range e.people {
		if p.items == 0 && (k.organization != "" || !known[k.user]) { // nobody counts them
			for _, flaw := range p.flaws {
				if users[flaw] != Unknown {
					users[flaw]++
				}
			}
		}
		users[OtherSpelling] += max(0, len(p.spellings)-1)
		if p.email && otherwise[k.organization] {
			users[Email]++
		}
	}
	return users
}

// commonest returns the actions with the most items.
func commonest(actions map[string]uint64) []Action {
	all := []Action{}
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		all = append(all, Action{name, actions[name]})
	}
	slices.SortStableFunc(all, func(x, y Action) int { return cmp.Or(cmp.Compare(y.Items, x.Items), strings.Compare(x.Name, y.Name)) })
	return all[:min(len(all), maxActions)]
}
