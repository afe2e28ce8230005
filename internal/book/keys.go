// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
)

// The first byte of a key says what it holds; numbers in keys are big-endian.
const (
	KeyMeta       = 'm'                   // m name                            -> see load.go
	KeyOrg        = 'g'                   // g org4                             -> secret 32, id
	KeyHead       = 'h'                   // h org4                             -> position, head of organization.Organization
	KeyUser       = 'u'                   // u org4 slot4                       -> hash 8, id
	KeyPage       = 'p'                   // p org4 meter2 population1 page4    -> page
	KeyFirst      = archive.KindFirst     // 'f'
	KeyDuplicates = 'd'                   // d epoch2 uid16                     -> nothing; up to format 6, see openDuplicates
	KeyRedo       = 'r'                   // r group8                           -> entries; up to format 6, see convert
	KeyClosings   = 'c'                   // c org4                             -> closings of organization.Organization
	KeyStatement  = archive.KindStatement // 's'
	KeyJournal    = 'j'                   // j org4 number8                     -> size, entries
	KeyBilled     = archive.KindBilled    // 'b'
	KeyMemory     = 'w'                   // w name 0 key                       -> what Remember was given
	KeyErased     = 'x'                   // x org4                             -> when, ns since 1970, varint
	KeyTombstone  = 't'                   // t org4 slot4                       -> until when, ns since 1970, varint
)

// OfOrganization are the kinds of rows that begin with the number of an
// organization and go with it.
var OfOrganization = [...]byte{KeyOrg, KeyHead, KeyUser, KeyPage, KeyFirst, KeyTombstone, KeyClosings, KeyStatement, KeyBilled, KeyJournal}

// The rows of the ledger itself.
var (
	MetaDefinitions = []byte("mdefinitions") // JSON of the meters
	MetaBirth       = []byte("mbirth")       // when the ledger began, ns since 1970, varint
	MetaNow         = []byte("mnow")         // its time at the last checkpoint, likewise
	MetaFormer      = []byte("mformer")      // see book.formerBefore, likewise
	MetaSpellings   = []byte("mspellings")   // JSON of usage.Spellings
	MetaPurge       = []byte("mpurge")       // nothing: older files may have what was erased
	MetaLog         = []byte("mlog")         // the first group that the log is needed for, see Mark; uint
	MetaApplied     = []byte("mapplied")     // the last group whose rows are applied, see applyRows; uint
	MetaWhole       = []byte("mwhole")       // the first group whose entries are all of it, see openWhole; uint
)

// OrgKey is the row of a kind that an organization has, or what all of them begin
// with.
func OrgKey(kind byte, org uint32) []byte { return binary.BigEndian.AppendUint32([]byte{kind}, org) }

// UserKey is where the id of a user is.
func UserKey(org, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(OrgKey(KeyUser, org), slot)
}

func pageKey(org uint32, meter uint16, population uint8, page uint32) []byte {
	b := append(binary.BigEndian.AppendUint16(OrgKey(KeyPage, org), meter), population)
	return binary.BigEndian.AppendUint32(b, page)
}

// MemoryKey is where a row of a name is, see ledger.Remember.
func MemoryKey(name, key string) []byte {
	return append(append(append([]byte{KeyMemory}, name...), 0), key...)
}

// dayOf is the UTC day of an event time.
func dayOf(ns int64) uint16 { return uint16(ns / (24 * 3600 * 1e9)) }

// position is how far an organization's checkpoint has got in the redo
// entries: all before offset in group are in it.
type position struct {
	group  uint64
	offset uint64
}

func (p position) covers(entry position) bool {
	return entry.group < p.group || entry.group == p.group && entry.offset < p.offset
}
