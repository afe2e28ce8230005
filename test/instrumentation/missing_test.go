// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// event is a log record with everything that the page asks for, for a test to
// take a piece out of.
func event(change func(plog.LogRecord)) plog.Logs {
	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName("course.accessed")
	record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	record.Attributes().PutStr("organization.id", "acme")
	record.Attributes().PutStr("user.id", "u-17")
	record.Attributes().PutStr("user.status", "active")
	record.Attributes().PutStr("log.record.uid", "1")
	change(record)
	return logs
}

func transcribed(r plog.LogRecord) {
	r.SetEventName("transcription.finished")
	r.Attributes().PutDouble("transcription.minutes", 12.5)
	r.Attributes().PutStr("transcription.language", "en")
	r.Attributes().PutStr("transcription.model", "enhanced")
}

// TestWhatHappensWhenAPieceIsMissing is the table of the page.
func TestWhatHappensWhenAPieceIsMissing(t *testing.T) {
	without := func(keys ...string) func(plog.LogRecord) {
		return func(r plog.LogRecord) {
			for _, key := range keys {
				r.Attributes().Remove(key)
			}
		}
	}
	for _, c := range []struct {
		name    string
		change  func(plog.LogRecord)
		outcome usage.Outcome
		reason  usage.Reason
	}{
		{"nothing", func(plog.LogRecord) {}, usage.Pending, ""},
		{"event name", func(r plog.LogRecord) { r.SetEventName("") }, usage.Unmatched, ""},
		{"event name, but the attribute is there", func(r plog.LogRecord) {
			r.SetEventName("")
			r.Attributes().PutStr("event.name", "course.accessed")
		}, usage.Pending, ""},
		{"event name that a meter knows", func(r plog.LogRecord) { r.SetEventName("course.enrolled") }, usage.Unmatched, ""},
		{"organization", without("organization.id"), usage.Invalid, usage.ReasonNoOrganization},
		{"user", without("user.id"), usage.Invalid, usage.ReasonNoUser},
		{"user but a placeholder", func(r plog.LogRecord) { r.Attributes().PutStr("user.id", "undefined") }, usage.Invalid, usage.ReasonPlaceholder},
		{"user but a list", func(r plog.LogRecord) { r.Attributes().PutEmptySlice("user.id") }, usage.Invalid, usage.ReasonNoUser},
		{"user of a consumption", func(r plog.LogRecord) {
			transcribed(r)
			without("user.id")(r)
		}, usage.Pending, ""},
		{"attribute of the condition", without("user.status"), usage.Unmatched, ""},
		{"value", func(r plog.LogRecord) {
			transcribed(r)
			without("transcription.minutes")(r)
		}, usage.Invalid, usage.ReasonNoValue},
		{"usable value", func(r plog.LogRecord) {
			transcribed(r)
			r.Attributes().PutStr("transcription.minutes", "many")
		}, usage.Invalid, usage.ReasonBadValue},
		{"previous id", func(r plog.LogRecord) { r.SetEventName("user.alias") }, usage.Invalid, usage.ReasonNoAliasSource},
		{"social network", func(r plog.LogRecord) { r.SetEventName("social.connected") }, usage.Invalid, usage.ReasonNoStandingKey},
		{"timestamp", func(r plog.LogRecord) { r.SetTimestamp(0) }, usage.Invalid, usage.ReasonNoTime},
		{"timestamp, but it was observed", func(r plog.LogRecord) {
			r.SetTimestamp(0)
			r.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		}, usage.Pending, ""},
		{"uid", without("log.record.uid"), usage.Pending, ""},
	} {
		t.Run("no "+c.name, func(t *testing.T) {
			extractor, _ := defaults(t)
			var batch usage.Batch
			extractor.Logs(event(c.change), "", &batch)
			require.Len(t, batch.Items, 1)
			require.Equal(t, c.outcome, batch.Items[0].Outcome)
			require.Equal(t, c.reason, batch.Items[0].Reason)
		})
	}
}

func TestAMissingBreakdownAttributeCountsUnderNone(t *testing.T) {
	extractor, _ := defaults(t)
	var batch usage.Batch
	extractor.Logs(event(func(r plog.LogRecord) {
		transcribed(r)
		r.Attributes().Remove("transcription.language")
	}), "", &batch)
	require.Len(t, batch.Effects, 1)
	require.Equal(t, []string{usage.NoValue, "enhanced"}, batch.ValuesOf(&batch.Effects[0]))
}

func TestCumulativeCounterIsInvalid(t *testing.T) {
	extractor, _ := defaults(t)
	metrics := pmetric.NewMetrics()
	metric := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("api.calls")
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	point := sum.DataPoints().AppendEmpty()
	point.SetTimestamp(1)
	point.SetIntValue(1)
	point.Attributes().PutStr("organization.id", "acme")
	var batch usage.Batch
	extractor.Metrics(metrics, "", &batch)
	require.Len(t, batch.Items, 1)
	require.Equal(t, usage.Invalid, batch.Items[0].Outcome)
	require.Equal(t, usage.ReasonTemporality, batch.Items[0].Reason)
}
