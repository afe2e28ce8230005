// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Explanation says how a figure comes about, or what one user has to do with it.
type Explanation struct {
	Organization string
	Meter        string
	Type         usage.MeterType
	Unit         string // of sums
	Window       string
	Period       string // current, previous, 2_ago
	// Start and End of the period, UTC: [Start, End), of a rolling window (Start, End].
	Start, End time.Time
	Zone       string // and anchor, by which periods are cut now
	Anchor     int
	// AsOf is the minute that the figures are of.
	AsOf  time.Time
	State PeriodState
	// Definition is when the meter's definition took effect by which the period
	// is counted; the zero Date: it always was.
	Definition usage.Date
	// Incomplete says that a limit refused users of this meter, Sampled that it
	// counted what a sampler let through: the true figures may be larger.
	Incomplete, Sampled bool

	// User is set where one was asked about.
	User *UserExplanation
	// The rest is of the whole figure, and set where no user was asked about.

	// Classes of active users, in the order in which they are judged: a user
	// counts in the first one that applies.
	Classes []ClassExplanation
	// Sum of consumption, in millionths, and the number of its events.
	Sum, Events wide.Int
	Peaks       *PeaksExplanation // of concurrent users
	Quota       *QuotaExplanation // nil: there is none on this window
	Versions    []archive.Version // of the statement, where the period is closed
	Billed      uint32            // the version that was billed; 0: none
}

// PeriodState is whether a period may still change.
type PeriodState string

// The states, in the order in which a period has them.
const (
	Running PeriodState = "running"
	// Ended periods take in what is late.
	Ended PeriodState = "ended"
	// Closed periods have a statement; what is late makes a new version of it.
	Closed PeriodState = "closed"
	// Final periods ended before the acceptance span: nothing changes them.
	Final PeriodState = "final"
)

// ClassExplanation is a class of active users.
type ClassExplanation struct {
	Name      string // "": the meter has no classes
	Users     int64
	Billable  bool
	Requires  string // a lifecycle status, or ""
	Actions   []string
	Condition string
}

// PeaksExplanation are the peaks of a period of concurrent users.
type PeaksExplanation struct {
	// Connected is the peak of the samples, Net that of the samples less their
	// hand-over, Hours that of the users in a clock hour, which is what quotas
	// count.
	Connected, Net, Hours concurrent.Peak
	// NetKnown is false where samples of the period were taken by a program
	// that did not find hand-overs.
	NetKnown bool
	// Busiest are the starts of the hours that equal the peak, as far as they lie
	// within the acceptance span.
	Busiest []time.Time
}

// QuotaExplanation is the arithmetic of a quota; amounts are in millionths.
type QuotaExplanation struct {
	Limit, Used, Remaining, Overage wide.Int
	Ratio                           float64 // +Inf where nothing is allowed and something used
	Thresholds                      []ThresholdExplanation
	FlexPrice, Currency             string // what overage costs; "": it is not billed
}

// ThresholdExplanation is a share of a limit.
type ThresholdExplanation struct {
	Share   float64
	Reached bool
}

// Verdict says why a user counts in a period, or why not.
type Verdict string

// The verdicts.
const (
	Counts Verdict = "counts"
	// NotKnown is an id of which the organization never had an item that needs
	// a user.
	NotKnown Verdict = "not_known"
	// Idle is a user of whom the period has no action that the meter takes.
	Idle Verdict = "no_action"
	// StatusUnmet is a user with actions, of whose classes none has the status
	// that it requires.
	StatusUnmet Verdict = "status_unmet"
	// NotByUser is a meter, or a window of it, that does not count by user.
	NotByUser Verdict = "not_by_user"
	// Erased is a user whose id was erased; what they did still counts.
	Erased Verdict = "erased"
)

// UserExplanation is what one user has to do with a figure.
type UserExplanation struct {
	ID      string // as it was asked for
	Verdict Verdict
	// Became is the id that an alias has made of this one; "": it is its own.
	// All that follows is of the person.
	Became string
	// Person is nil where the user is not known or was erased.
	Person *User
	// StatusThen is the lifecycle status that decides in this period: that of
	// now while it runs, else immediately before its end.
	StatusThen usage.Status
	// Part is what the meter has of the user in the period, nil for nothing.
	Part *UserPart
	// Classes that an action of the user matched in the period, in the order in which they
	// are judged.
	Classes []MatchedClass
	// Session is of concurrent users.
	Session *SessionExplanation
}

// MatchedClass is a class of which a user has something in a period.
type MatchedClass struct {
	Name     string
	Requires string // a lifecycle status, or ""
	Met      bool   // the user had it
	First    *FirstItem
	// StandingSince is since when a standing activity was on, of Key; zero: none.
	StandingSince time.Time
	Key           string
}

// SessionExplanation is what is known of a user's latest sessions: for about twice the
// idle timeout.
type SessionExplanation struct {
	LastOn, LastOff time.Time // logon or activity, logoff; zero: none is known
	Connected       bool      // at Sample, the last one
	Sample          time.Time
	Hours           int       // of the period in which they were there, from HoursFrom on
	HoursFrom       time.Time // of hours before it is not known any more who was there
}
