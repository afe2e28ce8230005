// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
)

// The first byte of a key says what it holds; numbers in keys are big-endian.
const (
	keyMeta       = 'm'                   // m name                            -> see load.go
	keyOrg        = 'g'                   // g org4                             -> secret 32, id
	keyHead       = 'h'                   // h org4                             -> position, head of organization.Organization
	keyUser       = 'u'                   // u org4 slot4                       -> hash 8, id
	keyPage       = 'p'                   // p org4 meter2 population1 page4    -> page
	keyFirst      = archive.KindFirst     // 'f'
	keyDuplicates = 'd'                   // d epoch2 uid16                     -> nothing; up to format 6, see openDuplicates
	keyRedo       = 'r'                   // r group8                           -> entries; up to format 6, see convert
	keyClosings   = 'c'                   // c org4                             -> closings of organization.Organization
	keyStatement  = archive.KindStatement // 's'
	keyJournal    = 'j'                   // j org4 number8                     -> size, entries
	keyBilled     = archive.KindBilled    // 'b'
	keyMemory     = 'w'                   // w name 0 key                       -> what Remember was given
	keyErased     = 'x'                   // x org4                             -> when, ns since 1970, varint
	keyTombstone  = 't'                   // t org4 slot4                       -> until when, ns since 1970, varint
)

// ofOrganization are the kinds of rows that begin with the number of an
// organization and go with it.
var ofOrganization = [...]byte{keyOrg, keyHead, keyUser, keyPage, keyFirst, keyTombstone, keyClosings, keyStatement, keyBilled, keyJournal}

var (
	metaDefinitions = []byte("mdefinitions") // JSON of the meters
	metaBirth       = []byte("mbirth")       // when the ledger began, ns since 1970, varint
	metaNow         = []byte("mnow")         // its time at the last checkpoint, likewise
	metaFormer      = []byte("mformer")      // see book.formerBefore, likewise
	metaSpellings   = []byte("mspellings")   // JSON of usage.Spellings
	metaPurge       = []byte("mpurge")       // nothing: see purge
	metaLog         = []byte("mlog")         // the first group that the log is needed for, see fold; uint
	metaApplied     = []byte("mapplied")     // the last group whose rows are applied, see applyRows; uint
	metaWhole       = []byte("mwhole")       // the first group whose entries are all of it, see openWhole; uint
)

func orgKey(kind byte, org uint32) []byte { return binary.BigEndian.AppendUint32([]byte{kind}, org) }

func userKey(org, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(orgKey(keyUser, org), slot)
}

func pageKey(org uint32, meter uint16, population uint8, page uint32) []byte {
	b := append(binary.BigEndian.AppendUint16(orgKey(keyPage, org), meter), population)
	return binary.BigEndian.AppendUint32(b, page)
}

// memoryKey is where a row of a name is, see Remember.
func memoryKey(name, key string) []byte {
	return append(append(append([]byte{keyMemory}, name...), 0), key...)
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
