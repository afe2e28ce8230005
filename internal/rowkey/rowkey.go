// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package rowkey says where the rows of a ledger are: the keys under which package
// store/rows has them. docs/state-format.md says what is there.
package rowkey

import (
	"bytes"
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// The first byte of a key says what it holds; numbers in keys are big-endian.
const (
	Meta         = 'm'                   // m name                            -> see load.go
	Organization = 'g'                   // g org4                             -> secret 32, id
	Head         = 'h'                   // h org4                             -> position, head of organization.Organization
	User         = 'u'                   // u org4 slot4                       -> hash 8, id
	Page         = 'p'                   // p org4 meter2 population1 page4    -> page
	First        = archive.KindFirst     // 'f'
	Duplicates   = 'd'                   // d epoch2 uid16                     -> nothing; up to format 6, see openDuplicates
	Redo         = 'r'                   // r group8                           -> entries; up to format 6, see convert
	Closings     = 'c'                   // c org4                             -> closings of organization.Organization
	Statement    = archive.KindStatement // 's'
	Journal      = 'j'                   // j org4 group8 offset4              -> size, entries
	Billed       = archive.KindBilled    // 'b'
	Memory       = 'w'                   // w name 0 key                       -> what Remember was given
	Erased       = 'x'                   // x org4                             -> when, ns since 1970, varint
	Tombstone    = 't'                   // t org4 slot4                       -> until when, ns since 1970, varint
)

// OfOrganization are the kinds of rows that begin with the number of an
// organization and go with it.
var OfOrganization = [...]byte{Organization, Head, User, Page, First, Tombstone, Closings, Statement, Billed, Journal}

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

// Of is the row of a kind that an organization has, or what all of them begin
// with.
func Of(kind byte, org uint32) []byte { return binary.BigEndian.AppendUint32([]byte{kind}, org) }

// OfUser is where the id of a user is.
func OfUser(org, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(Of(User, org), slot)
}

// OfPage is where a page is: changed state of some users, or what format 5 and older
// had of a meter.
func OfPage(org uint32, meter uint16, population uint8, page uint32) []byte {
	b := append(binary.BigEndian.AppendUint16(Of(Page, org), meter), population)
	return binary.BigEndian.AppendUint32(b, page)
}

// OfMemory is where a row of a name is, see ledger.Remember.
func OfMemory(name, key string) []byte {
	return append(append(append([]byte{Memory}, name...), 0), key...)
}

// MemoryOf reports whether the row that OfMemory is the key of goes with an organization,
// and whether it is one of its bills, see usage.Memory.
func MemoryOf(row []byte, organization string) (is, bill bool) {
	name, key, _ := bytes.Cut(row[1:], []byte{0})
	bill = string(name) == usage.MemoryOfBills && bytes.HasPrefix(key, append([]byte(organization), 0))
	return bill || string(key) == string(usage.MemoryOfOrganization)+organization, bill
}

// OfJournal is a row of an organization's journal by its number, which up to format 9
// all of them had. Row 0 says how the organization began.
func OfJournal(org uint32, row uint64) []byte {
	return binary.BigEndian.AppendUint64(Of(Journal, org), row)
}

// OfJournalTo is the row of a journal that goes to a byte of a group: behind all those
// that go less far.
func OfJournalTo(org uint32, group, offset uint64) []byte {
	return binary.BigEndian.AppendUint32(OfJournal(org, group), uint32(offset))
}

// OfTombstone is where it says until when an erased user has a tombstone.
func OfTombstone(org, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(Of(Tombstone, org), slot)
}
