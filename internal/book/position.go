// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

// dayOf is the UTC day of an event time.
func dayOf(ns int64) uint16 { return uint16(ns / (24 * 3600 * 1e9)) }

// Position is how far an organization's checkpoint has got in the redo
// entries: all before offset in group are in it.
type Position struct {
	group  uint64
	offset uint64
}

func (p Position) covers(entry Position) bool {
	return entry.group < p.group || entry.group == p.group && entry.offset < p.offset
}
