// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

// Change is a kind of event that revises a closed period.
type Change uint8

// The kinds. They are written: never change a number.
const (
	LateEvents  Change = iota // actions whose time lies in the period
	Aliases                   // that changed what the period has
	Lifecycles                // likewise
	Standings                 // likewise
	LateSamples               // of concurrent users, held up while the ledger was down
	numChanges
)

// NumChanges is the number of kinds.
const NumChanges = int(numChanges)

// String returns the name under which a kind is shown.
func (c Change) String() string {
	return [...]string{"late_event", "alias", "lifecycle", "standing", "sample"}[c]
}

// Revision is what becomes known of a person: of a lifecycle or a standing activity,
// between two instants (ns); to MaxInt64 where it lasts.
type Revision struct {
	By       Change
	From, To int64
}
