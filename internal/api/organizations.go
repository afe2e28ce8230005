// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// organizationJSON is an organization and how its telemetry fares.
type organizationJSON struct {
	ID        string     `json:"id"`
	Name      string     `json:"name,omitempty"`
	Reseller  string     `json:"reseller,omitempty"`
	Timezone  string     `json:"timezone"`
	AnchorDay int        `json:"anchor_day"`
	LastEvent *time.Time `json:"last_event"` // null: none yet
	Silent    bool       `json:"silent"`
	// Items by signal and outcome; what is missing is 0.
	Items map[string]map[string]uint64 `json:"items"`
}

// organizations are those of all shards.
func organizations(r *admitted) ([]organizationJSON, error) {
	own := ownOrganizations(r)
	if r.others == nil {
		return own, nil
	}
	parts := partsOf[[]organizationJSON](r, "/api/v1/organizations", nil)
	return merge.Lists(append(parts, merge.Part[[]organizationJSON]{Shard: reporter.Here, Of: own}),
		func(o *organizationJSON) string { return o.ID }, usage.NoOrganization, byID)
}

func byID(x, y organizationJSON) int { return strings.Compare(x.ID, y.ID) }

func ownOrganizations(r *admitted) []organizationJSON {
	out := []organizationJSON{}
	for _, id := range r.Book.IDs() {
		s, found := r.Book.Status(id)
		if !found || id == usage.NoOrganization {
			continue
		}
		o := organizationJSON{
			ID: s.ID, Timezone: time.UTC.String(), AnchorDay: 1,
			LastEvent: shape.Instant(s.LastEvent), Silent: s.Silent, Items: itemsJSON(&s),
		}
		if listed, found := r.Catalogue.Lookup(s.ID); found {
			o.Name, o.Reseller, o.Timezone, o.AnchorDay = listed.Name, listed.Reseller, listed.Location.String(), listed.AnchorDay
		}
		out = append(out, o)
	}
	slices.SortFunc(out, byID)
	return out
}

func itemsJSON(s *inquiry.Status) map[string]map[string]uint64 {
	items := map[string]map[string]uint64{}
	for signal := range s.Items {
		for outcome, n := range s.Items[signal] {
			if n == 0 {
				continue
			}
			name := usage.Signal(signal).String()
			if items[name] == nil {
				items[name] = map[string]uint64{}
			}
			items[name][usage.Outcome(outcome).String()] = n
		}
	}
	return items
}
