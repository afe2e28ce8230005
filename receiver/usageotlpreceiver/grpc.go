// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/tap"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// services are OTLP's by signal.
var services = [usage.NumSignals]string{
	usage.Logs:    "opentelemetry.proto.collector.logs.v1.LogsService",
	usage.Traces:  "opentelemetry.proto.collector.trace.v1.TraceService",
	usage.Metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}

func (r *otlpReceiver) startGRPC(ctx context.Context, host component.Host) error {
	if !r.config.Protocols.GRPC.HasValue() {
		return nil
	}
	config := r.config.Protocols.GRPC.Get()
	server, err := config.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings,
		configgrpc.WithGrpcServerOption(grpc.ForceServerCodecV2(codec{})),
		configgrpc.WithGrpcServerOption(grpc.InTapHandle(r.admit)))
	if err != nil {
		return err
	}
	for signal, service := range services {
		if r.receives(usage.Signal(signal)) {
			server.RegisterService(&grpc.ServiceDesc{
				ServiceName: service,
				HandlerType: (*any)(nil),
				Methods:     []grpc.MethodDesc{{MethodName: "Export", Handler: r.export(usage.Signal(signal))}},
			}, r)
		}
	}
	listener, err := config.NetAddr.Listen(ctx)
	if err != nil {
		return err
	}
	r.grpc = server
	r.settings.Logger.Info("Starting GRPC server", zap.String("endpoint", listener.Addr().String())) // as the otlp receiver says it
	r.serving.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

// receives reports whether a pipeline has the signal.
func (r *otlpReceiver) receives(signal usage.Signal) bool {
	switch signal {
	case usage.Logs:
		return r.nextLogs != nil
	case usage.Traces:
		return r.nextTraces != nil
	default:
		return r.nextMetrics != nil
	}
}

// admission is what a request brings from where its headers are read to where
// its message is.
type admission struct {
	hold *hold
	// keep makes the hold the handler's own, and is false where it was given
	// back already, since the sender has gone.
	keep func() bool
}

type admissionKey struct{}

// admit lets a request in when there is room for the largest message: how large
// it is, and what is in it, gRPC tells when it has all of it. It is given back
// with the stream, and the time that the request may take ends that.
func (r *otlpReceiver) admit(ctx context.Context, _ *tap.Info) (context.Context, error) {
	connection, largest := connectionOf(ctx), r.config.largestMessage()
	if !r.arrivals.take(connection, largest) {
		return ctx, errBusy
	}
	a := &admission{hold: &hold{share: r.share}}
	if err := a.hold.resize(largest); err != nil {
		r.arrivals.giveBack(connection, largest)
		return ctx, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Limits.Timeout)
	gone := context.AfterFunc(ctx, func() {
		cancel()
		r.arrivals.giveBack(connection, largest)
		a.hold.release()
	})
	a.keep = func() bool {
		kept := gone()
		if kept {
			r.arrivals.giveBack(connection, largest)
		}
		return kept
	}
	return context.WithValue(ctx, admissionKey{}, a), nil
}

// message is the bytes of a request, or of an answer.
type message struct {
	bytes []byte
	of    mem.Buffer // that holds them, nil where none does
}

// export returns the handler of a signal's method.
func (r *otlpReceiver) export(signal usage.Signal) grpc.MethodHandler {
	info := &grpc.UnaryServerInfo{Server: r, FullMethod: "/" + services[signal] + "/Export"}
	handler := func(ctx context.Context, in any) (any, error) {
		a := ctx.Value(admissionKey{}).(*admission)
		a2, err := r.take(ctx, r.reports.grpc, &request{signal: signal, body: in.(*message).bytes, hold: a.hold})
		if err != nil {
			return nil, statusOf(err).Err()
		}
		out, err := a2.encode(signal, false)
		return &message{bytes: out}, err
	}
	return func(_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		in := &message{}
		if err := decode(in); err != nil {
			return nil, err
		}
		defer in.of.Free()
		a := ctx.Value(admissionKey{}).(*admission)
		if !a.keep() {
			return nil, statusOf(ctx.Err()).Err()
		}
		defer a.hold.release()
		if err := a.hold.resize(int64(len(in.bytes))); err != nil {
			return nil, err
		}
		if interceptor == nil {
			return handler(ctx, in)
		}
		return interceptor(ctx, in, info, handler)
	}
}

// codec hands messages over as they came.
type codec struct{}

// Name implements encoding.CodecV2.
func (codec) Name() string { return "proto" }

// Unmarshal implements encoding.CodecV2.
func (codec) Unmarshal(data mem.BufferSlice, to any) error {
	m, ok := to.(*message)
	if !ok {
		return fmt.Errorf("decode %T: no message of this receiver", to)
	}
	m.of = data.MaterializeToBuffer(mem.DefaultBufferPool())
	m.bytes = m.of.ReadOnlyData()
	return nil
}

// Marshal implements encoding.CodecV2.
func (codec) Marshal(from any) (mem.BufferSlice, error) {
	m, ok := from.(*message)
	if !ok {
		return nil, fmt.Errorf("encode %T: no message of this receiver", from)
	}
	return mem.BufferSlice{mem.SliceBuffer(m.bytes)}, nil
}
