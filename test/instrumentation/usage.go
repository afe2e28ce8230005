// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package instrumentation holds the code of docs/instrumentation.md: here in
// Go, beside it usage.mjs, usage.py and Usage.java. The tests run the Go code
// against an OTLP receiver, read what arrives as the collector does, and hold
// the page against the files.
package instrumentation

import (
	"context"
	"crypto/rand"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// newProvider sends to OTEL_EXPORTER_OTLP_ENDPOINT. Shut it down before the
// process ends, or its last second of events is lost.
func newProvider(ctx context.Context) (*sdklog.LoggerProvider, error) {
	exporter, err := otlploggrpc.New(ctx)
	if err != nil {
		return nil, err
	}
	return sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter))), nil
}

// track reports one usage event.
func track(ctx context.Context, usage log.Logger, organization, user, event string, attributes ...attribute.KeyValue) {
	var record log.Record
	record.SetEventName(event)
	record.SetTimestamp(time.Now())
	record.AddAttributes(
		attribute.String("organization.id", organization),
		attribute.String("user.id", user),
		attribute.String("log.record.uid", rand.Text()),
	)
	record.AddAttributes(attributes...)
	usage.Emit(ctx, record)
}

// transcription counts towards quotas of minutes and documents.
func transcription(ctx context.Context, usage log.Logger) {
	track(ctx, usage, "acme", "u-17", "transcription.finished",
		attribute.Float64("transcription.minutes", 12.5),
		attribute.String("transcription.language", "en"),
		attribute.String("transcription.model", "enhanced"),
		attribute.Float64("transcription.accuracy", 0.941))
	track(ctx, usage, "acme", "u-17", "document.created",
		attribute.String("document.kind", "transcript"),
		attribute.String("document.format", "docx"),
		attribute.Int("document.length", 1630))
}

// newMeterProvider sends delta sums: what was added since the last export.
func newMeterProvider(ctx context.Context) (*sdkmetric.MeterProvider, error) {
	exporter, err := otlpmetricgrpc.New(ctx,
		otlpmetricgrpc.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector))
	if err != nil {
		return nil, err
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter))), nil
}

// call counts what happens too often for an event each.
func call(ctx context.Context, calls metric.Int64Counter) {
	calls.Add(ctx, 1, metric.WithAttributes(attribute.String("organization.id", "acme")))
}

// learning makes active learners.
func learning(ctx context.Context, usage log.Logger) {
	active := attribute.String("user.status", "active")
	track(ctx, usage, "acme", "u-17", "course.accessed", active)
	track(ctx, usage, "acme", "u-17", "session.attended", active)
}

// yard makes concurrent operators.
func yard(ctx context.Context, usage log.Logger) {
	track(ctx, usage, "nordhafen", "u-17", "user.logon")
	track(ctx, usage, "nordhafen", "u-17", "task.finished")
	track(ctx, usage, "nordhafen", "u-17", "user.logoff")
}

// workspace makes active users of three classes.
func workspace(ctx context.Context, usage log.Logger) {
	// A visitor of a public page.
	track(ctx, usage, "acme", "anon-5", "public_post.viewed",
		attribute.String("user.type", "anonymous"))

	// The visitor registers: the two ids are one person from now on.
	track(ctx, usage, "acme", "u-17", "user.registered")
	track(ctx, usage, "acme", "u-17", "user.alias",
		attribute.String("user.previous_id", "anon-5"))

	// What makes an onboarded user active.
	track(ctx, usage, "acme", "u-17", "workspace.login",
		attribute.String("user.type", "onboarded"))
	track(ctx, usage, "acme", "u-17", "app.opened",
		attribute.String("user.type", "onboarded"),
		attribute.String("app.feature", "share"))

	// Active until it is disconnected, whatever else happens.
	track(ctx, usage, "acme", "u-17", "social.connected",
		attribute.String("social.network", "linkedin"))
	track(ctx, usage, "acme", "u-17", "social.disconnected",
		attribute.String("social.network", "linkedin"))

	// Only opened a mail: active, but not billed.
	track(ctx, usage, "acme", "u-18", "content_email.opened")

	// Leaves the running month at once; months that ended stay.
	track(ctx, usage, "acme", "u-17", "user.removed")
}
