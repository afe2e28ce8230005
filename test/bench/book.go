// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// bookSettings are what books differ in.
type bookSettings struct {
	directory string
	fs        vfs.FS // nil: on disk
	meter     string // the only one; "": all of the configuration
	foldBytes int64  // 0: the ledger's default
}

// book is a ledger with the extraction in front of it: what the processor does
// to a request.
type book struct {
	*ledger.Ledger
	extractor *extract.Extractor
	batch     usage.Batch
}

// openBook opens a ledger as the collector would, without a catalogue: all
// organizations are in UTC, and none is there before its first event.
func openBook(s settings, o bookSettings) (*book, error) {
	config, err := definition.FromCollectorConfig(s.config)
	if err != nil {
		return nil, err
	}
	if o.meter != "" {
		config.Meters = map[string]definition.Meter{o.meter: config.Meters[o.meter]}
	}
	extraction, err := config.Extraction()
	if err != nil {
		return nil, err
	}
	to := config.Settings(extraction)
	to.Directory, to.FS, to.FoldBytes = o.directory, o.fs, o.foldBytes
	l, err := ledger.Open(to, morning)
	if err != nil {
		return nil, err
	}
	b := &book{Ledger: l}
	b.extractor, err = extract.New(l.Extraction())
	return b, err
}

func (b *book) close() error {
	if b == nil {
		return nil
	}
	return b.Close(context.Background())
}

// inMemory are the settings of a ledger that begins with a copy of a directory.
func inMemory(directory string) (bookSettings, error) {
	o := bookSettings{directory: "ledger", fs: vfs.NewMem()}
	if directory == "" {
		return o, nil
	}
	copied, err := vfs.Clone(vfs.Default, o.fs, directory, o.directory)
	if err == nil && !copied {
		err = fmt.Errorf("copy %s: it is not there", directory)
	}
	return o, err
}

// take does what the processor does to a request.
func (b *book) take(ctx context.Context, now time.Time, ld plog.Logs) error {
	b.extract(ld)
	return b.Record(ctx, now, &b.batch)
}

func (b *book) extract(ld plog.Logs) {
	b.batch.Reset()
	b.extractor.Logs(ld, "", &b.batch)
}
