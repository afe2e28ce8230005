// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/pages"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// reportsPage serves the page on which reports are made.
func (a *API) reportsPage(w http.ResponseWriter, in *admitted) error {
	all, err := organizations(in)
	if err != nil {
		return err
	}
	page, status := pages.Reports{Subjects: subjects(all, in.Catalogue.Catalogue), Form: pages.ReadReportForm(in.Query), Incomplete: report.Missed(in.missing)}, http.StatusOK
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
			if page.Made = made; made != nil {
				page.Incomplete = cmp.Or(report.Missed(made.Missing), page.Incomplete)
			}
		}
	}
	if page.Refused() && status == http.StatusOK {
		status = http.StatusBadRequest
	}
	headMissing(w, in.missing)
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
	headMissing(w, document.Report.Missing)
	w.Header().Set("Content-Type", document.MediaType)
	w.Header().Set("Content-Security-Policy", pages.ShownPolicy)
	if in.Method == http.MethodHead {
		return nil
	}
	return a.stream(w, in, document.Write)
}

// subjects are those that the client's reports may be about.
func subjects(of []organizationJSON, c *catalogue.Catalogue) pages.Subjects {
	var all pages.Subjects
	for i := range of {
		o := pages.Organization{ID: of[i].ID, Name: of[i].Name, Reseller: of[i].Reseller}
		if listed, found := c.Lookup(o.ID); found {
			o.Zone = listed.Location
		}
		all = append(all, o)
	}
	return all.Sorted()
}
