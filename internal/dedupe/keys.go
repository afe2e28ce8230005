// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"cmp"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// entry is a key with the first day of its epoch.
type entry struct {
	uid   usage.UID
	first uint16
}

// compare orders entries as their keys on disk.
func (e entry) compare(other entry) int {
	if e.first != other.first {
		return cmp.Compare(e.first, other.first)
	}
	if e.uid[0] != other.uid[0] {
		return cmp.Compare(e.uid[0], other.uid[0])
	}
	return cmp.Compare(e.uid[1], other.uid[1])
}

// keySet is a set of keys, whatever their epochs, that keeps its memory when
// it is emptied.
type keySet struct {
	entries []entry
	index   []uint32 // open addressing by uid: place in entries + 1; 0 is free
}

func (k *keySet) has(uid usage.UID) bool {
	if len(k.entries) == 0 {
		return false
	}
	return k.index[k.find(uid)] != 0
}

// find returns where in the index the uid is, or would be.
func (k *keySet) find(uid usage.UID) uint64 {
	mask := uint64(len(k.index) - 1)
	at := uid[1] & mask
	for k.index[at] != 0 && k.entries[k.index[at]-1].uid != uid {
		at = (at + 1) & mask
	}
	return at
}

// add reports whether the uid is new.
func (k *keySet) add(e entry) bool {
	if 2*len(k.entries) >= len(k.index) {
		k.widen()
	}
	at := k.find(e.uid)
	if k.index[at] != 0 {
		return false
	}
	k.entries = append(k.entries, e)
	k.index[at] = uint32(len(k.entries))
	return true
}

func (k *keySet) widen() {
	k.index = make([]uint32, max(1024, 2*len(k.index)))
	for i, e := range k.entries {
		k.index[k.find(e.uid)] = uint32(i + 1)
	}
}

func (k *keySet) reset() {
	k.entries = k.entries[:0]
	clear(k.index)
}
