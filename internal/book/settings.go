// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Settings of a ledger.
type Settings struct {
	// Directory holds all its state. One process at a time may open it.
	Directory string
	// FS is the file system; nil is the disk.
	FS vfs.FS
	// Extraction holds the meters and actions as configured.
	Extraction usage.Extraction
	// Past and Future bound how far an event's time may be from its arrival.
	// Past is 35 days at most.
	Past, Future time.Duration
	// Grace is how long after its end a period is closed.
	Grace time.Duration
	// Silence is how long a stream may be quiet that should not be.
	Silence time.Duration
	Limits  intake.Limits
	Key     string // that secrets are made of, see identity.Secret; empty: each is random
	// RejectUnknown refuses items of organizations that are not in the
	// catalogue and not in the ledger.
	RejectUnknown bool
	Catalogue     *catalogue.Catalogue // nil: none
	// CollectEvery is how far collections are apart, whole minutes from
	// midnight UTC; 0 stands for one minute.
	CollectEvery time.Duration
	Logger       *zap.Logger
	// FoldBytes is how many bytes of redo entries gather before they are folded
	// into rows, a quarter of the bytes of rows among them; 0 stands for 64 MiB.
	FoldBytes int64
	// ScrubRate is how many bytes a second a scrub reads; 0: there is none.
	ScrubRate int64
	// EndWithin bounds how long closing waits for the disk; 0: as long as it takes.
	EndWithin time.Duration
}

const (
	// DefaultFoldBytes keeps the reading of the log at start near a second.
	DefaultFoldBytes = 64 << 20
	// FoldEvery bounds the log of a quiet ledger in time.
	FoldEvery = 15 * time.Minute
)

// rules are what items are judged by, but for meters and spellings, of which the
// directory has a say.
func (s *Settings) rules() intake.Rules {
	return intake.Rules{Past: s.Past.Nanoseconds(), Future: s.Future.Nanoseconds(), Limits: s.Limits, RejectUnknown: s.RejectUnknown}
}
