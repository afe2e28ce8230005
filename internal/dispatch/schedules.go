// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ErrNoSchedule says that there is none of an id.
var ErrNoSchedule = errors.New("no such schedule")

// Invalid is an error of what was asked for.
type Invalid struct{ error }

// Unwrap returns the errors that it consists of.
func (e Invalid) Unwrap() error { return e.error }

// maxSchedules bounds what is kept.
const maxSchedules = 1000

// Status is a schedule and how it stands.
type Status struct {
	schedule.Schedule
	// Next is the next run; the zero time: it is switched off, or has a Problem.
	Next    time.Time        `json:"next,omitzero"`
	Period  *schedule.Period `json:"next_period,omitempty"`
	Problem string           `json:"problem,omitempty"`
	// Due and Failed are how many deliveries are so, Last the latest that
	// arrived.
	Due    int       `json:"due"`
	Failed int       `json:"failed"`
	Last   time.Time `json:"last_delivered,omitzero"`
}

// List returns all schedules by their ids.
func (d *Dispatcher) List() []Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Status, 0, len(d.entries))
	for _, e := range d.entries {
		list = append(list, d.status(e))
	}
	slices.SortFunc(list, func(x, y Status) int { return strings.Compare(x.ID, y.ID) })
	return list
}

// Get returns a schedule.
func (d *Dispatcher) Get(id string) (Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return Status{}, err
	}
	return d.status(e), nil
}

func (d *Dispatcher) entry(id string) (*entry, error) {
	e := d.entries[id]
	if e == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoSchedule, id)
	}
	return e, nil
}

func (d *Dispatcher) status(e *entry) Status {
	s := Status{Schedule: e.Schedule}
	for _, delivery := range e.deliveries {
		switch {
		case delivery.Test:
		case delivery.State == Due:
			s.Due++
		case delivery.State == Failed:
			s.Failed++
		case delivery.State == Delivered && delivery.Done.After(s.Last):
			s.Last = delivery.Done
		}
	}
	if !e.Schedule.Enabled {
		return s
	}
	periods, err := d.Periods(e.Schedule.Scope)
	if err == nil {
		var run schedule.Run
		if run, err = e.Schedule.Next(e.Seen, periods); err == nil {
			s.Next, s.Period = run.Due, &run.Period
		}
	}
	s.Problem = text(err)
	return s
}

// check judges a schedule also by what is configured and known here.
func (d *Dispatcher) check(s *schedule.Schedule) error {
	if err := s.Check(d.Reports.Formats(s.Report)); err != nil {
		return Invalid{err}
	}
	for i, to := range s.Recipients {
		if err := d.Deliverer.Takes(to); err != nil {
			return Invalid{fmt.Errorf("recipients[%d]: %q: %w", i, to, err)}
		}
	}
	_, err := d.Periods(s.Scope)
	if err != nil && !errors.Is(err, usage.ErrUnavailable) {
		return Invalid{err}
	}
	return err
}

