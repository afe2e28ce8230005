// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

const (
	recordsPerRequest = 512
	// step is the simulated time between requests: 10,240 records a second, at
	// which each of a million users does something every other minute.
	step = 50 * time.Millisecond
)

// morning is when the simulated day of a run begins.
var morning = time.Date(2026, 11, 18, 7, 0, 0, 0, time.UTC)

// traffic makes requests of a population's users.
type traffic struct {
	population
	sessions []session // under way; none: every record is of any user
	random   *rand.Rand
	now      time.Time
	uids     uint64
}

// newTraffic draws the user of each record uniformly: no record profits from
// what the last one left in the caches.
func newTraffic(p population) *traffic {
	return &traffic{population: p, random: rand.New(rand.NewPCG(1, 2)), now: morning}
}

// session is a user at work.
type session struct {
	person
	id   uint64
	left int // records
}

const (
	recordsPerSession = 20
	// sessionSpan is how long a session lasts in the mean.
	sessionSpan = 4 * time.Minute
)

// inSessions draws the user of each record from those that are at work: as many
// as make sessions of recordsPerSession records in sessionSpan, but an eighth
// of all at most.
func inSessions(p population) *traffic {
	t := newTraffic(p)
	open := int(sessionSpan/step) * recordsPerRequest / recordsPerSession
	t.sessions = make([]session, max(1, min(open, p.all()/8)))
	for i := range t.sessions {
		t.sessions[i] = t.session()
		t.sessions[i].left = 1 + t.random.IntN(recordsPerSession) // else all of them would end at once
	}
	return t
}

// session begins another one.
func (t *traffic) session() session {
	return session{person: t.at(t.random.IntN(t.all())), id: t.random.Uint64(), left: recordsPerSession}
}

// someone draws the user of a record, and the session that it is in.
func (t *traffic) someone() (person, uint64) {
	if len(t.sessions) == 0 {
		return t.at(t.random.IntN(t.all())), t.random.Uint64()
	}
	s := &t.sessions[t.random.IntN(len(t.sessions))]
	if s.left == 0 {
		*s = t.session()
	}
	s.left--
	return s.person, s.id
}

// act is something that users do, and how much of the mix it makes.
type act struct {
	percent int
	what    string
	write   func(t *traffic, user int, a pcommon.Map) (action string)
}

// mix touches every meter of the default configuration.
var mix = []act{
	{20, "learners (a condition; 7 windows)", (*traffic).learner},
	{20, "workspace, onboarded or anonymous (3 classes, conditions, half of the users registered; a breakdown; 3 windows)", (*traffic).workspace},
	{5, "workspace, e-mail opened", (*traffic).email},
	{22, "operators, task finished", (*traffic).task},
	{8, "operators, logon and logoff", (*traffic).presence},
	{15, "transcriptions with uid (sum, average, by language, model and user; users by feature)", (*traffic).transcription},
	{3, "documents with uid (count, average, by kind, format and user; users by feature)", (*traffic).document},
	{2, "API calls without uid (users by feature)", (*traffic).api},
	{5, "unmatched", (*traffic).stranger},
}

func (t *traffic) learner(_ int, a pcommon.Map) string {
	a.PutStr("user.status", "active")
	a.PutStr("course.id", "course-"+t.oneOf("1007", "1191", "2310", "4001"))
	return t.oneOf("course.accessed", "session.attended")
}

var features = []string{"share", "read", "invite"}

func (t *traffic) workspace(user int, a pcommon.Map) string {
	a.PutStr("app.feature", t.oneOf(features...))
	return t.visit(user, a)
}

func (t *traffic) visit(user int, a pcommon.Map) string {
	if registered(user) {
		a.PutStr("user.type", "onboarded")
		return "app.opened"
	}
	a.PutStr("user.type", "anonymous")
	return "public_post.viewed"
}

// registered users are those of the class that requires it.
func registered(user int) bool { return user%2 == 0 }

func (t *traffic) email(_ int, a pcommon.Map) string {
	a.PutStr("content.campaign", "autumn-newsletter")
	return "content_email.opened"
}

func (t *traffic) task(_ int, a pcommon.Map) string {
	a.PutStr("task.kind", t.oneOf("pick", "load", "gate-in", "gate-out"))
	return "task.finished"
}

func (t *traffic) presence(_ int, a pcommon.Map) string {
	a.PutStr("client.kind", "handheld")
	return t.oneOf("user.logon", "user.logon", "user.logoff")
}

