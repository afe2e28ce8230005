// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pipelineSettings are what pipelines differ in.
type pipelineSettings struct {
	directory string
	remove    string // a directory that goes with the ledger; "": none
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
	remove    string // see pipelineSettings
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
	p := &pipeline{written: &written{}, remove: o.remove}
	to := config.Settings(extraction)
	to.Directory, to.FS, to.FoldBytes = o.directory, counting{FS: vfs.Default, written: p.written}, o.foldBytes
	if p.Ledger, err = ledger.Open(to, morning); err != nil {
		return nil, errors.Join(err, os.RemoveAll(o.remove))
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
	return errors.Join(p.Close(context.Background()), os.RemoveAll(p.remove))
}

// list has the catalogue know all organizations, which ends their journals: those that
// it does not have keep one for the first days of their life.
func (p *pipeline) list(ctx context.Context, t *traffic) error {
	text := []byte("organizations:\n")
	for n := range t.ends {
		text = fmt.Appendf(text, "- {id: %s}\n", organizationID(n))
	}
	listed, err := catalogue.Parse(text)
	if err != nil {
		return err
	}
	return p.SetCatalogue(ctx, listed, t.now)
}

// inMemory are the settings of a ledger on a tmpfs, which begins with a copy of a
// directory where one is given. (Pebble's file system in memory copies a file each time
// that it grows, which was a seventh of all processor time.)
func inMemory(tmpfs, from string) (o pipelineSettings, err error) {
	if o.remove, err = os.MkdirTemp(tmpfs, "bench-*"); err != nil {
		return o, err
	}
	o.directory = filepath.Join(o.remove, "ledger")
	if from == "" {
		return o, nil
	}
	copied, err := vfs.Clone(vfs.Default, vfs.Default, from, o.directory)
	if err == nil && !copied {
		err = fmt.Errorf("copy %s: it is not there", from)
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
