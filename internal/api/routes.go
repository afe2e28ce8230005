// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	pathpkg "path"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/pages"
)

// route is a way to reach a handler, and what it takes to go it. There is no
// other: what is not in the table is not served.
type route struct {
	method  string // GET is HEAD as well
	pattern string // of [http.ServeMux], without method
	needs   need
	handle  handler
	query   []string // the parameters that are understood, each given once
}

// guarded reports whether a route says what it needs, of the organization that
// it names.
func (r *route) guarded() bool {
	switch r.needs {
	case seeOne, writeOne:
		return strings.Contains(r.pattern, "{organization}")
	case public:
		return !strings.Contains(r.pattern, "{organization}") && !slices.Contains(r.query, "organization")
	case seeAny, writeAll:
		return !strings.Contains(r.pattern, "{organization}")
	default:
		return false
	}
}

// need is what a client must be allowed for a route. The zero need is none that
// a route may have.
type need uint8

const (
	// public: nothing, not even to authenticate.
	public need = iota + 1
	// seeAny: to see something; the answer has of it what the client may see.
	seeAny
	// seeOne: to see the organization in the path.
	seeOne
	// writeOne: to change the organization in the path.
	writeOne
	// writeAll: to change every organization, and what is of none.
	writeAll
)

// routes is the whole HTTP surface: the pages, the probes and the JSON API.
//
// A new one has to be described in openapi.yaml, and listed with its rights in
// docs/security.md.
func (a *API) routes() []route {
	const one, scheduled = "/api/v1/organizations/{organization}", "/api/v1/schedules/{schedule}"
	return []route{
		{"GET", "/{$}", seeAny, page, []string{"q", "page"}},
		{"GET", "/reports", seeAny, a.reportsPage, pages.ReportParameters},
		{"GET", "/reports/{kind}", seeAny, a.shownReport, reportParameters},
		{"GET", "/schedules", seeAny, a.schedulesPage, []string{"schedule", "done"}},
		{"POST", "/schedules", seeAny, a.doSchedule, nil},
		{"GET", "/-/healthy", public, healthy, nil},
		{"GET", "/-/ready", public, a.readiness, nil},
		{"GET", "/api/v1/openapi.yaml", public, openAPI, nil},
		{"GET", "/api/v1/status", seeAny, answer(status), nil},
		{"GET", "/api/v1/access", seeAny, readRights, nil},
		{"POST", "/api/v1/catalogue/accept", writeAll, answer(a.acceptCatalogue), nil},
		{"GET", "/api/v1/organizations", seeAny, answer(organizations), nil},
		{"DELETE", one, writeOne, answer(a.erase), nil},
		{"GET", one + "/figures", seeOne, answer(figures), []string{"at"}},
		{"GET", one + "/statements", seeOne, answer(statements), []string{"meter", "window", "period", "from", "to"}},
		{"GET", one + "/users", seeOne, a.users, []string{"meter", "window", "period", "limit", "after", "format"}},
		{"DELETE", one + "/users/{user}", writeOne, answer(a.eraseUser), nil},
		{"GET", one + "/explain", seeOne, answer(explain), []string{"meter", "window", "period", "user"}},
		{"GET", "/api/v1/backup", writeAll, a.backup, nil},
		// Of organizations that may be on their way, and so in no ledger.
		{"GET", "/api/v1/transfers/{transfer}", writeAll, answer(a.transferState), nil},
		{"POST", "/api/v1/transfers/{transfer}", writeAll, a.transferStep, nil},
		{"POST", one + "/bills/{month}", writeOne, answer(a.billed), nil},
		{"GET", "/api/v1/reports/{kind}", seeAny, a.report, fileParameters},
		{"POST", one + "/alerts/test", writeOne, answer(a.testAlert), nil},
		// Of which organization a schedule is, and who may change it, its handlers find out.
		{"GET", "/api/v1/schedules", seeAny, answer(a.schedules), []string{"organization"}},
		{"POST", "/api/v1/schedules", seeAny, a.createSchedule, nil},
		{"GET", scheduled, seeAny, answer(a.schedule), nil},
		{"PUT", scheduled, seeAny, a.changeSchedule, nil},
		{"DELETE", scheduled, seeAny, answer(a.deleteSchedule), nil},
		{"GET", scheduled + "/deliveries", seeAny, answer(a.deliveries), nil},
		{"POST", scheduled + "/test", seeAny, a.testSchedule, nil},
		{"POST", scheduled + "/retry", seeAny, answer(a.retrySchedule), nil},
	}
}

// Handler serves all routes.
func (a *API) Handler() http.Handler { return a.serve(a.routes()) }

func (a *API) serve(routes []route) http.Handler {
	mux := http.NewServeMux()
	methods := map[string]map[string]route{} // by pattern
	for _, r := range routes {
		if !r.guarded() {
			panic(fmt.Sprintf("%s %s: say what it needs, of the organization that it names if it names one", r.method, r.pattern))
		}
		if methods[r.pattern] == nil {
			methods[r.pattern] = map[string]route{}
			mux.HandleFunc(r.pattern, a.dispatch(methods[r.pattern]))
		}
		methods[r.pattern][r.method] = r
		if r.method == http.MethodGet {
			methods[r.pattern][http.MethodHead] = r
		}
	}
	mux.HandleFunc("/", a.reply(func(_ http.ResponseWriter, r *http.Request) error {
		return refuse(http.StatusNotFound, notFound, "no such path: %s", r.URL.Path)
	}))
	return a.plainly(mux)
}

// plainly refuses changes by a path with segments of dots or of nothing, which the
// mux would send the client to another path for: an id of two dots is that of
// another thing to change.
func (a *API) plainly(next http.Handler) http.Handler {
	refused := a.reply(func(_ http.ResponseWriter, r *http.Request) error {
		return refuse(http.StatusBadRequest, badData, "path %s: write an id of a dot or two with = before it, as =.., and one with / with %%2F", r.URL.EscapedPath())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if r.Method != http.MethodGet && r.Method != http.MethodHead && strings.TrimSuffix(path, "/") != strings.TrimSuffix(pathpkg.Clean(path), "/") {
			refused(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// dispatch serves what a path is by method.
func (a *API) dispatch(methods map[string]route) http.HandlerFunc {
	return a.reply(func(w http.ResponseWriter, r *http.Request) error {
		way, allowed := methods[r.Method]
		if !allowed {
			var all []string
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
				if _, served := methods[method]; served {
					all = append(all, method)
				}
			}
			w.Header().Set("Allow", strings.Join(all, ", "))
			return refuse(http.StatusMethodNotAllowed, notAllowed, "%s is not allowed here: use %s", r.Method, all[0])
		}
		if err := sameVersion(w, r); err != nil {
			return err
		}
		in, err := a.admit(r, way)
		switch {
		case err != nil:
			return err
		case in.elsewhere != "":
			return a.forward(w, in)
		case in.part && r.Method == http.MethodHead:
			return nil // what was asked for is here
		}
		return way.handle(w, in)
	})
}