func (t *traffic) transcription(_ int, a pcommon.Map) string {
	a.PutDouble("transcription.minutes", float64(t.random.IntN(9000))/100)
	a.PutDouble("transcription.accuracy", 0.8+float64(t.random.IntN(200))/1000)
	a.PutStr("transcription.language", t.oneOf("en", "de", "fr", "es", "pl"))
	a.PutStr("transcription.model", t.oneOf("base", "large"))
	a.PutStr("app.feature", t.oneOf("transcription", "captions"))
	t.uid(a)
	return "transcription.finished"
}

func (t *traffic) document(_ int, a pcommon.Map) string {
	a.PutInt("document.length", int64(t.random.IntN(40_000)))
	a.PutStr("document.kind", t.oneOf("letter", "report"))
	a.PutStr("document.format", t.oneOf("pdf", "docx", "html", "txt"))
	a.PutStr("app.feature", "captions")
	t.uid(a)
	return "document.created"
}

func (t *traffic) api(_ int, a pcommon.Map) string {
	a.PutStr("http.route", "/v1/items/{id}")
	a.PutStr("app.feature", "api")
	a.PutInt("http.request.size", int64(t.random.IntN(1<<40))) // else one call would be another's duplicate
	return "api.called"
}

func (t *traffic) stranger(_ int, a pcommon.Map) string {
	a.PutStr("page.section", "header")
	return "page.scrolled"
}

// uid is never given twice.
func (t *traffic) uid(a pcommon.Map) {
	t.uids++
	a.PutStr("log.record.uid", uidOf(t.uids))
}

// uidOf writes a number with 16 digits.
func uidOf(n uint64) string {
	uid := []byte("01JZ8Q3V9M0000000000000000")
	for i := len(uid) - 1; n > 0; i-- {
		uid[i] = byte('0' + n%10)
		n /= 10
	}
	return string(uid)
}

func (t *traffic) oneOf(values ...string) string { return values[t.random.IntN(len(values))] }

// request makes the next request of the mix.
func (t *traffic) request() plog.Logs {
	return t.fill(recordsPerRequest, func(int) record {
		what := t.act()
		who, session := t.someone()
		return record{who, session, what}
	})
}

// act draws one from the mix.
func (t *traffic) act() act {
	n := t.random.IntN(100)
	for _, a := range mix {
		if n -= a.percent; n < 0 {
			return a
		}
	}
	return mix[0] // the percentages add up to 100
}

// encoded makes requests as they come over the wire.
func (t *traffic) encoded(n int) ([][]byte, error) {
	requests := make([][]byte, n)
	for i := range requests {
		data, err := plogotlp.NewExportRequestFromLogs(t.request()).MarshalProto()
		if err != nil {
			return nil, err
		}
		requests[i] = data
	}
	return requests, nil
}

// record is who does what.
type record struct {
	person
	session uint64
	act
}

// fill makes a request of n records.
func (t *traffic) fill(n int, draw func(i int) record) plog.Logs {
	ld := plog.NewLogs()
	resource := ld.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "portal")
	resource.Resource().Attributes().PutStr("service.version", "4.17.2")
	scope := resource.ScopeLogs().AppendEmpty()
	scope.Scope().SetName("portal/audit")
	records := scope.LogRecords()
	records.EnsureCapacity(n)
	for i := range n {
		at := pcommon.NewTimestampFromTime(t.now.Add(step * time.Duration(i) / time.Duration(n)))
		t.put(records.AppendEmpty(), at, draw(i))
	}
	t.now = t.now.Add(step)
	return ld
}

func organizationID(n int) string { return fmt.Sprintf("organization-%04d", n) }

func (t *traffic) put(to plog.LogRecord, at pcommon.Timestamp, r record) {
	to.SetTimestamp(at)
	to.SetObservedTimestamp(at)
	to.SetSeverityNumber(plog.SeverityNumberInfo)
	to.SetTraceID(pcommon.TraceID(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, t.random.Uint64()), t.random.Uint64())))
	to.SetSpanID(pcommon.SpanID(binary.BigEndian.AppendUint64(nil, t.random.Uint64())))
	a := to.Attributes()
	a.EnsureCapacity(10)
	a.PutStr("organization.id", organizationID(r.organization))
	a.PutStr("user.id", fmt.Sprintf("0197f3c2-7d1e-7000-8000-%06x%06x", r.organization, r.user))
	a.PutStr("session.id", fmt.Sprintf("%016x", r.session))
	a.PutStr("client.address", "198.51.100.17")
	a.PutStr("app.version", "4.17.2")
	to.SetEventName(r.write(t, r.user, a))
}
