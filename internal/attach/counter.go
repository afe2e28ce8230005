// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Counter counts requests with a ledger.
type Counter struct {
	Ledger     usage.Ledger
	Extraction usage.Extraction
	Extractor  *extract.Extractor

	batches sync.Pool
}

// NewCounter finds a ledger as the function Ledger does, and compiles its
// definitions.
func NewCounter(host component.Host, path string, id component.ID) (*Counter, error) {
	ledger, err := Ledger(host, path, id)
	if err != nil {
		return nil, err
	}
	c := &Counter{Ledger: ledger, Extraction: ledger.Extraction(), batches: sync.Pool{New: func() any { return new(usage.Batch) }}}
	if c.Extractor, err = extract.New(c.Extraction); err != nil {
		return nil, fmt.Errorf("extensions::%s::%w", id, err)
	}
	return c, nil
}

// ErrInternal says that a panic was caught. It is a plain error, so that receivers tell their senders to retry.
var ErrInternal = errors.New("record usage: internal error, nothing was acknowledged")

// maxKept is how many items a batch has room for that is kept for the next
// request.
const maxKept = 64 << 10

// Count records the items with which fill fills a batch, bound being the
// organization of the sender's credential. Then done may look at them, each
// with its outcome, and must keep nothing of them.
//
// An error is one after which the sender may send the same again: what the
// ledger has counted by then it knows as a duplicate.
func (c *Counter) Count(ctx context.Context, fill func(bound string, b *usage.Batch), done func(*usage.Batch)) (err error) {
	batch := c.batches.Get().(*usage.Batch)
	defer func() {
		// Over gRPC a panic would end the process, for every sender. What it
		// says is left out: it may hold a user id.
		if recover() != nil {
			err = ErrInternal
			return // the batch is left to the garbage collector: who knows its state
		}
		if cap(batch.Items) > maxKept {
			return // rarely needed and large
		}
		batch.Reset()
		c.batches.Put(batch)
	}()
	fill(BoundOrganization(ctx, c.Extraction.BindOrganization), batch)
	if len(batch.Items) == 0 {
		return nil
	}
	if err := c.Ledger.Record(ctx, batch); err != nil {
		return fmt.Errorf("record usage: %w", err)
	}
	done(batch)
	return nil
}

// ofMetadata begins the name of what binds where it is no attribute of the client
// but metadata of the request, as the header by which a gateway that has
// authenticated the client says its organization.
const ofMetadata = "metadata."

// BoundOrganization returns the organization of the sender's credential, "" where
// senders are not bound or this one has none. by is identity::bind_organization.
func BoundOrganization(ctx context.Context, by string) string {
	if by == "" {
		return ""
	}
	info := client.FromContext(ctx)
	if key, is := strings.CutPrefix(by, ofMetadata); is {
		if said := info.Metadata.Get(key); len(said) == 1 {
			return said[0]
		}
		return ""
	}
	if info.Auth == nil {
		return ""
	}
	switch organization := info.Auth.GetAttribute(by).(type) {
	case string:
		return organization
	case []string: // as of claims that may repeat; several are not one
		if len(organization) == 1 {
			return organization[0]
		}
	}
	return ""
}
