// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package site is what the pages of a ledger have in common: their frame, their
// style and what a browser lets them do.
//
//	layout.html (frame) + a page's own templates + data --Render--> HTML
//
// A page needs no script and nothing from elsewhere, which its [Page.Policy]
// enforces.
package site

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the frame and the style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

var (
	//go:embed layout.html
	layout string
	//go:embed style.css
	style string

	frame = template.Must(template.New("layout").Parse(layout))
)

// Place is where a page is, from the root of the site.
type Place string

// The places.
const (
	Overview  Place = "./"
	Reports   Place = "reports"
	Schedules Place = "schedules"
)

// places are the navigation.
var places = []struct {
	At   Place
	Name string
}{{Overview, "Overview"}, {Reports, "Reports"}, {Schedules, "Schedules"}}

// Page is one of the site.
type Page struct {
	at    Place
	title string
	// Policy is the Content-Security-Policy that the page must be served with:
	// its one style sheet and its own forms, and what it was made with.
	Policy string

	template *template.Template
	style    template.CSS
}

// New makes a page. Its templates are "lead" (a line below the title), "main"
// and, if it has them, "states" (beside the title) and "bottom". What it may do
// beyond the others is said in directives of the policy.
func New(at Place, title, templates, css string, directives ...string) *Page {
	css = style + css
	hash := sha256.Sum256([]byte(css))
	return &Page{
		at: at, title: title,
		Policy: strings.Join(append([]string{
			"default-src 'none'", fmt.Sprintf("style-src 'sha256-%s'", base64.StdEncoding.EncodeToString(hash[:])),
			"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		}, directives...), "; "),
		template: template.Must(template.Must(frame.Clone()).Parse(templates)),
		style:    template.CSS(css), //nolint:gosec // our own files, embedded
	}
}

// view is the page as layout.html wants it.
type view struct {
	At     Place
	Places any
	Title  string
	Style  template.CSS
	Data   any
}

// Render writes the page, or nothing and an error.
func (p *Page) Render(w io.Writer, data any) error {
	var page bytes.Buffer
	if err := p.template.Execute(&page, view{p.at, places, p.title, p.style, data}); err != nil {
		return fmt.Errorf("render %s: %w", p.title, err)
	}
	_, err := page.WriteTo(w)
	return err
}
