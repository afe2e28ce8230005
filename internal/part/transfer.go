// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package part

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Transfer is how far an organization is on its way between two ledgers that run.
// The row of one is there from its first step to its last. It is not changed: a step
// makes another one.
type Transfer struct {
	State  TransferState `json:"state"`
	Token  string        `json:"token"`            // of the attempt
	Shard  string        `json:"shard,omitempty"`  // Gone: where it went; Coming: where it comes from
	Number uint32        `json:"number,omitempty"` // Coming: of its rows
	Row    []byte        `json:"row,omitempty"`    // Coming: its own row
}

// TransferState is a step of a [Transfer].
type TransferState string

// The states. An organization that is Held is in the book.
const (
	Held   TransferState = "held"   // nothing of it is counted: a copy is on its way
	Gone   TransferState = "gone"   // it was let go
	Coming TransferState = "coming" // its rows are here, it is not
)

// Moving is why nothing of an organization is counted.
func Moving(id string) error {
	return fmt.Errorf("%w: organization %q is being moved between shards: send it again", usage.ErrUnavailable, id)
}

// memoryOfTransfers is by organization.
const memoryOfTransfers = "transfer"

// AsRow returns the row of one that is there, by its organization.
func (t *Transfer) AsRow(id string) (key, row []byte) {
	row, _ = json.Marshal(t) // strings, bytes and a number
	return rowkey.OfMemory(memoryOfTransfers, id), row
}

// Transfers reads those that are under way or have left.
func (s Source) Transfers() (map[string]*Transfer, error) {
	all, prefix := map[string]*Transfer{}, rowkey.OfMemory(memoryOfTransfers, "")
	err := s.Rows.Each(rows.Under(prefix), func(key, value []byte) error {
		t := &Transfer{}
		all[string(bytes.TrimPrefix(key, prefix))] = t
		return json.Unmarshal(value, t)
	})
	if err != nil {
		return nil, fmt.Errorf("read which organizations are being moved: %w", err)
	}
	return all, nil
}
