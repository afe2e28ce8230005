// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// greetings are what every user does once, so that afterwards nobody and
// nothing is new: every meter knows the user, in every value of a breakdown.
var greetings = []share{
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

// everyone sends each greeting of each user, organization by organization.
func (t *traffic) everyone(greetings []share, send func(now time.Time, ld plog.Logs) error) error {
	perUser := len(greetings)
	all := t.organizations * t.users * perUser
	for from := 0; from < all; from += recordsPerRequest {
		n := min(recordsPerRequest, all-from)
		ld := t.fill(n, func(i int) (int, int, share) {
			user, what := (from+i)/perUser, greetings[(from+i)%perUser]
			return user / t.users, user % t.users, what
		})
		if err := send(t.now, ld); err != nil {
			return err
		}
	}
	return nil
}

// warmUp makes every user known to a ledger on disk, and a copy of that in
// memory.
func (b *bench) warmUp(ctx context.Context) (err error) {
	start, dir := time.Now(), filepath.Join(b.directory, "durable")
	if b.durable, err = openBook(b.settings, bookSettings{directory: dir}); err != nil {
		return err
	}
	err = b.traffic.everyone(greetings, func(now time.Time, ld plog.Logs) error { return b.durable.take(ctx, now, ld) })
	if err = errors.Join(err, b.durable.close()); err != nil {
		return err
	}
	memory, err := inMemory(dir)
	if err != nil {
		return err
	}
	if b.volatile, err = openBook(b.settings, memory); err != nil {
		return err
	}
	b.durable, err = openBook(b.settings, bookSettings{directory: dir})
	b.say("every user known after %s", time.Since(start).Round(time.Second))
	return err
}
