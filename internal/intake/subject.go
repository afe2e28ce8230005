// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"encoding/binary"
	"unsafe"

	"github.com/dchest/siphash"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Subject is an organization as items are judged for it.
type Subject struct {
	*organization.Organization
	Number uint32 // by which the ledger knows it
	Hashes Hashes
}

// Hashes are those of one organization, keyed with its secret: what is hashed
// cannot be guessed by who does not have it, nor compared between organizations.
type Hashes struct{ k0, k1 uint64 }

// NewHashes returns the hashes of a secret of 16 bytes at the least.
func NewHashes(secret []byte) Hashes {
	return Hashes{binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])}
}

// User is the hash by which a user is known in memory and on disk.
func (h Hashes) User(id string) uint64 { return siphash.Hash(h.k0, h.k1, bytesOf(id)) }

// Item is the key by which duplicates of an item are found. Contents are hashed
// with the keys the other way round, so that no uid can be some content.
func (h Hashes) Item(it *usage.Item) usage.UID {
	if it.UID != "" {
		a, b := siphash.Hash128(h.k0, h.k1, bytesOf(it.UID))
		return usage.UID{a, b}
	}
	content := [...]byte{16: contentVersion} // longer than any former content
	binary.LittleEndian.PutUint64(content[:], it.Content[0])
	binary.LittleEndian.PutUint64(content[8:], it.Content[1])
	a, b := siphash.Hash128(h.k1, h.k0, content[:])
	return usage.UID{a, b}
}

// contentVersion tells the content of items from their former content.
const contentVersion = 2

// Former is the key under which a program of format 3 may have counted an item;
// ok is false where none has.
func (h Hashes) Former(it *usage.Item) (key usage.UID, ok bool) {
	if it.Former == (usage.UID{}) {
		return usage.UID{}, false
	}
	var content [16]byte
	binary.LittleEndian.PutUint64(content[:], it.Former[0])
	binary.LittleEndian.PutUint64(content[8:], it.Former[1])
	a, b := siphash.Hash128(h.k1, h.k0, content[:])
	return usage.UID{a, b}, true
}

// bytesOf are the bytes of a string, to be read only.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) } //nolint:gosec // hashed, never kept or changed
