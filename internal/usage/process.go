// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"slices"
	"strings"
)

// Series of the process itself, which stand under [NoOrganization].
var (
	// CatalogueRefused is 1 while the catalogue's file is not the one in force.
	CatalogueRefused = &Series{Name: "usage_catalogue_refused"}
	// LedgerReady is 1 while the ledger acknowledges.
	LedgerReady = &Series{Name: "usage_ledger_ready"}
	// DamagedFiles is how many files of the ledger are damaged or missing.
	DamagedFiles = &Series{Name: "usage_ledger_damaged_files"}
	// Scrubbed is when all files were last held against their checksums.
	Scrubbed = &Series{Name: "usage_ledger_scrubbed_timestamp_seconds"}
	// QueueLost is how many minutes of figures no store will have, by reason.
	QueueLost = &Series{Name: "usage_queue_lost_minutes_total", Counter: true}
)

// Series of shards, see internal/shard.
var (
	// ShardOwns is 1 for each organization that a shard publishes figures of.
	ShardOwns = &Series{Name: "usage_organization_shard"}
	// ShardInfo is 1 with what tells the process from all others. Two that write it
	// at once under one shard and replica are twins, of which each counts a part.
	ShardInfo = &Series{Name: "usage_shard_info"}
	// ShardMapVersion is the version of the map in force.
	ShardMapVersion = &Series{Name: "usage_shard_map_version"}
	// ShardMapRefused is 1 while the map's file is not the one in force.
	ShardMapRefused = &Series{Name: "usage_shard_map_refused"}
)

// Series of the reports that are sent by schedules, of each organization that
// has some; those about several organizations stand under [NoOrganization].
var (
	// DeliveriesDue is how many deliveries have not arrived yet and are tried.
	DeliveriesDue = &Series{Name: "usage_deliveries_due"}
	// DeliveriesFailed is how many have been tried in vain and are no more.
	DeliveriesFailed = &Series{Name: "usage_deliveries_failed"}
)

// AlertTest returns the series that is 1 while the alert of a test is to fire,
// see rules/alert-test.yaml. started tells tests apart: an alert that was told
// of once is not told of again.
func AlertTest(started string) *Series {
	return &Series{Name: "usage_alert_test", Labels: []Label{{Name: "started", Value: started}}}
}

// WithProcess returns the collection with what the process tells of itself.
func (c Collection) WithProcess(figures ...Figure) Collection {
	return c.With(NoOrganization, figures...)
}

// Without returns the collection without an organization. The collection that it
// was made of stays as it is.
func (c Collection) Without(organization string) Collection {
	c.Organizations = slices.DeleteFunc(slices.Clone(c.Organizations), func(o OrganizationFigures) bool { return o.Organization == organization })
	return c
}

// With returns the collection with more figures of an organization. The
// collection that it was made of stays as it is.
func (c Collection) With(organization string, figures ...Figure) Collection {
	return c.WithEach(map[string][]Figure{organization: figures})
}

// WithEach returns the collection with more figures of several organizations.
func (c Collection) WithEach(figures map[string][]Figure) Collection {
	all := slices.Clone(c.Organizations)
	for organization, more := range figures {
		i, found := slices.BinarySearchFunc(all, organization, func(o OrganizationFigures, id string) int {
			return strings.Compare(o.Organization, id)
		})
		if !found {
			all = slices.Insert(all, i, OrganizationFigures{Organization: organization})
		}
		all[i].Figures = slices.Concat(all[i].Figures, more)
	}
	return Collection{At: c.At, Organizations: all}
}
