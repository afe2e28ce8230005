// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Pseudonymizer is a ledger that knows the pseudonyms of users.
type Pseudonymizer interface {
	// Pseudonym returns the keyed hash that stands for a user of an
	// organization: the same for the same user, telling nothing without the key.
	Pseudonym(organization, user string) string
}

// usageProcessor is one processor of one pipeline. Everything but its
// configuration is set by start.
type usageProcessor struct {
	id     component.ID
	config *Config

	ledger     usage.Ledger
	extractor  *extract.Extractor
	bind       string // attribute of the authenticated client, or ""
	pseudonyms *pseudonyms
	batches    sync.Pool
}

func newUsageProcessor(id component.ID, config *Config) *usageProcessor {
	return &usageProcessor{
		id:      id,
		config:  config,
		batches: sync.Pool{New: func() any { return new(usage.Batch) }},
	}
}

func (p *usageProcessor) start(_ context.Context, host component.Host) error {
	path := fmt.Sprintf("processors::%s", p.id)
	ledger, err := attach.Ledger(host, path+"::ledger", p.config.Ledger)
	if err != nil {
		return err
	}
	extraction := ledger.Extraction()
	extractor, err := extract.New(extraction)
	if err != nil {
		return fmt.Errorf("extensions::%s::%w", p.config.Ledger, err)
	}
	if p.config.Pseudonymize {
		pseudonymizer, ok := ledger.(Pseudonymizer)
		if !ok {
			return fmt.Errorf("%s::pseudonymize: true, but extension %q makes no pseudonyms: set it to false", path, p.config.Ledger)
		}
		p.pseudonyms = newPseudonyms(pseudonymizer, extractor, extraction)
	}
	p.ledger, p.extractor, p.bind = ledger, extractor, extraction.BindOrganization
	return nil
}

func (p *usageProcessor) logs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.extractor.Logs(ld, bound, b) },
		func(r *rewrite) { r.logs(ld) })
	return ld, err
}

func (p *usageProcessor) traces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.extractor.Traces(td, bound, b) },
		func(r *rewrite) { r.traces(td) })
	return td, err
}

func (p *usageProcessor) metrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.extractor.Metrics(md, bound, b) },
		func(r *rewrite) { r.metrics(md) })
	return md, err
}

// count records one request and then hides its users where that is wanted. An
// error is one after which the sender may send the same again: what the ledger
// has counted by then it knows as a duplicate.
func (p *usageProcessor) count(ctx context.Context, fill func(bound string, b *usage.Batch), hide func(*rewrite)) (err error) {
	batch := p.batches.Get().(*usage.Batch)
	defer func() {
		// Over gRPC a panic would end the process, for every sender. What it
		// says is left out: it may hold a user id.
		if recover() != nil {
			err = errInternal
			return // the batch is left to the garbage collector: who knows its state
		}
		batch.Reset()
		p.batches.Put(batch)
	}()
	fill(p.boundOrganization(ctx), batch)
	if len(batch.Items) == 0 {
		return nil
	}
	if err := p.ledger.Record(ctx, batch); err != nil {
		return fmt.Errorf("record usage: %w", err)
	}
	if p.pseudonyms != nil {
		hide(&rewrite{pseudonyms: p.pseudonyms, items: batch.Items})
	}
	return nil
}

// errInternal is a plain error, so that receivers tell their senders to retry.
var errInternal = errors.New("record usage: internal error, nothing was acknowledged")

// boundOrganization returns the organization of the sender's credential, ""
// where senders are not bound or this one has none.
func (p *usageProcessor) boundOrganization(ctx context.Context) string {
	if p.bind == "" {
		return ""
	}
	auth := client.FromContext(ctx).Auth
	if auth == nil {
		return ""
	}
	switch organization := auth.GetAttribute(p.bind).(type) {
	case string:
		return organization
	case []string: // as of claims that may repeat; several are not one
		if len(organization) == 1 {
			return organization[0]
		}
	}
	return ""
}
