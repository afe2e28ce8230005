// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Reports makes the reports that are sent.
type Reports interface {
	// Formats are those that a kind of report can be had in.
	Formats(k report.Kind) []string
	// Make makes a report and writes it in the formats of the order, a file
	// each.
	Make(ctx context.Context, o Order) (*report.Report, []deliver.File, error)
	// Delivered is told of a report on billing, which is not a test, that has
	// reached a recipient: what the first one says is as billed. It is told
	// again of the others, and after a crash.
	Delivered(ctx context.Context, o Order) error
}

// Order says what report is to be made.
type Order struct {
	Report report.Kind
	schedule.Scope
	Period  schedule.Period
	Formats []string
	// At is the instant as of which it is made, the same at each try and for
	// each recipient of a run.
	At time.Time
}

// Deliverer brings messages to recipients. A [deliver.Deliverer] is one.
type Deliverer interface {
	Takes(to string) error
	Deliver(ctx context.Context, to string, m *deliver.Message) error
}

// Settings are what a dispatcher works with.
type Settings struct {
	Memory    usage.Memory
	Reports   Reports
	Deliverer Deliverer
	// Periods returns the calendars of those whom a schedule is about. An
	// error: there are none.
	Periods func(schedule.Scope) (schedule.Periods, error)
	Logger  *zap.Logger
}

// Dispatcher sends the reports of schedules. It has one goroutine, that of Run;
// all other methods may be called at any time after [Open].
type Dispatcher struct {
	Settings
	wake chan struct{} // something has changed; never blocks

	mu      sync.Mutex
	entries map[string]*entry
}

// Open reads the schedules that the ledger keeps.
func Open(ctx context.Context, s Settings) (*Dispatcher, error) {
	d := &Dispatcher{Settings: s, wake: make(chan struct{}, 1)}
	return d, d.recall(ctx)
}

// maxWait bounds the time between two looks: zones, grace and the catalogue may
// change what is due next, and clocks are set.
const maxWait = time.Minute

