// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package definition is the configuration of what is counted: meters,
// identity, lifecycle, aliases and limits as users write them in YAML, their
// validation and their conversion into a [usage.Extraction].
//
// It knows no component, so that the ledger extension, usagectl and the
// simulation tests read one and the same configuration:
//
//	YAML --confmap--> Config --Check--> (errors) --Extraction--> usage.Extraction
//
// The extension embeds [Config] in its own. Everybody else takes it out of a
// collector configuration with [FromCollectorConfig], or out of a map with
// [FromMap].
package definition

import (
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
)

// Config is everything of the ledger's configuration besides its HTTP API and the
// delivery of reports.
type Config struct {
	// Directory holds the ledger's state. One process at a time may use it.
	Directory string `mapstructure:"directory"`

	// Catalogue is the path of organizations.yaml, reloaded when it changes.
	// Empty: every organization is in UTC and exists from its first event on.
	Catalogue string `mapstructure:"catalogue"`

	// CatalogueMaxLoss is how many of the organizations of the catalogue, in
	// percent, may be gone from the file when it is reloaded; one with fewer is
	// refused until it is accepted. Default 20; 100 takes every file.
	CatalogueMaxLoss int `mapstructure:"catalogue_max_loss"`

	// Horizon bounds the event times that are accepted, around now.
	Horizon Horizon `mapstructure:"horizon"`

	// Grace is how long after its end a period stays open. Default 3d.
	Grace Duration `mapstructure:"grace"`

	// Silence is how long a stream may send nothing, at an hour of the week at
	// which it usually sends, before it is called silent. Default 1h.
	Silence Duration `mapstructure:"silence"`

	// Identity says where an item names its organization and its user.
	Identity Identity `mapstructure:"identity"`

	// Lifecycle are the actions that change a user's status.
	Lifecycle Lifecycle `mapstructure:"lifecycle"`

	// Aliases are the actions that say that two ids are one person.
	Aliases Aliases `mapstructure:"aliases"`

	// Limits bound the memory and the number of series.
	Limits Limits `mapstructure:"limits"`

	// Shard says which part of the organizations this ledger counts. Default: all.
	Shard Shard `mapstructure:"shard"`

	// Scrub reads the files of the ledger again and again, and holds them against
	// their checksums.
	Scrub Scrub `mapstructure:"scrub"`

	// Meters by name. At least one is needed.
	Meters map[string]Meter `mapstructure:"meters"`

	// Windows that are called otherwise than by default, by name.
	Windows map[string]Window `mapstructure:"windows"`
}

// Scrub is how files are held against their checksums while the ledger runs.
type Scrub struct {
	// BytesPerSecond is how fast files are read; a scrub begins a day after the
	// end of the one before. 0 reads none. Default 4194304.
	BytesPerSecond int `mapstructure:"bytes_per_second"`
}

// Window is what is said of a window that meters keep.
type Window struct {
	// Title is what people call it. Default: Month, Billing cycle, 30 days.
	Title string `mapstructure:"title"`
}

// Horizon is the span of accepted event times, [now-Past, now+Future].
type Horizon struct {
	// Past is at most 35d, for which the ledger can revise figures. Default 35d.
	Past Duration `mapstructure:"past"`
	// Future is the tolerated lead of a sender's clock, at most 1h. Default 5m.
	Future Duration `mapstructure:"future"`
}

// Identity says where items name their organization and user: the first
// attribute found wins, each looked for on the record, the scope, the resource.
type Identity struct {
	// Organization defaults to organization.id, tenant.id.
	Organization []string `mapstructure:"organization"`
	// User defaults to user.id, enduser.id.
	User []string `mapstructure:"user"`
	// BindOrganization is the attribute of the authenticated client that holds
	// its organization. Set, it wins, and an item that names another
	// organization is rejected. Default: not bound.
	BindOrganization string `mapstructure:"bind_organization"`
	// UnknownOrganizations is accept (default) or reject: what becomes of items
	// of organizations that the catalogue does not have.
	UnknownOrganizations string `mapstructure:"unknown_organizations"`
	// Normalize is how ids are spelled before they are compared: trim (without
	// blanks and characters of no width around them, in NFC), fold (also without
	// case) or none. A change holds for events from the next UTC day on. Default:
	// what the ledger has done so far; trim for a new one.
	Normalize string `mapstructure:"normalize"`
	// Placeholders are ids that are nobody, as undefined: an item that names one
	// is invalid. A list replaces the default one; [] allows all ids.
	Placeholders []string `mapstructure:"placeholders"`
	// Key makes pseudonyms, and the order among users of equal sums, the same in
	// all ledgers that have it, as replicas need: a secret of 16 characters or
	// more, for organizations that are new from then on. Default none: each
	// ledger's are its own.
	Key configopaque.String `mapstructure:"key"`
}

// The values of [Identity.UnknownOrganizations].
const (
	Accept = "accept"
	Reject = "reject"
)

// Lifecycle lists the actions after which a user has a status.
type Lifecycle struct {
	Registered []string `mapstructure:"registered"`
	Suspended  []string `mapstructure:"suspended"`
	Removed    []string `mapstructure:"removed"`
}

// Aliases says how an item tells that two user ids are one person. Without
// actions there are no aliases.
type Aliases struct {
	Actions []string `mapstructure:"actions"`
	// From is the attribute of the id that was used before.
	From string `mapstructure:"from"`
	// To is the attribute of the id that stays.
	To string `mapstructure:"to"`
}

// Limits are the resource limits; beyond them figures are flagged incomplete
// or fall under the value __other__, never wrong in silence.
type Limits struct {
	// Organizations defaults to 100000.
	Organizations int `mapstructure:"organizations"`
	// UnknownOrganizations bounds those that the catalogue does not list.
	// Default 1000.
	UnknownOrganizations int `mapstructure:"unknown_organizations"`
	// UsersPerOrganization defaults to 10000000.
	UsersPerOrganization int `mapstructure:"users_per_organization"`
	// ValuesPerDimension bounds the values of a breakdown without a list of
	// its own. Default 100.
	ValuesPerDimension int `mapstructure:"values_per_dimension"`
}

// Default returns the configuration before any YAML: complete but for its
// meters.
func Default() Config {
	return Config{
		Directory:        "./data/ledger",
		CatalogueMaxLoss: 20,
		Horizon:          Horizon{Past: Duration(35 * day), Future: Duration(5 * time.Minute)},
		Grace:            Duration(3 * day),
		Silence:          Duration(time.Hour),
		Identity: Identity{
			Organization:         []string{"organization.id", "tenant.id"},
			User:                 []string{"user.id", "enduser.id"},
			UnknownOrganizations: Accept,
			Placeholders:         identity.DefaultPlaceholders(),
		},
		Lifecycle: Lifecycle{
			Registered: []string{"user.registered"},
			Suspended:  []string{"user.suspended"},
			Removed:    []string{"user.removed"},
		},
		Aliases: Aliases{Actions: []string{"user.alias"}, From: "user.previous_id", To: "user.id"},
		Scrub:   Scrub{BytesPerSecond: 4 << 20},
		Limits:  Limits{Organizations: 100_000, UnknownOrganizations: 1000, UsersPerOrganization: 10_000_000, ValuesPerDimension: 100},
	}
}
