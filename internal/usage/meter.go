// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import "time"

// MeterType is the kind of a meter.
type MeterType uint8

// The meter types.
const (
	ActiveUsers MeterType = iota
	ConcurrentUsers
	Consumption
)

// String returns the type's name as in the configuration.
func (t MeterType) String() string {
	return [...]string{"active_users", "concurrent_users", "consumption"}[t]
}

// Extraction is what extract needs: which actions are whose, and where an
// item says its organization and user.
type Extraction struct {
	Organization []string // ordered fallback of attribute names
	User         []string
	// BindOrganization is the attribute of the authenticated client that
	// holds the organization, or "".
	BindOrganization string
	Lifecycle        [NumStatuses][]string // action names by Status
	AliasActions     []string
	AliasFrom        string // attribute that holds the previous id
	AliasTo          string // attribute that holds the id that stays
	// Spellings say how ids are spelled: of a configuration the one that it
	// names, none where it leaves that to the ledger; of a ledger all that it
	// has had.
	Spellings    Spellings
	Placeholders []string // ids that are nobody
	Meters       []Meter
	Titles       Titles
	// FormerBefore is the end of the event times, ns, whose items the ledger
	// may know by the content hash of an older program; 0: of none.
	FormerBefore int64
}

// Meter is a meter with all the versions of its definition, oldest first. The
// index of a meter is stable for the life of a ledger directory.
type Meter struct {
	Name     string
	Type     MeterType
	Windows  []Window
	Versions []Version
	// Classes are the names of all classes of all versions; an Effect's Class
	// is an index into it. A meter without classes has one, named "".
	Classes []string

	// The rest is of the newest version and cannot differ between versions.
	Breakdowns []Breakdown
	ByUser     *ByUser // consumption only

	// Consumption.
	Unit        string
	Corrections bool
	Averages    []AverageOf

	// Concurrent users.
	SampleInterval time.Duration
	IdleTimeout    time.Duration
	Settle         time.Duration
}

// Version is one definition of a meter, in force from the start of
// EffectiveFrom in each organization's zone.
type Version struct {
	EffectiveFrom Date
	// Classes in the order in which they are judged; for meters without
	// classes a single one.
	Classes  []Class
	Standing *Standing
	// Value is the attribute that a consumption value is read from, or "".
	Value string
	// Concurrent users: action names by role.
	Logon, Activity, Logoff, Hourly []string
}

// Class is an ordered class of active users. For consumption meters the
// single class holds the actions.
type Class struct {
	Index     uint8 // into Meter.Classes
	Actions   []string
	Condition string // OTTL, or ""
	Requires  Status // NoStatus: none
	Billable  bool
}

// Standing is activity that lasts from an on- to an off-action of one key.
type Standing struct {
	On, Off []string
	Key     string // attribute name
	Class   uint8  // index into Meter.Classes
}

// Breakdown splits a meter's figures by the values of an attribute.
type Breakdown struct {
	Dimension string
	Attribute string
	Values    []string // fixed list, or nil: first come
}

// ByUser is the breakdown of a consumption meter by user.
type ByUser struct {
	Dimension string
	Top       int
	Reveal    bool
}

// AverageOf is an averaged attribute of a consumption meter.
type AverageOf struct {
	Name      string
	Attribute string
}
