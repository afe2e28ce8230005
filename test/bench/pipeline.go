// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pipelineSettings are what pipelines differ in.
type pipelineSettings struct {
	directory string
	fs        vfs.FS // nil: on disk
	meter     string // the only one; "": all of the configuration
	foldBytes int64  // redo between checkpoints; 0: the ledger's default
}

// pipeline is a ledger with the extraction in front of it: what the processor
// does to a request.
type pipeline struct {
	*ledger.Ledger
	written   *written // to the file system, by the ledger
	extractor *extract.Extractor
	batch     usage.Batch
}

// openPipeline opens a ledger as the collector would, without a catalogue: all
// organizations are in UTC, and none is there before its first event.
func openPipeline(configuration string, o pipelineSettings) (*pipeline, error) {
	config, err := definition.FromCollectorConfig(configuration)
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
	if o.fs == nil {
		o.fs = vfs.Default
	}
	p := &pipeline{written: &written{}}
	to := config.Settings(extraction)
	to.Directory, to.FS, to.FoldBytes = o.directory, counting{FS: o.fs, written: p.written}, o.foldBytes
	if p.Ledger, err = ledger.Open(to, morning); err != nil {
		return nil, err
	}
	if p.extractor, err = extract.New(p.Extraction()); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *pipeline) close() error {
	if p == nil {
		return nil
	}
	return p.Close(context.Background())
}

// inMemory are the settings of a ledger that begins with a copy of a directory.
func inMemory(directory string) (pipelineSettings, error) {
	o := pipelineSettings{directory: "ledger", fs: vfs.NewMem()}
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
func (p *pipeline) take(ctx context.Context, now time.Time, ld plog.Logs) error {
	p.extract(ld)
	return p.Record(ctx, now, &p.batch)
}

func (p *pipeline) extract(ld plog.Logs) {
	p.batch.Reset()
	p.extractor.Logs(ld, "", &p.batch)
}
