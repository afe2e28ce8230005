// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// greetings are what every user does once, so that afterwards nobody and
// nothing is new: every meter knows the user, in every value of a breakdown.
var greetings = []act{
	{what: "registered", write: func(_ *traffic, user int, _ pcommon.Map) string {
		if registered(user) {
			return "user.registered"
		}
		return "page.scrolled"
	}},
	{what: "learner", write: (*traffic).learner},
	{what: "workspace", write: feature(0)},
	{what: "workspace", write: feature(1)},
	{what: "workspace", write: feature(2)},
	{what: "e-mail", write: (*traffic).email},
	{what: "task", write: (*traffic).task},
	{what: "transcription", write: (*traffic).transcription},
}

func feature(n int) func(t *traffic, user int, a pcommon.Map) string {
	return func(t *traffic, user int, a pcommon.Map) string {
		a.PutStr("app.feature", features[n])
		return t.visit(user, a)
	}
}

// enough is how much of the machine's memory is left to others: a ledger that
// grows beyond it is given up.
const enough = 1 << 30

// everyone sends each greeting of each user, organization by organization. It
// tells now and then how far it has come.
func (t *traffic) everyone(ctx context.Context, greetings []act, to *pipeline, say func(format string, args ...any)) error {
	all := t.all() * len(greetings)
	told := time.Now()
	for from := 0; from < all; from += recordsPerRequest {
		ld := t.fill(min(recordsPerRequest, all-from), func(i int) record {
			n := from + i
			return record{t.at(n / len(greetings)), t.random.Uint64(), greetings[n%len(greetings)]}
		})
		if err := errors.Join(ctx.Err(), to.take(ctx, t.now, ld)); err != nil {
			return err
		}
		if time.Since(told) < 5*time.Second {
			continue
		}
		told = time.Now()
		say("  %d of %d users have come", from/len(greetings), t.all())
		if left, known := availableMemory(); known && left < enough {
			return fmt.Errorf("%d of %d users fill the machine's memory: %d MB are left of it; set -users lower", from/len(greetings), t.all(), left>>20)
		}
	}
	return nil
}
