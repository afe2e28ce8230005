// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command peers measures what others make of the same requests: the count
// connector by organization and user, and deltatocumulative behind it.
//
// It is a module of its own, since the versions of its components that can be
// had do not build beside the project's. The file it is given holds OTLP logs
// requests, each behind its length in four bytes, big end first. It prints CPU
// time per record as JSON, medians of rounds; the ratios to its own decoding of
// the requests are what can be compared with another program's.
//
// Decoding is measured as the other program does: without garbage collection, and in
// memory that the process has had before, since the kernel's work for fresh pages is
// several times that of decoding into them. What the components make of it is measured
// with the garbage that is theirs.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatocumulativeprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/processor/processortest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: peers FILE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is CPU time in nanoseconds per record.
type result struct {
	Records           int     `json:"records"`
	Decode            float64 `json:"decode"`
	Count             float64 `json:"countconnector"`
	CountToCumulative float64 `json:"countconnector_deltatocumulative"`
}

func run(ctx context.Context, file string) error {
	debug.SetGCPercent(-1)
	requests, err := read(file)
	if err != nil {
		return err
	}
	var out result
	decode, err := decoding(requests)
	if err != nil {
		return err
	}
	batches := make([]plog.Logs, len(requests))
	if err := unmarshal(requests, batches); err != nil {
		return err
	}
	debug.SetGCPercent(100)
	for _, ld := range batches {
		out.Records += ld.LogRecordCount()
	}
	count, err := feed(ctx, batches, consumertest.NewNop())
	if err != nil {
		return err
	}
	cumulative, err := toCumulative(ctx)
	if err != nil {
		return err
	}
	both, err := feed(ctx, batches, cumulative)
	if err != nil {
		return err
	}
	out.Decode, out.Count, out.CountToCumulative = per(decode, out.Records), per(count, out.Records), per(both, out.Records)
	return errors.Join(cumulative.Shutdown(ctx), json.NewEncoder(os.Stdout).Encode(out))
}

func per(d time.Duration, records int) float64 {
	return float64(d.Nanoseconds()) / float64(max(records, 1))
}

func read(file string) ([][]byte, error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var requests [][]byte
	for len(rest) > 0 {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.BigEndian.Uint32(rest)) {
			return nil, fmt.Errorf("%s: request %d is cut off: write its length in four bytes and all of it", file, len(requests))
		}
		end := 4 + int(binary.BigEndian.Uint32(rest))
		requests, rest = append(requests, rest[4:end]), rest[end:]
	}
	return requests, nil
}

// chunk is how many requests are decoded before their memory is used again.
const chunk = 600

// decoding returns the median of the processor time of decoding the requests; the
// first round, which has the kernel give the memory, does not count.
func decoding(requests [][]byte) (time.Duration, error) {
	batches := make([]plog.Logs, chunk)
	took := make([]time.Duration, 1+rounds)
	for i := range took {
		for some := range slices.Chunk(requests, chunk) {
			clear(batches)
			runtime.GC()
			part, err := cpu(func() error { return unmarshal(some, batches) })
			if err != nil {
				return 0, err
			}
			took[i] += part
		}
	}
	return middle(took[1:]), nil
}

func unmarshal(requests [][]byte, batches []plog.Logs) error {
	for i, data := range requests {
		request := plogotlp.NewExportRequest()
		if err := request.UnmarshalProto(data); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		batches[i] = request.Logs()
	}
	return nil
}

// feed sends the batches through the connector again and again, and times all
// but the first time, which makes the streams.
func feed(ctx context.Context, batches []plog.Logs, next consumer.Metrics) (time.Duration, error) {
	factory := countconnector.NewFactory()
	cfg := &countconnector.Config{Logs: map[string]countconnector.MetricInfo{
		"usage": {Attributes: []countconnector.AttributeConfig{{Key: "organization.id"}, {Key: "user.id"}}},
	}}
	counter, err := factory.CreateLogsToMetrics(ctx, connectortest.NewNopSettings(factory.Type()), cfg, next)
	if err != nil {
		return 0, err
	}
	once := func() error {
		for _, ld := range batches {
			if err := counter.ConsumeLogs(ctx, ld); err != nil {
				return err
			}
		}
		return nil
	}
	if err := once(); err != nil {
		return 0, err
	}
	return median(once)
}

// cumulative is the processor behind the connector.
type cumulative interface {
	consumer.Metrics
	component.Component
}

func toCumulative(ctx context.Context) (cumulative, error) {
	factory := deltatocumulativeprocessor.NewFactory()
	p, err := factory.CreateMetrics(ctx, processortest.NewNopSettings(factory.Type()), factory.CreateDefaultConfig(), consumertest.NewNop())
	if err != nil {
		return nil, err
	}
	return p, p.Start(ctx, nil)
}

// rounds of every measurement.
const rounds = 3

// median returns the median of the processor time that f takes.
func median(f func() error) (time.Duration, error) {
	took := make([]time.Duration, rounds)
	for i := range took {
		runtime.GC()
		var err error
		if took[i], err = cpu(f); err != nil {
			return 0, err
		}
	}
	return middle(took), nil
}

func middle(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}

// cpu returns the processor time of this process that f took.
func cpu(f func() error) (time.Duration, error) {
	before, err := used()
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := used()
	return after - before, err
}

func used() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
