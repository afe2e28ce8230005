// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Refuse makes the items of a batch that belong to organizations of other shards
// unauthorized. They count under no organization, so that nothing is kept here of
// one that is not here.
//
// sent is the map by which a gateway sent the batch here, the zero ID where that
// is not known. An error, which wraps [usage.ErrUnavailable], says that it is one
// that this shard does not know yet: the batch may be its own once it does.
func (m *Map) Refuse(batch *usage.Batch, name string, sent ID) error {
	self := m.Find(name)
	last, foreign := usage.NoOrganization, false
	for i := range batch.Items {
		it := &batch.Items[i]
		if it.Organization != last { // the items of a request are of few
			last = it.Organization
			foreign = last != usage.NoOrganization && last != "" && m.owner(last) != self
		}
		if !foreign {
			continue
		}
		if sent.Version > m.id.Version || sent.Version == m.id.Version && sent != m.id {
			return fmt.Errorf("shard %q: the gateway sent this by map %s and this shard has %s: give both the same file: %w", name, sent, m.id, usage.ErrUnavailable)
		}
		it.Organization = usage.NoOrganization
		if it.Outcome == usage.Pending {
			it.Outcome, it.Reason = usage.Unauthorized, usage.ReasonOtherShard
		}
	}
	return nil
}

// Sent returns the map by which a request was sent, of what its metadata has at
// [MapKey]; the zero ID where that tells none.
func Sent(said []string) (sent ID) {
	if len(said) > 0 {
		sent, _ = ParseID(said[0])
	}
	return sent
}

// Keys of the metadata with which a gateway sends a part of a request on, and of
// the headers that Kafka carries it by.
const (
	// TopicKey is the topic of the shard and the signal.
	TopicKey = "usage-topic"
	// OrganizationKey is the organization of all items of the part, where they are
	// of one.
	OrganizationKey = "usage-organization"
	// MapKey is the ID of the gateway's map.
	MapKey = "usage-map"
)
