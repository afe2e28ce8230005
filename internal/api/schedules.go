// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// maxScheduleBody is more than any schedule has.
const maxScheduleBody = 256 << 10

// testWait is how long a test may take, which is less than the server waits for
// an answer.
const testWait = 25 * time.Second

func (a *API) dispatcher() (*dispatch.Dispatcher, error) {
	if d := a.Schedules(); d != nil {
		return d, nil
	}
	return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", usage.ErrUnavailable)
}

// seesSchedule reports whether a client sees who is in a schedule's reports: of
// those on several organizations it has to see all there will be.
func seesSchedule(p *access.Principal, s schedule.Scope) bool {
	return p.SeesAll() || s.Organization != "" && p.Sees(s.Organization)
}

func writesSchedule(p *access.Principal, s schedule.Scope) bool {
	return p.WritesAll() || s.Organization != "" && p.Writes(s.Organization)
}

// schedules lists those that the client may see, or of them those of an
// organization.
func (a *API) schedules(r *admitted) (any, error) {
	d, err := a.dispatcher()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(d.List(), func(s dispatch.Status) bool {
		return !seesSchedule(&r.Principal, s.Scope) || r.Organization != "" && s.Organization != r.Organization
	}), nil
}

// scheduled returns the schedule in the path.
func (a *API) scheduled(r *admitted, write bool) (*dispatch.Dispatcher, dispatch.Status, error) {
	return a.named(r, r.PathValue("schedule"), write)
}

// named returns a schedule. One that the client may not see is answered as one
// that there is none of.
func (a *API) named(r *admitted, id string, write bool) (*dispatch.Dispatcher, dispatch.Status, error) {
	d, err := a.dispatcher()
	if err != nil {
		return nil, dispatch.Status{}, err
	}
	s, err := d.Get(id)
	if err != nil || !seesSchedule(&r.Principal, s.Scope) {
		return nil, s, refuse(http.StatusNotFound, notFound, "schedule %q: there is none: GET /api/v1/schedules lists those there are", id)
	}
	if write && !writesSchedule(&r.Principal, s.Scope) {
		return nil, s, mayNotWrite(s.Scope)
	}
	return d, s, nil
}

func mayNotWrite(s schedule.Scope) error {
	if s.Organization != "" {
		return forbidden("organization %q: you may read it and not change its schedules: that needs a principal with role admin that has it", s.Organization)
	}
	return forbidden(`schedules about several organizations need a principal with role admin of all, ["*"]`)
}

// scheduleBody reads a schedule. What is not to be set, as id and created, may
// be there, so that what was read can be sent back changed.
func (a *API) scheduleBody(w http.ResponseWriter, r *admitted) (schedule.Schedule, error) {
	in := dispatch.Status{Schedule: schedule.Schedule{Enabled: true}}
	if err := readBody(w, r, &in); err != nil {
		return in.Schedule, err
	}
	err := settle(r, &in.Schedule)
	return in.Schedule, err
}

// settle spells the organization of a schedule as the ledger does, and refuses
// one that the client may not change.
func settle(r *admitted, s *schedule.Schedule) error {
	if s.Organization != "" {
		known, found := r.Book.Status(s.Organization)
		if !found {
			return refuse(http.StatusBadRequest, badData, "%s", unknownOrganization(s.Organization))
		}
		s.Organization = known.ID
	}
	if !writesSchedule(&r.Principal, s.Scope) {
		return mayNotWrite(s.Scope)
	}
	return nil
}

// readBody reads one object of JSON, without members that are not known.
func readBody(w http.ResponseWriter, r *admitted, into any) error {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxScheduleBody))
	body.DisallowUnknownFields()
	err := body.Decode(into)
	if err == nil {
		if _, more := body.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more than one object")
		}
	}
	if err != nil {
		return refuse(http.StatusBadRequest, badData, "body: %s: send one object as openapi.yaml describes it", err)
	}
	return nil
}

