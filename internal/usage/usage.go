// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package usage is the vocabulary of the project: what an item, a meter, a
// window and a figure are, and what components may ask of a ledger.
//
// It imports the standard library only and does nothing: every other package
// speaks in its terms.
//
//	OTLP --extract--> Item --Ledger.Record--> state --Ledger.Collect--> Figure
package usage

import (
	"context"
	"errors"
	"time"
)

// NoOrganization is the value of the organization label under which items are
// counted that name no organization.
const NoOrganization = "__none__"

// Breakdown values that stand for a missing attribute and for every value
// beyond the configured number of values.
const (
	NoValue    = "__none__"
	OtherValue = "__other__"
)

// Micro is the number of fixed-point units in one: every consumption value is
// kept as an integer count of millionths.
const Micro = 1_000_000

// Ledger is what components see of the durable book.
type Ledger interface {
	// Extraction returns what extract needs to recognise usage. It is
	// constant for the life of the ledger.
	Extraction() Extraction
	// Record counts a batch. A nil error means: on disk and counted, and each
	// item says what it Became and, where it was not counted, Because of what.
	// ErrUnavailable (wrapped) means: nothing may be assumed, send it again.
	// The ledger keeps no reference to the batch after it returns.
	Record(ctx context.Context, batch *Batch) error
	// Collect returns the figures of every organization at the whole minute
	// at or before now. See Collection. Beside an error it may still return
	// what the process tells of itself, without any organization's figures.
	Collect(ctx context.Context, now time.Time) (Collection, error)
}

// Memory is a ledger that keeps a few rows for who shows its figures, so that a
// restart knows what was shown. It knows nothing of what they mean.
type Memory interface {
	// Recall returns the rows that are kept under a name, by their keys.
	Recall(ctx context.Context, name string) (map[string][]byte, error)
	// Remember keeps rows under a name; one that is nil is dropped. A nil error
	// means: on disk. A key of MemoryOfOrganization and an organization's id, and one
	// of MemoryOfBills that begins with the id and a zero byte, is of that
	// organization: it is dropped when the organization is erased.
	Remember(ctx context.Context, name string, rows map[string][]byte) error
}

// MemoryOfOrganization begins the keys of rows that go with an organization.
const MemoryOfOrganization = 'o'

// MemoryOfBills is the name of rows that go with the organization that their
// keys begin with, before a zero byte.
const MemoryOfBills = "bills"

// ErrUnavailable says that the ledger cannot acknowledge now; the sender
// should retry.
var ErrUnavailable = errors.New("usage ledger unavailable")

// Signal is the OTLP signal that an item came from.
type Signal uint8

// The three signals, in the order of their label values.
const (
	Logs Signal = iota
	Traces
	Metrics
	numSignals
)

// NumSignals is the number of signals.
const NumSignals = int(numSignals)

// String returns the value of the `signal` label.
func (s Signal) String() string { return [...]string{"logs", "traces", "metrics"}[s] }

// Outcome is what became of an item; every item has exactly one.
type Outcome uint8

// The outcomes in the order in which they are judged. Pending is an item whose
// outcome the ledger still has to find.
const (
	Pending Outcome = iota
	Unmatched
	Invalid
	Unauthorized
	Future
	Late
	OverLimit
	Duplicate
	Counted
	numOutcomes
)

// NumOutcomes is the number of outcomes, Pending included.
const NumOutcomes = int(numOutcomes)

// String returns the value of the `outcome` label.
func (o Outcome) String() string {
	return [...]string{"pending", "unmatched", "invalid", "unauthorized", "future", "late", "over_limit", "duplicate", "counted"}[o]
}

// Reason says in one word why an item, or one meter's part of it, was not
// used; it is the value of the `reason` label and must not carry ids.
type Reason string

// Reasons that are counted.
const (
	ReasonNone            Reason = ""
	ReasonNoOrganization  Reason = "no_organization"
	ReasonUnknown         Reason = "unknown_organization"
	ReasonBadOrganization Reason = "bad_organization"
	ReasonOtherTenant     Reason = "other_organization"
	ReasonOtherShard      Reason = "other_shard"
	ReasonNoUser          Reason = "no_user"
	ReasonPlaceholder     Reason = "placeholder_id"
	ReasonLongID          Reason = "id_too_long"
	ReasonNoValue         Reason = "no_value"
	ReasonBadValue        Reason = "bad_value"
	ReasonNegative        Reason = "negative_value"
	ReasonOverflow        Reason = "overflow"
	ReasonCondition       Reason = "condition_error"
	ReasonTemporality     Reason = "not_a_delta_sum"
	ReasonNoTime          Reason = "no_timestamp"
	ReasonTimestampUnit   Reason = "timestamp_unit" // a time before Year2000
	ReasonNoAliasSource   Reason = "no_previous_id"
	ReasonSecondAlias     Reason = "second_alias_target"
	ReasonNoStandingKey   Reason = "no_standing_key"
	ReasonUsers           Reason = "users_per_organization"
	ReasonOrganizations   Reason = "organizations"
	ReasonUnlisted        Reason = "unknown_organizations"
	ReasonTransitions     Reason = "transitions_per_user"
	ReasonStandingKeys    Reason = "standing_keys"
	ReasonLate            Reason = "late"
	ReasonPanic           Reason = "internal_error"
)

