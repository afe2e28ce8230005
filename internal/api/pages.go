// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"

	"github.com/otelcol-usage/otelcol-usage/internal/pages"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// reportsPage serves the page on which reports are made.
func (a *API) reportsPage(w http.ResponseWriter, in *admitted) error {
	page, status := pages.Reports{Subjects: subjects(in), Form: pages.ReadReportForm(in.Query)}, http.StatusOK
	if page.Form.Sent {
		if request, read := page.Request(); read {
			var refusal *reporter.Refusal
			made, err := a.source(in).Make(in.Context(), request)
			switch {
			case errors.As(err, &refusal):
				page.Refuse(err)
			case errors.Is(err, usage.ErrUnavailable):
				status = http.StatusServiceUnavailable
				page.Refuse(err)
			case err != nil:
				return refuseReport(err)
			}
			page.Made = made
		}
	}
	if page.Refused() && status == http.StatusOK {
		status = http.StatusBadRequest
	}
	headPage(w, pages.ReportsPage)
	w.WriteHeader(status)
	return page.Render(w)
}

// shownReport serves a report for the frame of that page, and to be read in a
// window of its own.
func (a *API) shownReport(w http.ResponseWriter, in *admitted) error {
	document, err := a.source(in).Document(in.Context(), asked(in), "html", "")
	if err != nil {
		return refuseReport(err)
	}
	w.Header().Set("Content-Type", document.MediaType)
	w.Header().Set("Content-Security-Policy", pages.ShownPolicy)
	if in.Method == http.MethodHead {
		return nil
	}
	return a.stream(w, in, document.Write)
}

// subjects are those that the client's reports may be about.
func subjects(in *admitted) pages.Subjects {
	var all pages.Subjects
	for _, id := range in.Book.IDs() {
		if id == usage.NoOrganization {
			continue
		}
		o := pages.Organization{ID: id}
		if listed, found := in.Catalogue.Lookup(id); found {
			o.Name, o.Reseller, o.Zone = listed.Name, listed.Reseller, listed.Location
		}
		all = append(all, o)
	}
	return all.Sorted()
}