// Create takes a new schedule, whose first run is the next one. Its id is made
// of its name.
func (d *Dispatcher) Create(ctx context.Context, s schedule.Schedule, by string, now time.Time) (Status, error) {
	if err := d.check(&s); err != nil {
		return Status{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.entries) >= maxSchedules {
		return Status{}, Invalid{fmt.Errorf("there are %d schedules already: delete some", maxSchedules)}
	}
	now = now.UTC()
	s.ID = d.freeID(&s)
	s.Created, s.CreatedBy, s.Changed, s.ChangedBy = now, by, now, by
	e := &entry{Schedule: s, Seen: now, deliveries: map[string]*Delivery{}}
	r := rows{}
	r.schedule(e)
	if err := d.remember(ctx, r); err != nil {
		return Status{}, err
	}
	d.entries[s.ID] = e
	d.rouse()
	return d.status(e), nil
}

// freeID is made of the letters and digits of whom a schedule is about and of its
// name: what one organization calls its schedules is nothing that another learns
// by what is taken.
func (d *Dispatcher) freeID(s *schedule.Schedule) string {
	words := strings.FieldsFunc(strings.ToLower(s.Organization+" "+s.Reseller+" "+s.Name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	base := strings.Join(words, "-")
	base = strings.Trim(base[:min(len(base), 40)], "-")
	if base == "" {
		base = string(s.Report)
	}
	id := base
	for n := 2; d.entries[id] != nil; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	return id
}

// Change replaces a schedule. What is due to recipients that it has no more, or
// while it is switched off, is cancelled; a schedule that is switched on begins
// with its next run.
func (d *Dispatcher) Change(ctx context.Context, id string, s schedule.Schedule, by string, now time.Time) (Status, error) {
	if err := d.check(&s); err != nil {
		return Status{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return Status{}, err
	}
	now = now.UTC()
	was := e.Schedule
	s.ID, s.Created, s.CreatedBy, s.Changed, s.ChangedBy = id, was.Created, was.CreatedBy, now, by
	after := *e
	after.Schedule = s
	if s.Enabled && !was.Enabled {
		after.Seen = now
	}
	r := rows{}
	r.schedule(&after)
	var cancelled []*Delivery
	for _, delivery := range e.deliveries {
		open := delivery.State == Due || delivery.State == Failed
		if open && !delivery.Test && (!s.Enabled || !slices.Contains(s.Recipients, delivery.Recipient)) {
			end := *delivery
			end.end(Cancelled, now)
			cancelled = append(cancelled, &end)
		}
	}
	r.delivery(cancelled...)
	if err := d.remember(ctx, r); err != nil {
		return Status{}, err
	}
	e.Schedule, e.Seen = after.Schedule, after.Seen
	for _, end := range cancelled {
		e.deliveries[end.ID] = end
	}
	d.rouse()
	return d.status(e), nil
}

// Delete drops a schedule with the history of its deliveries.
func (d *Dispatcher) Delete(ctx context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return err
	}
	return d.drop(ctx, e)
}

func (d *Dispatcher) drop(ctx context.Context, list ...*entry) error {
	r := rows{}
	for _, e := range list {
		r[scheduleKey(e.Schedule.ID)] = nil
		for _, delivery := range e.deliveries {
			r[deliveryKey(delivery)] = nil
		}
	}
	if err := d.remember(ctx, r); err != nil {
		return err
	}
	for _, e := range list {
		delete(d.entries, e.Schedule.ID)
	}
	return nil
}

// Forget drops the schedules of an organization that is erased.
func (d *Dispatcher) Forget(ctx context.Context, organization string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*entry
	for _, e := range d.entries {
		if e.Schedule.Organization == organization {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return d.drop(ctx, list...)
}

// Retry makes the deliveries of a schedule that have failed due again, and
// returns how many those are.
func (d *Dispatcher) Retry(ctx context.Context, id string, now time.Time) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return 0, err
	}
	r := rows{}
	var list []*Delivery
	for _, delivery := range e.deliveries {
		if delivery.State == Failed && !delivery.Test {
			due := *delivery
			due.again(now.UTC())
			list = append(list, &due)
		}
	}
	r.delivery(list...)
	if err := d.remember(ctx, r); err != nil {
		return 0, err
	}
	for _, due := range list {
		e.deliveries[due.ID] = due
	}
	d.rouse()
	return len(list), nil
}

// Deliveries returns those of a schedule, the latest first.
func (d *Dispatcher) Deliveries(id string) ([]Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return nil, err
	}
	list := make([]Delivery, 0, len(e.deliveries))
	for _, delivery := range e.deliveries {
		list = append(list, *delivery)
	}
	slices.SortFunc(list, func(x, y Delivery) int {
		if x.Created.Equal(y.Created) {
			return inOrder(&x, &y)
		}
		return y.Created.Compare(x.Created)
	})
	return list, nil
}

// Test sends the report of the last period, or of the running one where the
// ledger knows nothing of that, now, once and marked as a test, to
// all recipients or to one that is given, and returns what became of it.
func (d *Dispatcher) Test(ctx context.Context, id, to string, now time.Time) ([]Delivery, error) {
	now = now.UTC()
	s, run, err := d.last(id, now)
	if err != nil {
		return nil, err
	}
	recipients := s.Recipients
	if to != "" {
		if err := errors.Join(schedule.CheckRecipient(to), d.Deliverer.Takes(to)); err != nil {
			return nil, Invalid{fmt.Errorf("to: %q: %w", to, err)}
		}
		recipients = []string{to}
	}
	pass, r := &pass{now: now}, rows{}
	var list []Delivery
	for _, to := range recipients {
		delivery := &Delivery{
			ID: messageID(&s, "test "+now.Format(time.RFC3339Nano), to), Schedule: id, Run: run.Key, Period: run.Period, Recipient: to, Test: true,
			State: Due, Due: now, Created: now, Made: now, Attempts: 1,
		}
		if err := d.attempt(ctx, pass, s, orderOf(&s, delivery), delivery); err != nil {
			delivery.Error = err.Error()
			delivery.end(Failed, now)
		} else {
			delivery.end(Delivered, now)
		}
		r.delivery(delivery)
		list = append(list, *delivery)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id) // it may have been deleted
	if err != nil {
		return list, err
	}
	for i := range list {
		e.deliveries[list[i].ID] = &list[i]
	}
	e.forget(r)
	return slices.Clone(list), d.remember(ctx, r)
}

// last returns a schedule and its latest run at an instant, for a test.
func (d *Dispatcher) last(id string, now time.Time) (schedule.Schedule, schedule.Run, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.entry(id)
	if err != nil {
		return schedule.Schedule{}, schedule.Run{}, err
	}
	periods, err := d.Periods(e.Schedule.Scope)
	if err != nil {
		return schedule.Schedule{}, schedule.Run{}, err
	}
	run, err := e.Schedule.Last(now, periods)
	if err == nil && !periods.Known(run.Period) {
		run.Period, err = e.Schedule.Running(now, periods)
	}
	return e.Schedule, run, err
}

// Figures are how many deliveries of each organization's schedules are due and
// have failed; those about several stand under [usage.NoOrganization].
func (d *Dispatcher) Figures() map[string][]usage.Figure {
	d.mu.Lock()
	defer d.mu.Unlock()
	type count struct{ due, failed int }
	counts := map[string]count{}
	for _, e := range d.entries {
		id := e.Schedule.Organization
		if id == "" {
			id = usage.NoOrganization
		}
		c := counts[id]
		for _, delivery := range e.deliveries {
			switch {
			case delivery.Test:
			case delivery.State == Due:
				c.due++
			case delivery.State == Failed:
				c.failed++
			}
		}
		counts[id] = c
	}
	figures := map[string][]usage.Figure{}
	for id, c := range counts {
		figures[id] = []usage.Figure{
			{Series: usage.DeliveriesDue, Value: float64(c.due)},
			{Series: usage.DeliveriesFailed, Value: float64(c.failed)},
		}
	}
	return figures
}