// UID identifies an item for duplicates: the 128-bit hash of its uid, or of
// its content where it has none.
type UID [2]uint64

// Batch is the items of one request. Extract fills it, the ledger reads it and
// enters the outcomes; it is reused, so nothing may keep a slice of it.
type Batch struct {
	Items []Item

	// Effects, Values and Averages are arenas that items point into.
	Effects  []Effect
	Values   []string
	Averages []Average
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	clear(b.Items)
	clear(b.Effects)
	clear(b.Values)
	b.Items, b.Effects, b.Values, b.Averages = b.Items[:0], b.Effects[:0], b.Values[:0], b.Averages[:0]
}

// EffectsOf returns the effects of an item of this batch.
func (b *Batch) EffectsOf(it *Item) []Effect {
	return b.Effects[it.FirstEffect : it.FirstEffect+it.NumEffects]
}

// ValuesOf returns one value for each breakdown of the effect's meter, in the
// order of its definition.
func (b *Batch) ValuesOf(e *Effect) []string {
	return b.Values[e.FirstValue : e.FirstValue+e.NumValues]
}

// AveragesOf returns one entry for each average of the effect's meter, in the
// order of its definition.
func (b *Batch) AveragesOf(e *Effect) []Average {
	return b.Averages[e.FirstAverage : e.FirstAverage+e.NumAverages]
}

// Item is one OTLP item (log record, span, span event or data point) with
// what extract could tell of it.
type Item struct {
	Organization string // "" where it names none
	User         string // "" where it names none
	Action       string // name of the action
	UID          string // the sender's uid, or "" (SEMANTICS 1)
	Content      UID    // hash of the item's content; set only where UID is "" and an effect is a Consume
	Former       UID    // beside Content, where Time is before Extraction.FormerBefore: the hash that older ledgers used
	Time         int64  // event time, ns since 1970

	// Outcome is Pending, or Unmatched, Invalid or Unauthorized where extract
	// could judge; Reason says why. The effects of an Invalid or Unauthorized
	// item tell which definitions it matched: if none of them was in force at
	// its time, it is Unmatched after all.
	Outcome Outcome
	Reason  Reason
	Signal  Signal
	Sampled bool // a sampler left others like it out; it counts as one all the same

	// Became is the outcome that the ledger found, and Because its reason. Record
	// sets them.
	Became  Outcome
	Because Reason

	FirstEffect, NumEffects int32
}

// NoMeter is the Meter of a Respelled effect, and of a Rejected one of the user
// alone: a lifecycle or alias action that could not be used.
const NoMeter = ^uint16(0)

// EffectKind is what an item does to a meter or to a user.
type EffectKind uint8

// The kinds of effect.
const (
	Active     EffectKind = iota // a qualifying action in Class
	StandingOn                   // Key switched on
	StandingOff
	Concurrent // Roles at the item's time
	Consume    // Value is added
	Lifecycle  // the user's status becomes Status
	Alias      // the item's user is the person known as Key: alias(from=Key, to=User)
	Rejected   // this meter could not use its part: Reason
	Respelled  // the item's user was Key by an earlier spelling of ids
)

// Effect is what an item means to one meter (or to the user alone, for
// Lifecycle and Alias). An item whose action is defined differently by two
// versions of a meter has one effect for each version; the ledger takes the
// one in force at the item's time in the organization's zone.
type Effect struct {
	Kind    EffectKind
	Meter   uint16 // index into Extraction.Meters
	Version uint8  // index into Meter.Versions
	Class   uint8  // Active, StandingOn, StandingOff: index into Meter.Classes
	Roles   Roles  // Concurrent
	Status  Status // Lifecycle
	Reason  Reason // Rejected
	Value   int64  // Consume: millionths
	Key     string // standing key, previous id of an alias, or id of an earlier spelling

	FirstValue, NumValues     int32
	FirstAverage, NumAverages int32
}

// Average is the value of one `averages` attribute of an item.
type Average struct {
	Value int64 // millionths
	Set   bool  // the item has it
}

// Roles are what an action means to a concurrent_users meter, as bits.
type Roles uint8

// The roles.
const (
	RoleLogon Roles = 1 << iota
	RoleActivity
	RoleLogoff
	RoleHourly
)

// Status is a user's lifecycle status. Their order is the order in which
// transitions at one instant take effect.
type Status uint8

// The statuses; NoStatus is a user who never registered.
const (
	NoStatus Status = iota
	Registered
	Suspended
	Removed
	numStatuses
)

// NumStatuses is the number of statuses, NoStatus included.
const NumStatuses = int(numStatuses)

// String returns the value of the `status` label.
func (s Status) String() string { return [...]string{"", "registered", "suspended", "removed"}[s] }
