// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// maxAtOnce bounds how many parts of a request are sent on at the same time. A
// broker's client makes one message batch of those that wait together.
const maxAtOnce = 256

// router is one processor of one pipeline.
type router[T any] struct {
	config    *Config
	settings  processor.Settings
	signal    usage.Signal
	extractor *extract.Extractor

	// What the signal brings: find appends an item for each record, size is of a
	// request in bytes, split moves the records into parts, join makes one request
	// of parts. A request may be sealed: bytes of it are found by open and decoded by
	// decode, and seal makes one of bytes.
	find   func(data T, bound string, b *usage.Batch)
	size   func(data T) int
	split  func(data T, items []usage.Item, s *sorter[T])
	join   func(parts []*part[T], attribute string) T
	open   func(data T) (otlp.Request, bool)
	seal   func(otlp.Request) T
	decode func([]byte) (T, error)
	next   func(ctx context.Context, data T) error

	batches sync.Pool
	file    *shard.File        // nil: no map
	stop    context.CancelFunc // nil: not started
	watch   sync.WaitGroup
}

func newRouter[T any](set processor.Settings, config *Config, signal usage.Signal, next func(context.Context, T) error) (*router[T], error) {
	x, err := config.extraction()
	if err != nil {
		return nil, err
	}
	extractor, err := extract.New(x)
	if err != nil {
		return nil, err
	}
	return &router[T]{
		config: config, settings: set, signal: signal, extractor: extractor, next: next,
		batches: sync.Pool{New: func() any { return new(usage.Batch) }},
	}, nil
}

// Capabilities says that records are moved out of a request.
func (*router[T]) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// Start reads the map and goes on looking at its file.
func (r *router[T]) Start(context.Context, component.Host) (err error) {
	if r.config.Map == "" {
		return nil
	}
	x, err := r.config.extraction()
	if err != nil {
		return err
	}
	if r.file, err = shard.Load(r.config.Map, "", identity.RuleOf(&x), r.settings.Logger); err != nil {
		return fmt.Errorf("processors::%s::map: %w", r.settings.ID, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.watch.Go(func() { r.file.Run(ctx, nil) })
	return nil
}

// Shutdown stops looking at the file. It may be called without Start, and again.
func (r *router[T]) Shutdown(context.Context) error {
	if r.stop != nil {
		r.stop()
	}
	r.watch.Wait()
	return nil
}

// consume sends the parts of a request on. It has an error unless all of them
// have arrived; the sender may send the same again, since ledgers know what they
// have counted.
func (r *router[T]) consume(ctx context.Context, data T) error {
	batch := r.batches.Get().(*usage.Batch)
	defer func() {
		batch.Reset()
		r.batches.Put(batch)
	}()
	bound := attach.BoundOrganization(ctx, r.config.Identity.BindOrganization)
	request, undecoded := r.open(data)
	if undecoded {
		r.extractor.Request(request, bound, batch)
	} else {
		r.find(data, bound, batch)
	}
	if r.file == nil {
		if undecoded {
			var err error
			if data, err = r.decode(request.Bytes); err != nil {
				return err
			}
		}
		s := sorter[T]{max: math.MaxInt, place: func(organization string) string { return organization }}
		r.split(data, batch.Items, &s)
		return retryable(r.next(ctx, r.join(s.parts, r.config.ResourceAttribute)))
	}
	m := r.file.Current().Map
	topics := map[string]string{} // of organizations, of which a request has few
	place := func(organization string) string {
		topic, known := topics[organization]
		if !known {
			topic = m.Owner(organization).Topic
			topics[organization] = topic
		}
		return topic
	}
	s := sorter[T]{max: r.config.MaxBytes, place: place}
	size := r.size
	if undecoded {
		size = func(T) int { return len(request.Bytes) }
	}
	switch {
	case s.whole(data, batch.Items, size):
	case undecoded && r.signal != usage.Metrics:
		s.parts = r.cut(request, batch.Items, place)
	case undecoded: // points of one metric may be of several organizations
		var err error
		if data, err = r.decode(request.Bytes); err != nil {
			return err
		}
		fallthrough
	default:
		r.split(data, batch.Items, &s)
	}
	return r.send(ctx, m, s.parts)
}

// cut makes sealed parts of a sealed request.
func (r *router[T]) cut(request otlp.Request, items []usage.Item, place func(organization string) string) (parts []*part[T]) {
	s := sorter[*bytesPart]{max: r.config.MaxBytes, place: place}
	splitBytes(request, items, &s)
	for _, p := range s.parts {
		data := r.seal(otlp.Request{Signal: r.signal, Bytes: p.data.end()})
		parts = append(parts, &part[T]{place: p.place, organization: p.organization, data: data})
		p.data.free()
	}
	return parts
}

// send sends each part with the metadata that says where it goes.
func (r *router[T]) send(ctx context.Context, m *shard.Map, parts []*part[T]) error {
	info := client.FromContext(ctx)
	var group errgroup.Group
	group.SetLimit(maxAtOnce)
	for _, p := range parts {
		said := map[string][]string{
			shard.TopicKey: {p.place + "-" + r.signal.String()},
			shard.MapKey:   {m.ID().String()},
		}
		if p.organization != usage.NoOrganization {
			said[shard.OrganizationKey] = []string{p.organization}
		}
		info.Metadata = client.NewMetadata(said)
		with := client.NewContext(ctx, info)
		group.Go(func() error { return r.next(with, p.data) })
	}
	return retryable(group.Wait())
}

// retryable is an error that says nothing of being permanent: a topic that is
// missing, or that the gateway may not write, is there once somebody has seen to
// it, and what was sent has to wait for that.
func retryable(err error) error {
	if err == nil {
		return nil
	}
	return errors.New("send to shards: " + err.Error())
}
