// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The Java of docs/instrumentation.md; opentelemetry-java 1.50 or later, with
// opentelemetry-sdk-extension-autoconfigure and opentelemetry-exporter-otlp.
//
//   OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317
//   OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.Instant;
import java.util.UUID;

final class Usage {
  // Sends to OTEL_EXPORTER_OTLP_ENDPOINT.
  private static final OpenTelemetrySdk sdk =
      AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
  private static final Logger usage = sdk.getLogsBridge().get("usage");

  static void track(String organization, String user, String event, Attributes attributes) {
    usage.logRecordBuilder()
        .setEventName(event)
        .setTimestamp(Instant.now())
        .setAttribute(AttributeKey.stringKey("organization.id"), organization)
        .setAttribute(AttributeKey.stringKey("user.id"), user)
        .setAttribute(AttributeKey.stringKey("log.record.uid"), UUID.randomUUID().toString())
        .setAllAttributes(attributes)
        .emit();
  }

  static void track(String organization, String user, String event) {
    track(organization, user, event, Attributes.empty());
  }

  public static void main(String[] args) {
    // Quotas
    track("acme", "u-17", "transcription.finished", Attributes.builder()
        .put("transcription.minutes", 12.5)
        .put("transcription.language", "en")
        .put("transcription.model", "enhanced")
        .put("transcription.accuracy", 0.941)
        .build());
    track("acme", "u-17", "document.created", Attributes.builder()
        .put("document.kind", "transcript")
        .put("document.format", "docx")
        .put("document.length", 1630)
        .build());

    // Learners
    Attributes active = Attributes.builder().put("user.status", "active").build();
    track("acme", "u-17", "course.accessed", active);
    track("acme", "u-17", "session.attended", active);

    // Operators
    track("nordhafen", "u-17", "user.logon");
    track("nordhafen", "u-17", "task.finished");
    track("nordhafen", "u-17", "user.logoff");

    // Workspace
    Attributes onboarded = Attributes.builder().put("user.type", "onboarded").build();
    Attributes linkedin = Attributes.builder().put("social.network", "linkedin").build();
    track("acme", "anon-5", "public_post.viewed",
        Attributes.builder().put("user.type", "anonymous").build());
    track("acme", "u-17", "user.registered");
    track("acme", "u-17", "user.alias",
        Attributes.builder().put("user.previous_id", "anon-5").build());
    track("acme", "u-17", "workspace.login", onboarded);
    track("acme", "u-17", "app.opened",
        onboarded.toBuilder().put("app.feature", "share").build());
    track("acme", "u-17", "social.connected", linkedin);
    track("acme", "u-17", "social.disconnected", linkedin);
    track("acme", "u-18", "content_email.opened");
    track("acme", "u-17", "user.removed");

    // For what happens too often for an event each.
    LongCounter calls = sdk.getMeter("usage").counterBuilder("api.calls").build();
    calls.add(1, Attributes.builder().put("organization.id", "acme").build());

    // Before the process ends: what was not sent yet is lost otherwise.
    sdk.close();
  }
}
