// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
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

	counter    *attach.Counter
	pseudonyms *pseudonyms
}

func newUsageProcessor(id component.ID, config *Config) *usageProcessor {
	return &usageProcessor{id: id, config: config}
}

func (p *usageProcessor) start(_ context.Context, host component.Host) error {
	path := fmt.Sprintf("processors::%s", p.id)
	counter, err := attach.NewCounter(host, path+"::ledger", p.config.Ledger)
	if err != nil {
		return err
	}
	if p.config.Pseudonymize {
		pseudonymizer, ok := counter.Ledger.(Pseudonymizer)
		if !ok {
			return fmt.Errorf("%s::pseudonymize: true, but extension %q makes no pseudonyms: set it to false", path, p.config.Ledger)
		}
		p.pseudonyms = newPseudonyms(pseudonymizer, counter.Extractor, counter.Extraction)
	}
	p.counter = counter
	return nil
}

func (p *usageProcessor) logs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	if request, is := sealed.OfLogs(ld); is {
		return ld, p.request(ctx, request)
	}
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.counter.Extractor.Logs(ld, bound, b) },
		func(r *rewrite) { r.logs(ld) })
	return ld, err
}

func (p *usageProcessor) traces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	if request, is := sealed.OfTraces(td); is {
		return td, p.request(ctx, request)
	}
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.counter.Extractor.Traces(td, bound, b) },
		func(r *rewrite) { r.traces(td) })
	return td, err
}

func (p *usageProcessor) metrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	if request, is := sealed.OfMetrics(md); is {
		return md, p.request(ctx, request)
	}
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.counter.Extractor.Metrics(md, bound, b) },
		func(r *rewrite) { r.metrics(md) })
	return md, err
}

// request counts a request that is bytes still, as the usage_encoding extension hands
// them on. Nothing passes on then: what could be done with it needs it decoded.
func (p *usageProcessor) request(ctx context.Context, r otlp.Request) error {
	if p.pseudonyms != nil {
		return errSealed
	}
	err := p.count(ctx, func(bound string, b *usage.Batch) { p.counter.Extractor.Request(r, bound, b) }, nil)
	if err == nil {
		err = processorhelper.ErrSkipProcessingData
	}
	return err
}

// errSealed may be retried: what is refused by it waits for the configuration.
var errSealed = errors.New("pseudonymize: true, but the receiver's encoding is usage_encoding, of which nothing passes on: remove one of them")

// count records one request and then hides its users where that is wanted.
func (p *usageProcessor) count(ctx context.Context, fill func(bound string, b *usage.Batch), hide func(*rewrite)) error {
	return p.counter.Count(ctx, fill, func(b *usage.Batch) {
		if p.pseudonyms != nil {
			hide(&rewrite{pseudonyms: p.pseudonyms, items: b.Items})
		}
	})
}
