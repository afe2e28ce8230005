// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// usersPage is which users of a period are asked for.
type usersPage struct {
	inquiry.UsersQuery
	limit int
	write func(io.Writer, *usersPage, func(yield func(*inquiry.User) error) error) error
}

// users writes who was counted in a period, as the ledger reads them.
func (a *API) users(w http.ResponseWriter, r *admitted) error {
	page, err := usersAsked(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Query.Get("format") == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	}
	if r.Method == http.MethodHead {
		page.limit = 0
	}
	return a.stream(w, r, func(out io.Writer) error {
		return refuseQuestion(page.write(out, page, func(yield func(*inquiry.User) error) error {
			return r.Book.Users(r.Context(), page.UsersQuery, yield)
		}))
	})
}

func usersAsked(r *admitted) (*usersPage, error) {
	p := &usersPage{UsersQuery: inquiry.UsersQuery{Organization: r.Organization, Meter: r.Query.Get("meter"), Window: r.Query.Get("window")}, limit: math.MaxInt}
	var err error
	if p.Period, err = periodAsked(r.Query); err != nil {
		return nil, err
	}
	if text := r.Query.Get("limit"); text != "" {
		if p.limit, err = strconv.Atoi(text); err != nil || p.limit < 1 {
			return nil, refuse(http.StatusBadRequest, badData, "limit: %q: write how many users to list at the most, from 1", text)
		}
	}
	if text := r.Query.Get("after"); text != "" {
		place, err := strconv.ParseUint(text, 10, 32)
		if err != nil || place == math.MaxUint32 {
			return nil, refuse(http.StatusBadRequest, badData, "after: %q: write the place of the last user of the answer before", text)
		}
		p.From = uint32(place) + 1
	}
	switch format := cmp.Or(r.Query.Get("format"), "json"); format {
	case "json":
		p.write = usersInJSON
	case "csv":
		p.write = usersInCSV
	default:
		return nil, refuse(http.StatusBadRequest, badData, "format: %q: use json or csv", format)
	}
	return p, nil
}

// periodAsked is how many periods before the current one are asked for.
func periodAsked(query url.Values) (int, error) {
	asked := cmp.Or(query.Get("period"), usage.PeriodName(0))
	for i := range 3 {
		if asked == usage.PeriodName(i) {
			return i, nil
		}
	}
	return 0, refuse(http.StatusBadRequest, badData, "period: %q: use current, previous or 2_ago", asked)
}

var errEnough = errors.New("as many as were asked for")

// upTo calls f with as many users as a page has; more reports whether there are
// others behind.
func (p *usersPage) upTo(read func(yield func(*inquiry.User) error) error, f func(*inquiry.User) error) (more bool, err error) {
	n := 0
	err = read(func(u *inquiry.User) error {
		if n == p.limit {
			return errEnough
		}
		n++
		return f(u)
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// usersInJSON writes an envelope around a list that need not be in memory.
func usersInJSON(w io.Writer, p *usersPage, read func(yield func(*inquiry.User) error) error) error {
	head, err := json.Marshal(struct {
		Organization string `json:"organization"`
		Meter        string `json:"meter,omitempty"`
		Window       string `json:"window"`
		Period       string `json:"period"`
	}{p.Organization, p.Meter, p.Window, usage.PeriodName(p.Period)})
	if err != nil {
		return err
	}
	separator, last := `{"status":"success","data":`+string(head[:len(head)-1])+`,"users":[`, uint32(0)
	more, err := p.upTo(read, func(u *inquiry.User) error {
		row, err := json.Marshal(shape.UserOf(u))
		if err == nil {
			_, err = io.WriteString(w, separator+string(row))
		}
		separator, last = ",\n", u.Place
		return err
	})
	if err != nil {
		return err
	}
	if separator[0] == ',' {
		separator = ""
	}
	next := "null"
	if more {
		next = strconv.FormatUint(uint64(last), 10)
	}
	_, err = io.WriteString(w, separator+`],"next":`+next+"}}\n")
	return err
}

// usersInCSV writes a row for each meter that has something of a user, or of the
// one that is asked for.
func usersInCSV(w io.Writer, p *usersPage, read func(yield func(*inquiry.User) error) error) error {
	var out *sheet.CSV
	begin := func() {
		if out == nil {
			out = sheet.NewCSV(w, shape.UserColumns...)
		}
	}
	_, err := p.upTo(read, func(u *inquiry.User) error {
		begin()
		for i := range u.Parts {
			if part := &u.Parts[i]; p.Meter == "" || part.Meter == p.Meter {
				out.Row(shape.UserCells(u, part)...)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	begin()
	return out.Close()
}

// refuseQuestion says why the ledger does not answer what it was asked.
func refuseQuestion(err error) error {
	var query *inquiry.QueryError
	var period *inquiry.PeriodError
	switch {
	case errors.As(err, &query):
		return refuse(http.StatusBadRequest, badData, "%s: %q: %s", query.Parameter, query.Value, query.Problem)
	case errors.As(err, &period):
		return refuse(http.StatusBadRequest, badData, "%s", period)
	case errors.Is(err, inquiry.ErrNoOrganization), errors.Is(err, ledger.ErrNoUser):
		return refuse(http.StatusNotFound, notFound, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return err
}

// erasedUserJSON is a user who is no longer there by name.
type erasedUserJSON struct {
	Organization string `json:"organization"`
	IDs          int    `json:"ids"` // those that an alias made one with it among them
}

// eraseUser removes the ids of a user. The log does not name them.
func (a *API) eraseUser(r *admitted) (any, error) {
	ids, err := r.Book.EraseUser(r.Context(), r.Organization, site.ID(r.PathValue("user")), a.Now())
	if err != nil {
		return nil, refuseQuestion(err)
	}
	a.Logger.Info("a user is erased", zap.String("organization", r.Organization), zap.Int("ids", ids),
		zap.String("client", r.RemoteAddr), zap.String("principal", r.Principal.Name()))
	return erasedUserJSON{Organization: r.Organization, IDs: ids}, nil
}

// backup writes a copy of the whole ledger.
func (a *API) backup(w http.ResponseWriter, r *admitted) error {
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="usage-ledger-`+a.Now().UTC().Format("20060102T150405Z")+`.tar"`)
	if r.Method == http.MethodHead {
		return nil
	}
	a.Logger.Info("a backup is made", zap.String("client", r.RemoteAddr), zap.String("principal", r.Principal.Name()))
	return a.stream(w, r, func(out io.Writer) error { return refuseQuestion(r.Book.Backup(r.Context(), out)) })
}
