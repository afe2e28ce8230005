// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The JavaScript of docs/instrumentation.md.
//
//   npm install @opentelemetry/sdk-logs @opentelemetry/exporter-logs-otlp-proto \
//     @opentelemetry/sdk-metrics @opentelemetry/exporter-metrics-otlp-proto
//   OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 node usage.mjs

import { randomUUID } from 'node:crypto';
import { LoggerProvider, BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';

// Sends to OTEL_EXPORTER_OTLP_ENDPOINT.
const provider = new LoggerProvider({
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const usage = provider.getLogger('usage');

function track(organization, user, event, attributes = {}) {
  usage.emit({
    eventName: event,
    timestamp: new Date(),
    attributes: {
      'organization.id': organization,
      'user.id': user,
      'log.record.uid': randomUUID(),
      ...attributes,
    },
  });
}

// Quotas
track('acme', 'u-17', 'transcription.finished', {
  'transcription.minutes': 12.5,
  'transcription.language': 'en',
  'transcription.model': 'enhanced',
  'transcription.accuracy': 0.941,
});
track('acme', 'u-17', 'document.created', {
  'document.kind': 'transcript',
  'document.format': 'docx',
  'document.length': 1630,
});

// Learners
track('acme', 'u-17', 'course.accessed', { 'user.status': 'active' });
track('acme', 'u-17', 'session.attended', { 'user.status': 'active' });

// Operators
track('nordhafen', 'u-17', 'user.logon');
track('nordhafen', 'u-17', 'task.finished');
track('nordhafen', 'u-17', 'user.logoff');

// Workspace
track('acme', 'anon-5', 'public_post.viewed', { 'user.type': 'anonymous' });
track('acme', 'u-17', 'user.registered');
track('acme', 'u-17', 'user.alias', { 'user.previous_id': 'anon-5' });
track('acme', 'u-17', 'workspace.login', { 'user.type': 'onboarded' });
track('acme', 'u-17', 'app.opened', { 'user.type': 'onboarded', 'app.feature': 'share' });
track('acme', 'u-17', 'social.connected', { 'social.network': 'linkedin' });
track('acme', 'u-17', 'social.disconnected', { 'social.network': 'linkedin' });
track('acme', 'u-18', 'content_email.opened');
track('acme', 'u-17', 'user.removed');

import { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';

const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ temporalityPreference: AggregationTemporality.DELTA }),
  })],
});
const calls = meters.getMeter('usage').createCounter('api.calls');
calls.add(1, { 'organization.id': 'acme' });

// Before the process ends: what was not sent yet is lost otherwise.
await provider.shutdown();
await meters.shutdown();