// Run sends what is due until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) {
	for ctx.Err() == nil {
		now := time.Now()
		next := d.step(ctx, now)
		timer := time.NewTimer(min(max(time.Until(next), 0), maxWait))
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// rouse lets Run look at once.
func (d *Dispatcher) rouse() {
	select {
	case d.wake <- struct{}{}:
	default: // it will anyway
	}
}

// step makes deliveries of the runs that are due, tries those whose time has
// come, and returns when there is something to do again.
func (d *Dispatcher) step(ctx context.Context, now time.Time) (next time.Time) {
	next = d.plan(ctx, now)
	pass := &pass{now: now}
	for _, due := range d.ready(now) {
		if ctx.Err() != nil {
			break
		}
		d.try(ctx, pass, due)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.entries {
		for _, delivery := range e.deliveries {
			if delivery.State == Due && delivery.Next.Before(next) {
				next = delivery.Next
			}
		}
	}
	return next
}

// plan makes deliveries of the runs that are due.
func (d *Dispatcher) plan(ctx context.Context, now time.Time) (next time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next = now.Add(maxWait)
	for _, e := range d.entries {
		if !e.Schedule.Enabled {
			continue
		}
		due, err := d.planOne(ctx, e, now)
		if problem := text(err); problem != e.problem {
			e.problem = problem
			if err != nil {
				d.Logger.Warn("what a schedule is due next is not known", zap.String("schedule", e.Schedule.ID), zap.Error(err))
			}
		}
		if err == nil && due.Before(next) {
			next = due
		}
	}
	return next
}

func text(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// planOne makes deliveries of the latest run of a schedule that is due, and
// returns when the next one is.
func (d *Dispatcher) planOne(ctx context.Context, e *entry, now time.Time) (next time.Time, err error) {
	periods, err := d.Periods(e.Schedule.Scope)
	if err != nil {
		return next, err
	}
	run, missed, is, err := e.Schedule.Due(e.Seen, now, periods)
	if err != nil {
		return next, err
	}
	if is {
		recipients := e.Schedule.Recipients
		if !periods.Known(run.Period) {
			recipients = nil // there is nothing to be told of it
		}
		if err := d.begin(ctx, e, run, recipients, missed, now); err != nil {
			return next, err
		}
	}
	upcoming, err := e.Schedule.Next(e.Seen, periods)
	return upcoming.Due, err
}

// begin makes the deliveries of a run. One about a period whose report has not
// arrived yet makes no other for that recipient: cron is faster than a mail
// server that is down.
func (d *Dispatcher) begin(ctx context.Context, e *entry, run schedule.Run, recipients []string, missed int, now time.Time) error {
	after := *e
	after.Seen, after.Run = run.Due, run.Key
	r := rows{}
	r.schedule(&after)
	var made []*Delivery
	for _, to := range recipients {
		if run.Key == e.Run || e.waiting(run.Period, to) {
			continue
		}
		made = append(made, &Delivery{
			ID: messageID(&e.Schedule, run.Key, to), Schedule: e.Schedule.ID, Run: run.Key, Period: run.Period, Recipient: to,
			Missed: missed, State: Due, Due: run.Due, Created: now, Next: now,
		})
	}
	r.delivery(made...)
	if err := d.remember(ctx, r); err != nil {
		return err
	}
	e.Seen, e.Run = after.Seen, after.Run
	for _, delivery := range made {
		e.deliveries[delivery.ID] = delivery
	}
	return nil
}

// waiting reports whether a report of a period has not reached a recipient yet.
func (e *entry) waiting(p schedule.Period, to string) bool {
	for _, d := range e.deliveries {
		if d.State == Due && !d.Test && d.Recipient == to && d.Period == p {
			return true
		}
	}
	return false
}

// ready are the deliveries to be tried now, those of one run beside one another.
func (d *Dispatcher) ready(now time.Time) []*Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*Delivery
	for _, e := range d.entries {
		for _, delivery := range e.deliveries {
			if delivery.State == Due && !delivery.Next.After(now) {
				list = append(list, delivery)
			}
		}
	}
	slices.SortFunc(list, inOrder)
	return list
}

// pass is one look at what is due. It keeps the last report that was made, for
// the next recipient, and why mails cannot be sent for now.
type pass struct {
	now    time.Time
	of     string
	report *report.Report
	files  []deliver.File
	// unreachable is set when the mail server is: the others need not wait for
	// it as well.
	unreachable error
}

// try tries a delivery once.
func (d *Dispatcher) try(ctx context.Context, p *pass, due *Delivery) {
	s, order, still := d.prepare(due)
	if !still {
		return
	}
	err := d.attempt(ctx, p, s, order, due)
	if err != nil && ctx.Err() != nil {
		return // the end of the process is no failure of the recipient
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[due.Schedule]
	if e == nil || e.deliveries[due.ID] != due || due.State != Due {
		return // it was taken back in the meantime
	}
	was := *due
	due.Attempts++
	if err != nil {
		due.fail(p.now, err)
		d.Logger.Warn("a report was not delivered", zap.String("schedule", due.Schedule), zap.String("period", due.Period.Name),
			zap.String("channel", string(schedule.ChannelOf(due.Recipient))), zap.Int("attempts", due.Attempts), zap.String("state", string(due.State)), zap.Error(err))
	} else {
		due.Error = ""
		due.end(Delivered, p.now)
	}
	r := rows{}
	r.delivery(due)
	e.forget(r)
	if err := d.remember(ctx, r); err != nil {
		*due = was // what is not on disk has not happened, but is not sent again either
		due.Next = p.now.Add(firstPause)
		d.Logger.Error("what became of a delivery cannot be kept", zap.String("schedule", due.Schedule), zap.Error(err))
	}
}

// prepare returns what is to be sent.
func (d *Dispatcher) prepare(due *Delivery) (schedule.Schedule, Order, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[due.Schedule]
	if e == nil || e.deliveries[due.ID] != due || due.State != Due {
		return schedule.Schedule{}, Order{}, false
	}
	return e.Schedule, orderOf(&e.Schedule, due), true
}

func orderOf(s *schedule.Schedule, due *Delivery) Order {
	return Order{Report: s.Report, Scope: s.Scope, Period: due.Period, Formats: s.Formats, At: due.Made}
}

// attempt sends the report, unless it has arrived, and tells the ledger what was
// billed.
func (d *Dispatcher) attempt(ctx context.Context, p *pass, s schedule.Schedule, o Order, due *Delivery) error {
	if err := d.date(ctx, due, &o, p.now); err != nil {
		return err
	}
	if due.Sent.IsZero() {
		if err := d.send(ctx, p, s, o, due); err != nil {
			return err
		}
		d.mu.Lock()
		due.Sent = p.now
		d.mu.Unlock()
	}
	if s.Report == report.Billing && !due.Test {
		if err := d.Reports.Delivered(ctx, o); err != nil {
			return fmt.Errorf("it has arrived, but that it is billed cannot be kept: %w", err)
		}
	}
	return nil
}

// send makes the report, unless it is that of the recipient before, and sends it.
func (d *Dispatcher) send(ctx context.Context, p *pass, s schedule.Schedule, o Order, due *Delivery) error {
	byMail := schedule.ChannelOf(due.Recipient) == schedule.ByMail
	if byMail && p.unreachable != nil {
		return p.unreachable
	}
	if of := strings.Join([]string{s.ID, due.Run, s.Changed.String()}, "\x00"); p.report == nil || p.of != of {
		r, files, err := d.make(ctx, o)
		if err != nil {
			return fmt.Errorf("make the report: %w", err)
		}
		p.of, p.report, p.files = of, r, files
	}
	err := d.Deliverer.Deliver(ctx, due.Recipient, message(&s, due, p.report, p.files))
	if byMail && errors.Is(err, deliver.ErrUnreachable) {
		p.unreachable = err
	}
	return err
}

// date gives the deliveries of a run the instant as of which their report is
// made. It is on disk before anything is sent.
func (d *Dispatcher) date(ctx context.Context, due *Delivery, o *Order, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o.At = due.Made; !due.Made.IsZero() {
		return nil
	}
	var same []*Delivery
	if e := d.entries[due.Schedule]; e != nil {
		for _, other := range e.deliveries {
			if other.Run == due.Run && !other.Test && other.State == Due {
				other.Made = now
				same = append(same, other)
			}
		}
	}
	r := rows{}
	r.delivery(same...)
	if err := d.remember(ctx, r); err != nil {
		for _, other := range same {
			other.Made = time.Time{}
		}
		return err
	}
	o.At = now
	return nil
}

// make makes a report; a panic is an error of this one.
func (d *Dispatcher) make(ctx context.Context, o Order) (r *report.Report, files []deliver.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.Logger.Error("internal error of a report", zap.String("report", string(o.Report)), zap.String("kind", fmt.Sprintf("%T", p)), zap.ByteString("stack", debug.Stack()))
			err = errors.New("internal error: see the collector's log")
		}
	}()
	return d.Reports.Make(ctx, o)
}
