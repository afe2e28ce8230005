# Copyright The otelcol-usage Authors
# SPDX-License-Identifier: Apache-2.0

# The Python of docs/instrumentation.md; opentelemetry-sdk 1.38 or later.
#
#   pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
#   OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 python usage.py

import time
import uuid

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

# Sends to OTEL_EXPORTER_OTLP_ENDPOINT.
provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
usage = provider.get_logger("usage")


def track(organization, user, event, attributes=None):
    usage.emit(
        event_name=event,
        timestamp=time.time_ns(),
        attributes={
            "organization.id": organization,
            "user.id": user,
            "log.record.uid": str(uuid.uuid4()),
            **(attributes or {}),
        },
    )


# Quotas
track("acme", "u-17", "transcription.finished", {
    "transcription.minutes": 12.5,
    "transcription.language": "en",
    "transcription.model": "enhanced",
    "transcription.accuracy": 0.941,
})
track("acme", "u-17", "document.created", {
    "document.kind": "transcript",
    "document.format": "docx",
    "document.length": 1630,
})

# Learners
track("acme", "u-17", "course.accessed", {"user.status": "active"})
track("acme", "u-17", "session.attended", {"user.status": "active"})

# Operators
track("nordhafen", "u-17", "user.logon")
track("nordhafen", "u-17", "task.finished")
track("nordhafen", "u-17", "user.logoff")

# Workspace
track("acme", "anon-5", "public_post.viewed", {"user.type": "anonymous"})
track("acme", "u-17", "user.registered")
track("acme", "u-17", "user.alias", {"user.previous_id": "anon-5"})
track("acme", "u-17", "workspace.login", {"user.type": "onboarded"})
track("acme", "u-17", "app.opened", {"user.type": "onboarded", "app.feature": "share"})
track("acme", "u-17", "social.connected", {"social.network": "linkedin"})
track("acme", "u-17", "social.disconnected", {"social.network": "linkedin"})
track("acme", "u-18", "content_email.opened")
track("acme", "u-17", "user.removed")

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader

exporter = OTLPMetricExporter(preferred_temporality={Counter: AggregationTemporality.DELTA})
meters = MeterProvider(metric_readers=[PeriodicExportingMetricReader(exporter)])
calls = meters.get_meter("usage").create_counter("api.calls")
calls.add(1, {"organization.id": "acme"})

# Before the process ends: what was not sent yet is lost otherwise.
provider.shutdown()
meters.shutdown()
