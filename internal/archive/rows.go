// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Rows is the store, as far as it is read.
type Rows interface {
	// Get returns a row's value, which the caller may keep; nil: there is no row.
	Get(key []byte) ([]byte, error)
	// Range returns the rows from one key on and before another, in order.
	Range(from, to []byte) (Cursor, error)
}

// Cursor goes through rows. It is a part of what pebble.Iterator does: it stands on
// a row once First, Next or Last has returned true, and Key and value are valid
// until the next of these.
type Cursor interface {
	First() bool
	Next() bool
	Last() bool
	Key() []byte
	ValueAndErr() ([]byte, error)
	Error() error
	Close() error
}

// The first byte of a key says what a row holds; numbers in keys are big-endian.
const (
	KindFirst     = 'f' // f org4 slot4                       -> first qualifying items (merged)
	KindStatement = 's' // s org4 meter2 kind1 start4 version4 -> a version of a statement
	KindBilled    = 'b' // b org4 meter2 kind1 start4         -> the version that was billed
)

const statementKeySize = 16

// StatementKey is where a version of a statement is.
func StatementKey(organization uint32, s *closing.Statement) []byte {
	key := periodKey(KindStatement, organization, s.Meter, s.Kind, s.Start)
	return binary.BigEndian.AppendUint32(key, s.Version)
}

// periodKey is the key of a period's mark, and the prefix of its statements.
func periodKey(kind byte, organization uint32, number uint16, k usage.Kind, start period.Minute) []byte {
	key := binary.BigEndian.AppendUint32(append(make([]byte, 0, statementKeySize), kind), organization)
	key = append(binary.BigEndian.AppendUint16(key, number), byte(k))
	return binary.BigEndian.AppendUint32(key, uint32(start))
}

// FirstsOf is where a user's first items are. Up to format 7 there was a row a
// meter, with its number, meter2, behind this key: MeterOfFirsts.
func FirstsOf(organization, slot uint32) []byte {
	key := binary.BigEndian.AppendUint32(append(make([]byte, 0, firstsKeySize), KindFirst), organization)
	return binary.BigEndian.AppendUint32(key, slot)
}

const firstsKeySize = 9

// MeterOfFirsts returns the number that a key of formats up to 7 ends with.
func MeterOfFirsts(key []byte) (number uint16, there bool) {
	if len(key) != firstsKeySize+2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(key[firstsKeySize:]), true
}
