// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"iter"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Input is what a report is made of. Amounts are millionths throughout.
type Input struct {
	Kind Kind
	// Subject, Organization and Reseller are as in a [Report].
	Subject, Organization, Reseller string

	Period Span
	Basis  Basis
	Made   time.Time
	// Issuer is who sends the bills: the provider of a FOCUS file.
	Issuer string

	Titles usage.Titles
	// Missing are shards whose organizations belong into it and could not be
	// read.
	Missing []Missing
	// Organizations in the order of their names.
	Organizations []Organization
	// Users are those of a report on users; else nil.
	Users iter.Seq2[User, error]
}

// Organization is one that a report is about.
type Organization struct {
	ID, Name string
	Zone     *time.Location
	// Period is the one that the report is about as this organization has it.
	// The zero Period: the ledger has nothing of it.
	Period  calendar.Period
	Running bool
	// Meters that it has, in the order of the configuration.
	Meters []Meter
	// Registered users by status at the period's end, or now; nil: not known.
	Registered map[string]int64
	// SignUps is how many users were registered for the first time in the
	// period; negative: not known.
	SignUps int64
	// LastEvent is the time of its latest event; the zero Time: there is none.
	LastEvent time.Time
	Silent    bool
	// UsersUnknown reports whether a report on users cannot have them, since the
	// period is too old.
	UsersUnknown bool
	// Bill is that of a report on billing; else nil.
	Bill *Bill
}

// Bill is an organization's billing report of a month.
type Bill struct {
	billing.Report
	Currency string
	Digits   int32 // decimals of the currency's minor unit
	// Delivered is when it was delivered first; the zero Time: it was not.
	Delivered time.Time
}

// Meter is what an organization used by a meter.
type Meter struct {
	Name string
	Type usage.MeterType
	Unit string
	// Definition is the first civil date of what it is counted by; the zero
	// Date: it always was.
	Definition usage.Date
	// Version of the statement; 0: the period is not closed.
	Version uint32
	// Used is what a quota counts: users of billable classes, the busiest
	// hour, or the sum.
	Used wide.Int
	// Figures of the period, as the series of the same names have them.
	Figures []Figure

	// Before and YearAgo are what was used in the period before and a year
	// ago: in the whole period, and of a period that still runs in as much of
	// it as has passed. nil: not known.
	Before, YearAgo *wide.Int
	// Projected is what is expected to be used at the end of a period that
	// still runs; nil: not known.
	Projected *wide.Int
	// Past are the ended periods of the same window up to this one, oldest
	// first, twelve at most.
	Past []Part
	// Days are the local days of the period that are known.
	Days []Part
	// TopUsers are those who used most, from the largest on; nil where they
	// are not known any more.
	TopUsers []UserAmount
	// Quotas that it has: of a period that is over those on its window.
	Quotas []Quota
	// Incomplete and Sampled report what is missing.
	Incomplete, Sampled bool
}

// Figure is one number of a meter in a period.
type Figure struct {
	Name   string
	Labels []usage.Label // besides organization, meter, window and period
	Value  wide.Int
}

// Label returns the value of a label, "" where there is none.
func (f *Figure) Label(name string) string {
	for _, l := range f.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

// Part is what was used in a part of time.
type Part struct {
	Start usage.Date
	Used  wide.Int
}

// UserAmount is what one user used.
type UserAmount struct {
	User string // as the series name it: a pseudonym, unless ids are revealed
	Used wide.Int
	Last time.Time // of the latest event; the zero Time: not known
}

// Quota is how a quota stands.
type Quota struct {
	Window string
	Period calendar.Period // the zero Period: of a rolling window
	Limit  wide.Int
	Used   wide.Int
	// Left is the time to the period's end; 0 where it is over, or has none.
	Left time.Duration
	// Projected is what is expected at its end, Exhausted when the limit is
	// expected to be passed; nil and the zero Time: not known, or not so.
	Projected *wide.Int
	Exhausted time.Time
}

// User is a user in a meter.
type User struct {
	Organization string
	ID           string
	Pseudonym    string
	Status       string // of the lifecycle; "": none
	Meter        string
	Counts       bool   // false: they acted, and the class requires a status that they do not have
	Class        string // "": none, or a meter without classes
	Billable     bool
	Last         time.Time // latest activity that is known
	// What made them count in the period; the zero Time: not known.
	Counted    time.Time
	Action     string
	Signal     string
	Definition usage.Date
	FirstEver  time.Time
	Used       *wide.Int // of a meter of consumption; else nil
}