// refuseSchedule says why a schedule is not taken.
func refuseSchedule(err error) error {
	var invalid dispatch.Invalid
	switch {
	case errors.As(err, &invalid):
		return refuse(http.StatusBadRequest, badData, "%s", err)
	case errors.Is(err, dispatch.ErrNoSchedule): // it was deleted meanwhile
		return refuse(http.StatusNotFound, notFound, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return err
}

// log says who has changed a schedule, and how.
func (a *API) log(r *admitted, what, id string) {
	a.Logger.Info("schedule is "+what, zap.String("schedule", id), zap.String("client", r.RemoteAddr), zap.String("principal", r.Principal.Name()))
}

func (a *API) createSchedule(w http.ResponseWriter, r *admitted) error {
	d, err := a.dispatcher()
	if err != nil {
		return err
	}
	s, err := a.scheduleBody(w, r)
	if err != nil {
		return err
	}
	made, err := d.Create(r.Context(), s, r.Principal.Name(), a.Now())
	if err != nil {
		return refuseSchedule(err)
	}
	a.log(r, "created", made.ID)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "/api/v1/schedules/"+made.ID)
	w.WriteHeader(http.StatusCreated)
	writeJSON(w, envelope{Status: "success", Data: made})
	return nil
}

func (a *API) schedule(r *admitted) (any, error) {
	_, s, err := a.scheduled(r, false)
	return s, err
}

// changeSchedule replaces a schedule, whose old and new organization the client
// has to be allowed to change.
func (a *API) changeSchedule(w http.ResponseWriter, r *admitted) error {
	d, old, err := a.scheduled(r, true)
	if err != nil {
		return err
	}
	s, err := a.scheduleBody(w, r)
	if err != nil {
		return err
	}
	changed, err := d.Change(r.Context(), old.ID, s, r.Principal.Name(), a.Now())
	if err != nil {
		return refuseSchedule(err)
	}
	a.log(r, "changed", old.ID)
	return answer(func(*admitted) (any, error) { return changed, nil })(w, r)
}

func (a *API) deleteSchedule(r *admitted) (any, error) {
	d, s, err := a.scheduled(r, true)
	if err != nil {
		return nil, err
	}
	if err := d.Delete(r.Context(), s.ID); err != nil {
		return nil, refuseSchedule(err)
	}
	a.log(r, "deleted", s.ID)
	return s, nil
}

// testSchedule sends the report now, to the address in the body or to all
// recipients.
func (a *API) testSchedule(w http.ResponseWriter, r *admitted) error {
	d, s, err := a.scheduled(r, true)
	if err != nil {
		return err
	}
	var in struct {
		To string `json:"to"`
	}
	if r.ContentLength != 0 {
		if err := readBody(w, r, &in); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), testWait)
	defer cancel()
	sent, err := d.Test(ctx, s.ID, in.To, a.Now())
	if err != nil {
		return refuseSchedule(err)
	}
	a.log(r, "tested", s.ID)
	return answer(func(*admitted) (any, error) { return sent, nil })(w, r)
}

// retriedJSON are deliveries that are due again.
type retriedJSON struct {
	Schedule   string `json:"schedule"`
	Deliveries int    `json:"deliveries"`
}

func (a *API) retrySchedule(r *admitted) (any, error) {
	d, s, err := a.scheduled(r, true)
	if err != nil {
		return nil, err
	}
	n, err := d.Retry(r.Context(), s.ID, a.Now())
	if err != nil {
		return nil, refuseSchedule(err)
	}
	a.log(r, "retried", s.ID)
	return retriedJSON{s.ID, n}, nil
}

func (a *API) deliveries(r *admitted) (any, error) {
	d, s, err := a.scheduled(r, false)
	if err != nil {
		return nil, err
	}
	list, err := d.Deliveries(s.ID)
	if err != nil {
		return nil, refuseSchedule(err)
	}
	return list, nil
}

// forgetSchedules deletes those of an organization that is erased.
func (a *API) forgetSchedules(ctx context.Context, organization string) error {
	if d := a.Schedules(); d != nil {
		if err := d.Forget(ctx, organization); err != nil {
			return fmt.Errorf("schedules of %s: %w", organization, err)
		}
	}
	return nil
}
