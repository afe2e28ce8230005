// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"google.golang.org/grpc"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// otlpReceiver is one receiver, of all the signals of its pipelines. Its
// consumers are set before it starts, its servers when it does.
type otlpReceiver struct {
	settings receiver.Settings
	config   *Config
	forwards [usage.NumSignals]bool
	limits   otlp.Limits
	share    *share
	arrivals *arrivals
	turns    turns
	forget   func() // tells the factory that it has ended

	nextLogs    consumer.Logs
	nextTraces  consumer.Traces
	nextMetrics consumer.Metrics

	counter *attach.Counter
	reports struct{ grpc, http *receiverhelper.ObsReport }

	starting, ending sync.Once
	grpc             *grpc.Server
	http             *http.Server
	serving          sync.WaitGroup
}

func newReceiver(set receiver.Settings, config *Config, forget func()) (*otlpReceiver, error) {
	r := &otlpReceiver{
		settings: set,
		config:   config,
		forwards: config.forwards(),
		limits:   otlp.Limits{Elements: config.Limits.Elements, Nesting: config.Limits.Nesting},
		share:    newShare(config.Limits.MemoryMiB * mib),
		arrivals: newArrivals(config.Limits.MemoryMiB * mib),
		turns:    newTurns(),
		forget:   forget,
	}
	var err error
	if r.reports.grpc, err = r.report("grpc"); err != nil {
		return nil, err
	}
	r.reports.http, err = r.report("http")
	return r, err
}

func (r *otlpReceiver) report(transport string) (*receiverhelper.ObsReport, error) {
	return receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: r.settings.ID, Transport: transport, ReceiverCreateSettings: r.settings,
	})
}

// Start starts the servers with the first signal that is started.
func (r *otlpReceiver) Start(ctx context.Context, host component.Host) (err error) {
	r.starting.Do(func() { err = r.start(ctx, host) })
	return err
}

func (r *otlpReceiver) start(ctx context.Context, host component.Host) error {
	if !r.config.Undecoded {
		var err error
		r.counter, err = attach.NewCounter(host, fmt.Sprintf("receivers::%s::ledger", r.settings.ID), r.config.Ledger)
		if err != nil {
			return err
		}
	}
	if err := r.startGRPC(ctx, host); err != nil {
		return fmt.Errorf("receivers::%s::protocols::grpc: %w", r.settings.ID, err)
	}
	if err := r.startHTTP(ctx, host); err != nil {
		return errors.Join(fmt.Errorf("receivers::%s::protocols::http: %w", r.settings.ID, err), r.Shutdown(ctx))
	}
	return nil
}

// Shutdown ends the servers once the requests under way are answered, or when
// ctx ends.
func (r *otlpReceiver) Shutdown(ctx context.Context) (err error) {
	r.ending.Do(func() { err = r.end(ctx) })
	return err
}

func (r *otlpReceiver) end(ctx context.Context) error {
	r.forget()
	var err error
	if r.http != nil {
		if err = r.http.Shutdown(ctx); err != nil {
			err = errors.Join(err, r.http.Close())
		}
	}
	if r.grpc != nil {
		ended := make(chan struct{})
		go func() {
			r.grpc.GracefulStop()
			close(ended)
		}()
		select {
		case <-ended:
		case <-ctx.Done():
			r.grpc.Stop() // ends GracefulStop too
			<-ended
		}
	}
	r.serving.Wait()
	return err
}
