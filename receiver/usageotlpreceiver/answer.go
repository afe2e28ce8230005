// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// answer is what a sender is told of a request that is counted: OTLP's partial
// success.
type answer struct {
	refused int64  // items that are usage and were not counted
	why     string // the commonest reasons, without ids; "" where none was refused
}

// why is one way of not being counted.
type why struct {
	outcome usage.Outcome
	reason  usage.Reason
}

// answerTo tells what of a batch was refused. Items that are no usage and
// repeats of what was counted are as the sender meant them.
func answerTo(b *usage.Batch) answer {
	var refused map[why]int64
	total := int64(0)
	for i := range b.Items {
		switch it := &b.Items[i]; it.Became {
		case usage.Invalid, usage.Unauthorized, usage.Future, usage.Late, usage.OverLimit:
			if refused == nil {
				refused = map[why]int64{}
			}
			refused[why{it.Became, it.Because}]++
			total++
		case usage.Pending, usage.Unmatched, usage.Duplicate, usage.Counted:
		}
	}
	if total == 0 {
		return answer{}
	}
	return answer{total, tell(refused, total, len(b.Items))}
}

// maxReasons is how many reasons a sender is told.
const maxReasons = 3

func tell(refused map[why]int64, total int64, items int) string {
	var all []why
	for w := range refused {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b why) int {
		return cmp.Or(cmp.Compare(refused[b], refused[a]), cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.reason, b.reason))
	})
	var parts []string
	for _, w := range all[:min(len(all), maxReasons)] {
		text := fmt.Sprintf("%d %s", refused[w], w.outcome)
		if w.reason != usage.ReasonNone && string(w.reason) != w.outcome.String() {
			text += fmt.Sprintf(" (%s)", w.reason)
		}
		parts = append(parts, text)
	}
	if len(all) > maxReasons {
		parts = append(parts, "others")
	}
	return fmt.Sprintf("%d of %d items were not counted: %s", total, items, strings.Join(parts, ", "))
}

// encode is the answer as OTLP's response of a signal.
func (a answer) encode(signal usage.Signal, json bool) ([]byte, error) {
	type message interface {
		MarshalProto() ([]byte, error)
		MarshalJSON() ([]byte, error)
	}
	var m message
	switch signal {
	case usage.Logs:
		r := plogotlp.NewExportResponse()
		if a.why != "" {
			r.PartialSuccess().SetRejectedLogRecords(a.refused)
			r.PartialSuccess().SetErrorMessage(a.why)
		}
		m = r
	case usage.Traces:
		r := ptraceotlp.NewExportResponse()
		if a.why != "" {
			r.PartialSuccess().SetRejectedSpans(a.refused)
			r.PartialSuccess().SetErrorMessage(a.why)
		}
		m = r
	case usage.Metrics:
		r := pmetricotlp.NewExportResponse()
		if a.why != "" {
			r.PartialSuccess().SetRejectedDataPoints(a.refused)
			r.PartialSuccess().SetErrorMessage(a.why)
		}
		m = r
	}
	if json {
		return m.MarshalJSON()
	}
	return m.MarshalProto()
}

// invalid is the status of a request that is refused however often it comes.
func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// statusOf makes a status of any error, as the specification has it: whoever is
// told Unavailable sends the same again.
func statusOf(err error) *status.Status {
	if s, ok := status.FromError(err); ok {
		return s
	}
	if consumererror.IsPermanent(err) {
		return status.New(codes.Internal, err.Error())
	}
	return status.New(codes.Unavailable, err.Error())
}
