// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
)

// Virtual is how many virtual shards there are.
const Virtual = 256

// VirtualOf returns the virtual shard of an organization: the first byte of the
// SHA-256 of its id, as it is counted.
func VirtualOf(organization string) byte {
	sum := sha256.Sum256([]byte(organization))
	return sum[0]
}

// Shard is one ledger and the topics that its part of the telemetry comes by.
type Shard struct {
	Name string
	// Topic is what the names of its topics begin with: -logs, -traces and
	// -metrics follow.
	Topic string
}

// Map says which shard owns which organization. It does not change.
type Map struct {
	// Version tells an older map from a newer one.
	Version int
	Shards  []Shard // as the file lists them

	owners [Virtual]int // index into Shards, by virtual shard
	pins   map[string]int
	id     ID
	name   string // of the file, for errors
}

// Owner returns the shard that counts an organization.
func (m *Map) Owner(organization string) Shard { return m.Shards[m.owner(organization)] }

// Owns reports whether an organization is a shard's, by its name.
func (m *Map) Owns(name, organization string) bool { return m.Owner(organization).Name == name }

func (m *Map) owner(organization string) int {
	if i, pinned := m.pins[organization]; pinned {
		return i
	}
	return m.owners[VirtualOf(organization)]
}

// Find returns the index of a shard in Shards, -1 where there is none of the name.
func (m *Map) Find(name string) int {
	return slices.IndexFunc(m.Shards, func(s Shard) bool { return s.Name == name })
}

// Owned returns how many virtual shards a shard has, and how many organizations
// are pinned to it.
func (m *Map) Owned(name string) (virtual, pinned int) {
	i := m.Find(name)
	for _, owner := range m.owners {
		if owner == i {
			virtual++
		}
	}
	for _, owner := range m.pins {
		if owner == i {
			pinned++
		}
	}
	return virtual, pinned
}

// ID tells maps apart: their versions, and what they say.
type ID struct {
	Version int
	Content string // the first digits of a SHA-256
}

// ID returns the map's.
func (m *Map) ID() ID { return m.id }

// String writes the id as ParseID reads it: 3/9f86d081.
func (i ID) String() string { return fmt.Sprintf("%d/%s", i.Version, i.Content) }

// ParseID reads what a gateway says of its map; ok is false where it says none.
func ParseID(s string) (id ID, ok bool) {
	_, err := fmt.Sscanf(s, "%d/%s", &id.Version, &id.Content)
	return id, err == nil
}

// digest is of what the map says, however it is written.
func (m *Map) digest() ID {
	sum := sha256.New()
	for _, s := range m.Shards {
		fmt.Fprintf(sum, "%q %q\n", s.Name, s.Topic)
	}
	fmt.Fprintf(sum, "%v\n", m.owners)
	for _, organization := range slices.Sorted(maps.Keys(m.pins)) {
		fmt.Fprintf(sum, "%q %d\n", organization, m.pins[organization])
	}
	return ID{m.Version, hex.EncodeToString(sum.Sum(nil)[:4])}
}

// Spelled returns the map with the organizations that it pins as they are spelled
// where they are counted. It is an error where that makes one of two.
func (m *Map) Spelled(rule identity.Rule) (*Map, error) {
	spelled := *m
	spelled.pins = make(map[string]int, len(m.pins))
	for _, written := range slices.Sorted(maps.Keys(m.pins)) {
		id := identity.Spell(written, rule.Normalize)
		other, taken := spelled.pins[id]
		switch {
		case id == "":
			return nil, fmt.Errorf("%s: pins.%q: nothing is left of it with identity::normalize: %s: remove it", m.name, written, rule.Normalize)
		case taken && other != m.pins[written]:
			return nil, fmt.Errorf("%s: pins.%q: one organization with another spelling of it, which is pinned to %q: keep one of them", m.name, written, m.Shards[other].Name)
		}
		spelled.pins[id] = m.pins[written]
	}
	spelled.id = spelled.digest()
	return &spelled, nil
}
