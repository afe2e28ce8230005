// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Ledger counts items on the clock that it is given.
type Ledger interface {
	Record(ctx context.Context, now time.Time, batch *usage.Batch) error
	Collect(ctx context.Context, now time.Time) (usage.Collection, error)
}

// Signals are what the names of topics end with.
var Signals = []string{logs, traces, metrics}

const (
	logs    = "-logs"
	traces  = "-traces"
	metrics = "-metrics"
)

// Settings of a rebuild.
type Settings struct {
	Ledger    Ledger
	Extractor *extract.Extractor
	// Bind is identity::bind_organization.
	Bind string
	// Map is the map of shards, nil where all organizations are the ledger's, and
	// Shard the name in it.
	Map   *shard.Map
	Shard string
	// Step is how far collections are apart, a whole number of minutes.
	Step time.Duration
	// Progress is called after every message; it may be nil.
	Progress func(Report)
}

// Report is what was done.
type Report struct {
	Messages    int64
	Items       int64
	First, Last time.Time // of the messages
	Bad         []string  // the first messages that are no OTLP, as topic/partition/offset: why
	BadCount    int64
}

// together is how far messages may be apart in time that are counted at once, and
// enough how many items are.
const (
	together = time.Second
	enough   = 20_000
)

// maxQuoted is how many bad messages are named.
const maxQuoted = 20

// counter counts messages. It owns the clock.
type counter struct {
	Settings
	report    Report
	clock     time.Time // of the latest message
	collected time.Time // the latest step
	batch     usage.Batch
	begun     time.Time // of the first message in batch
}

// Run counts a log. An error ends it, and the report says how far it came.
func Run(ctx context.Context, l *Log, s Settings) (Report, error) {
	c := &counter{Settings: s}
	err := l.Each(ctx, func(r *kgo.Record) error { return c.take(ctx, r) })
	if err == nil {
		err = c.record(ctx)
	}
	if err == nil && !c.clock.IsZero() {
		_, err = c.Ledger.Collect(ctx, c.clock)
	}
	return c.report, err
}

// take counts a message.
func (c *counter) take(ctx context.Context, r *kgo.Record) error {
	if r.Timestamp.After(c.clock) {
		if err := c.reach(ctx, r.Timestamp); err != nil {
			return err
		}
	}
	c.report.Messages++
	if c.report.First.IsZero() {
		c.report.First = r.Timestamp
	}
	c.report.Last = c.clock
	from, headers := len(c.batch.Items), metadata(r)
	if err := c.read(r, headers); err != nil {
		if c.report.BadCount++; len(c.report.Bad) < maxQuoted {
			c.report.Bad = append(c.report.Bad, fmt.Sprintf("%s/%d/%d: %v", r.Topic, r.Partition, r.Offset, err))
		}
	} else if c.Map != nil {
		if err := c.Map.Refuse(&usage.Batch{Items: c.batch.Items[from:]}, c.Shard, shard.Sent(headers.Get(shard.MapKey))); err != nil {
			return err
		}
	}
	c.report.Items += int64(len(c.batch.Items) - from)
	if c.Progress != nil {
		c.Progress(c.report)
	}
	if len(c.batch.Items) >= enough {
		return c.record(ctx)
	}
	return nil
}

// reach moves the clock on: what came before is counted, and each step up to then is
// collected.
func (c *counter) reach(ctx context.Context, at time.Time) error {
	if c.clock.IsZero() {
		c.collected = at.Truncate(c.Step)
	}
	step := c.collected.Add(c.Step)
	if at.Sub(c.begun) > together || !step.After(at) {
		if err := c.record(ctx); err != nil {
			return err
		}
	}
	if len(c.batch.Items) == 0 {
		c.begun = at
	}
	for ; !step.After(at); step = step.Add(c.Step) {
		if _, err := c.Ledger.Collect(ctx, step); err != nil {
			return err
		}
		c.collected = step
	}
	c.clock = at
	return nil
}

// read adds the items of a message to the batch, as the kafka receiver and the usage
// processor of a shard do.
func (c *counter) read(r *kgo.Record, headers client.Metadata) error {
	bound := attach.BoundOrganization(client.NewContext(context.Background(), client.Info{Metadata: headers}), c.Bind)
	switch {
	case strings.HasSuffix(r.Topic, logs):
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(r.Value)
		if err != nil {
			return err
		}
		c.Extractor.Logs(ld, bound, &c.batch)
	case strings.HasSuffix(r.Topic, traces):
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(r.Value)
		if err != nil {
			return err
		}
		c.Extractor.Traces(td, bound, &c.batch)
	default:
		md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(r.Value)
		if err != nil {
			return err
		}
		c.Extractor.Metrics(md, bound, &c.batch)
	}
	return nil
}

// metadata are the headers of a message, as the kafka receiver hands them on.
func metadata(r *kgo.Record) client.Metadata {
	of := map[string][]string{}
	for _, h := range r.Headers {
		of[h.Key] = append(of[h.Key], string(h.Value))
	}
	return client.NewMetadata(of)
}

// record counts what has been read.
func (c *counter) record(ctx context.Context) error {
	if len(c.batch.Items) == 0 {
		return nil
	}
	err := c.Ledger.Record(ctx, c.clock, &c.batch)
	c.batch.Reset()
	return err
}
