// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package pages renders the pages on which reports are made and scheduled by
// people without Grafana.
//
//	form (as it was sent) --read--> request --API--> report or refusal --Render--> page with the form, as it was sent
//
// What was typed is shown again as it was, with what is wrong beside its field.
// A page is a function of its input: it reads no clock and asks nobody.
package pages

import _ "embed" // templates and style

var (
	//go:embed style.css
	style string
	//go:embed shared.html
	shared string // templates of several pages
)
