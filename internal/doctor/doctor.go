// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package doctor says what is wrong with telemetry before anybody is billed by
// it: how many items cannot be counted, and how many users that, or ids that are
// written in two ways, would miscount.
//
//	requests --extract, ids as they are--> Exam.Add --> Exam.Report
//
// It keeps ids in memory and tells none: a report has the names of actions only.
//
// The package is pure: when a request arrived is an argument.
package doctor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Settings are what of a configuration decides what is counted, beside the
// extraction.
type Settings struct {
	// Normalize is how ids are spelled before they are compared.
	Normalize    usage.Normalization
	Past, Future time.Duration
}

// Exam is an examination of requests.
type Exam struct {
	settings Settings

	items, unmatched uint64
	findings         map[string]*finding
	people           map[key]*person
	strangers        map[string]uint64 // actions that match nothing
	sums             map[usage.UID]struct{}
	organizations    map[string]struct{}
}

// key is a user without the ways in which an id can be written: by case, blanks
// and Unicode form. organization is "" where there is none.
type key struct{ organization, user string }

// person is what was seen of a user.
type person struct {
	spellings []key // by the configuration: each is counted as a user
	raw       []key // as they were written
	items     uint64
	flaws     []string // of items that are not counted
	email     bool
}

type finding struct {
	items   uint64
	actions map[string]uint64
}

// Extraction returns the one to read requests with: ids are left as they are.
func Extraction(x usage.Extraction) usage.Extraction {
	x.Spellings, x.BindOrganization, x.FormerBefore = nil, "", 0
	return x
}

// New begins an examination.
func New(s Settings) *Exam {
	return &Exam{
		settings: s, findings: map[string]*finding{}, people: map[key]*person{}, strangers: map[string]uint64{},
		sums: map[usage.UID]struct{}{}, organizations: map[string]struct{}{},
	}
}

// Names of findings.
const (
	NoOrganization = "no_organization"
	NoUser         = "no_user"
	Placeholder    = "placeholder_id"
	LongID         = "id_too_long"
	NoUID          = "no_uid"
	SameContent    = "same_content"
	Future         = "clock_ahead"
	Late           = "clock_behind"
	TimestampUnit  = "timestamp_unit"
	NoTimestamp    = "no_timestamp"
	OtherSpelling  = "spelling"
	Email          = "email_id"
	Cumulative     = "cumulative"
	Value          = "value"
	Condition      = "condition"
	Sampled        = "sampled"
	Other          = "other"
)

// flaws are the findings that reasons lead to.
var flaws = map[usage.Reason]string{
	usage.ReasonNoOrganization: NoOrganization, usage.ReasonBadOrganization: NoOrganization,
	usage.ReasonNoUser: NoUser, usage.ReasonPlaceholder: Placeholder, usage.ReasonLongID: LongID,
	usage.ReasonTemporality: Cumulative, usage.ReasonNoTime: NoTimestamp, usage.ReasonTimestampUnit: TimestampUnit,
	usage.ReasonNoValue: Value, usage.ReasonBadValue: Value, usage.ReasonNegative: Value, usage.ReasonOverflow: Value,
	usage.ReasonCondition: Condition,
}

// Add examines the items of a request that arrived at an instant; the zero time:
// nobody knows when.
func (e *Exam) Add(arrived time.Time, b *usage.Batch) {
	for i := range b.Items {
		e.item(arrived, b, &b.Items[i])
	}
}

func (e *Exam) item(arrived time.Time, b *usage.Batch, it *usage.Item) {
	e.items++
	if it.Outcome == usage.Unmatched {
		e.unmatched++
		e.strangers[it.Action]++
		return
	}
	flaw := e.flaw(arrived, b, it)
	p := e.person(it)
	if flaw != "" {
		e.note(flaw, it)
		if p != nil {
			p.flaws = with(p.flaws, flaw)
		}
		return
	}
	e.organizations[identity.Spell(it.Organization, e.settings.Normalize)] = struct{}{}
	e.counted(b, it, p)
}

// flaw says why an item is not counted; "": it is.
func (e *Exam) flaw(arrived time.Time, b *usage.Batch, it *usage.Item) string {
	at := time.Unix(0, it.Time)
	switch {
	case it.Outcome != usage.Pending:
		return cmp.Or(flaws[it.Reason], Other)
	case arrived.IsZero():
		return ""
	case at.After(arrived.Add(e.settings.Future)):
		return Future
	case at.Before(arrived.Add(-e.settings.Past)) && slices.ContainsFunc(b.EffectsOf(it), isBounded):
		return Late
	}
	return ""
}

// isBounded reports whether an effect is taken within the horizon only: what
// changes a user's status has no past limit.
func isBounded(of usage.Effect) bool {
	return of.Kind == usage.Active || of.Kind == usage.Concurrent || of.Kind == usage.Consume
}

// counted looks at an item that is counted, and at what may be wrong with it all
// the same.
func (e *Exam) counted(b *usage.Batch, it *usage.Item, p *person) {
	if p != nil {
		p.items++
		n := e.settings.Normalize
		p.spellings = with(p.spellings, key{identity.Spell(it.Organization, n), identity.Spell(it.User, n)})
		p.raw = with(p.raw, key{it.Organization, it.User})
		if isEmail(it.User) {
			p.email = true
			e.note(Email, it)
		}
	}
	if it.Sampled {
		e.note(Sampled, it)
	}
	sum := false
	for _, effect := range b.EffectsOf(it) {
		sum = sum || effect.Kind == usage.Consume
		if effect.Kind == usage.Rejected {
			e.note(cmp.Or(flaws[effect.Reason], Other), it)
		}
	}
	if !sum || it.UID != "" || it.Signal == usage.Metrics { // a point has its stream for a uid
		return
	}
	e.note(NoUID, it)
	if _, seen := e.sums[it.Content]; seen {
		e.note(SameContent, it)
	}
	e.sums[it.Content] = struct{}{}
}

// with returns a list that has a value once.
func with[T comparable](list []T, value T) []T {
	if slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}

func (e *Exam) note(name string, it *usage.Item) {
	f := e.findings[name]
	if f == nil {
		f = &finding{actions: map[string]uint64{}}
		e.findings[name] = f
	}
	f.items++
	f.actions[it.Action]++
}

// person returns that of an item; nil: it names no user.
func (e *Exam) person(it *usage.Item) *person {
	if it.User == "" {
		return nil
	}
	organization := it.Organization
	if organization == usage.NoOrganization {
		organization = ""
	}
	k := key{identity.Spell(organization, usage.Fold), identity.Spell(it.User, usage.Fold)}
	p := e.people[k]
	if p == nil {
		p = &person{}
		e.people[k] = p
	}
	return p
}

// isEmail reports whether an id looks like an e-mail address.
func isEmail(id string) bool {
	name, domain, found := strings.Cut(strings.TrimSpace(id), "@")
	return found && name != "" && strings.Contains(strings.Trim(domain, "."), ".") && !strings.ContainsAny(domain, "@ ")
}
