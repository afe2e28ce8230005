// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"html/template"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/common/model"
)

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>otelcol-usage store</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 42rem; padding: 0 1rem; color: #1c2430; background: #fff }
code { font-size: .9em }
input { width: 100%; box-sizing: border-box; font: 15px/1.4 ui-monospace, monospace; padding: .5rem; border: 1px solid #b7c0cc; border-radius: .3rem }
button { margin-top: .5rem; padding: .4rem 1rem; font: inherit }
li { margin: .1rem 0 }
@media (prefers-color-scheme: dark) { body { color: #dfe5ec; background: #12161c } input { color: inherit; background: #1b212a } a { color: #8ab4f8 } }
</style>
<h1>otelcol-usage store</h1>
<p>A Prometheus-compatible store of usage figures. Point Grafana's Prometheus data source, or anything else that speaks PromQL, at this address.</p>
<p>{{if not .All}}You see what is of your organizations.{{else if .Ready}}{{.Series}} series in memory, samples since {{.Oldest}}, kept for {{.Retention}}.{{else}}<strong>Closed for now: see the collector's log.</strong>{{end}}</p>
<form action="/api/v1/query">
<input name="query" value="usage_active_users" aria-label="PromQL" spellcheck="false">
<button>Run</button>
</form>
<h2>Answers</h2>
<ul>{{range .Routes}}<li><code>{{.}}</code>{{end}}</ul>
</html>
`))

// servePage says what listens here, for whoever opens the address in a
// browser.
func (s *Store) servePage(w http.ResponseWriter, r *http.Request) {
	page := struct {
		Ready, All        bool
		Series            uint64
		Oldest, Retention string
		Routes            []string
	}{Retention: model.Duration(s.settings.Retention).String(), Routes: shownRoutes(), Oldest: "now", All: boundOf(r.Context()).Everything()}
	if session, err := s.acquire(); err == nil {
		page.Ready = true
		page.Series = session.db.Head().NumSeries()
		if oldest, err := session.db.StartTime(); err == nil && oldest != math.MaxInt64 {
			page.Oldest = time.UnixMilli(oldest).UTC().Format(time.DateTime + " UTC")
		}
		session.release()
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, page) // the client went away: nobody to tell
}
