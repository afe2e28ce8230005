// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/pages"
)

// schedulesPage serves the list of schedules, or one with its deliveries.
func (a *API) schedulesPage(w http.ResponseWriter, r *admitted) error {
	page, err := a.newSchedulesPage(r, r.Query.Get("schedule"))
	if err != nil {
		return err
	}
	page.Done = r.Query.Get("done")
	return showSchedules(w, page)
}

func showSchedules(w http.ResponseWriter, page *pages.Schedules) error {
	headPage(w, pages.SchedulesPage)
	if page.Refused() {
		w.WriteHeader(http.StatusBadRequest)
	}
	return page.Render(w)
}

// newSchedulesPage is the page of one schedule, or for "" of all that the client
// may see.
func (a *API) newSchedulesPage(r *admitted, id string) (*pages.Schedules, error) {
	d, err := a.dispatcher()
	if err != nil {
		return nil, err
	}
	all := subjects(ownOrganizations(r), r.Catalogue.Catalogue)
	page := &pages.Schedules{Subjects: all, Writable: all, All: r.Principal.WritesAll(), Form: pages.NewScheduleForm()}
	if !page.All {
		page.Writable = slices.DeleteFunc(slices.Clone(all), func(o pages.Organization) bool { return !r.Principal.Writes(o.ID) })
	}
	if id == "" {
		page.List = slices.DeleteFunc(d.List(), func(s dispatch.Status) bool { return !seesSchedule(&r.Principal, s.Scope) })
		return page, nil
	}
	_, s, err := a.named(r, id, false)
	if err != nil {
		return nil, err
	}
	page.One, page.Form = &s, pages.ScheduleFormOf(&s.Schedule)
	if page.Deliveries, err = d.Deliveries(id); err != nil {
		return nil, refuseSchedule(err)
	}
	return page, nil
}

// doSchedule does what a form of that page asks for, and leads back to it. What
// is wrong is shown in the page, with what was typed.
func (a *API) doSchedule(w http.ResponseWriter, r *admitted) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	do, id := form.Get("do"), form.Get("schedule")
	if (do == "create") == (id != "") {
		return refuse(http.StatusBadRequest, badData, "do: %q: use create, or with a schedule one of change, enable, disable, test, retry, delete", do)
	}
	page, err := a.newSchedulesPage(r, id)
	if err != nil {
		return err
	}
	page.To = strings.TrimSpace(form.Get("to"))
	if do == "create" || do == "change" {
		page.Form = pages.ReadScheduleForm(form)
	}
	done, id, err := a.act(r, page, do)
	var refused *apiError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusBadRequest:
		page.Refuse(err)
	case err != nil:
		return err
	}
	if page.Refused() {
		return showSchedules(w, page)
	}
	a.log(r, done, id)
	query := url.Values{"done": {done}}
	if do != "delete" {
		query.Set("schedule", id)
	}
	w.Header().Set("Location", "schedules?"+query.Encode()) // relative: the site may be below a path of another
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// act does one thing, to the schedule of the page or a new one, and returns what
// was done to which.
func (a *API) act(r *admitted, page *pages.Schedules, do string) (done, id string, err error) {
	d, err := a.dispatcher()
	if err != nil {
		return "", "", err
	}
	if page.One != nil {
		id = page.One.ID
		if _, _, err := a.named(r, id, true); err != nil {
			return "", "", err
		}
	}
	switch do {
	case "create", "change":
		s, read := page.Schedule()
		if !read {
			return "", "", nil
		}
		if err := settle(r, &s); err != nil {
			return "", "", err
		}
		if do == "change" {
			_, err = d.Change(r.Context(), id, s, r.Principal.Name(), a.Now())
			return "changed", id, refuseSchedule(err)
		}
		made, err := d.Create(r.Context(), s, r.Principal.Name(), a.Now())
		return "created", made.ID, refuseSchedule(err)
	case "enable", "disable":
		s := page.One.Schedule
		s.Enabled = do == "enable"
		_, err = d.Change(r.Context(), id, s, r.Principal.Name(), a.Now())
		return do + "d", id, refuseSchedule(err)
	case "test":
		ctx, cancel := context.WithTimeout(r.Context(), testWait)
		defer cancel()
		_, err = d.Test(ctx, id, page.To, a.Now())
		return "tested", id, refuseSchedule(err)
	case "retry":
		_, err = d.Retry(r.Context(), id, a.Now())
		return "retried", id, refuseSchedule(err)
	case "delete":
		return "deleted", id, refuseSchedule(d.Delete(r.Context(), id))
	}
	return "", "", refuse(http.StatusBadRequest, badData, "do: %q: use one of create, change, enable, disable, test, retry, delete", do)
}

// readForm reads what a form of this site has sent.
func readForm(w http.ResponseWriter, r *admitted) (url.Values, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != asForm {
		return nil, refuse(http.StatusUnsupportedMediaType, badData, "Content-Type: %q: send %s", r.Header.Get("Content-Type"), asForm)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxScheduleBody)
	if err := r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, badData, "body: %s: send the fields of the form", err)
	}
	return r.PostForm, nil
}

const asForm = "application/x-www-form-urlencoded"
