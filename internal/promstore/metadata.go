// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/scrape"
)

// metadataKept bounds the names that a sender may invent.
const metadataKept = 10_000

// metadataBook holds the type and help of metrics for /api/v1/metadata. It is
// of what was appended since the start; the TSDB does not keep it. It is the
// store of a scrape target, because that is where the API looks.
type metadataBook struct {
	mu    sync.RWMutex
	names map[string]scrape.MetricMetadata
}

var _ scrape.MetricMetadataStore = (*metadataBook)(nil)

// note records a metric; help may be "", which does not replace another one.
func (b *metadataBook) note(name string, kind model.MetricType, help string) {
	b.mu.RLock()
	old, known := b.names[name]
	full := len(b.names) >= metadataKept
	b.mu.RUnlock()
	if help == "" {
		help = old.Help
	}
	noted := scrape.MetricMetadata{MetricFamily: name, Type: kind, Help: help}
	if noted == old || full && !known {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names == nil {
		b.names = map[string]scrape.MetricMetadata{}
	}
	b.names[name] = noted
}

// ListMetadata returns all metrics.
func (b *metadataBook) ListMetadata() []scrape.MetricMetadata {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]scrape.MetricMetadata, 0, len(b.names))
	for _, m := range b.names {
		all = append(all, m)
	}
	return all
}

// GetMetadata returns one metric.
func (b *metadataBook) GetMetadata(name string) (scrape.MetricMetadata, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	m, ok := b.names[name]
	return m, ok
}

// SizeMetadata returns the bytes of names and texts.
func (b *metadataBook) SizeMetadata() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	size := 0
	for name, m := range b.names {
		size += len(name) + len(m.Help) + len(m.Type)
	}
	return size
}

// LengthMetadata returns the number of metrics.
func (b *metadataBook) LengthMetadata() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.names)
}

// targetOf returns a scrape target that knows a book and nothing else.
func targetOf(book scrape.MetricMetadataStore) *scrape.Target {
	t := scrape.NewTarget(labels.EmptyLabels(), nil, nil, nil)
	t.SetMetadataStore(book)
	return t
}
