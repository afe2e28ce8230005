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
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// userJSON is a person of an organization. It has their id.
type userJSON struct {
	ID            string         `json:"id"` // "": it was erased
	Pseudonym     string         `json:"pseudonym,omitempty"`
	Place         uint32         `json:"place"`
	Status        string         `json:"status,omitempty"` // lifecycle, now
	Standing      bool           `json:"standing"`         // a standing activity is on now
	FirstActivity *time.Time     `json:"first_activity"`   // ever; null: not known
	LastActivity  *time.Time     `json:"last_activity"`
	Meters        []userPartJSON `json:"meters"` // what each has of them in the period
}

type userPartJSON struct {
	Meter    string      `json:"meter"`
	Type     string      `json:"type"`
	Counts   *bool       `json:"counts,omitempty"` // of active users
	Class    string      `json:"class,omitempty"`
	Billable *bool       `json:"billable,omitempty"`
	Standing bool        `json:"standing,omitempty"`
	First    *firstJSON  `json:"first,omitempty"`
	Last     *time.Time  `json:"last,omitempty"`
	Sum      *millionths `json:"sum,omitempty"`
	Hours    int         `json:"hours,omitempty"`
}

// firstJSON is the item that made a user count.
type firstJSON struct {
	Time       time.Time `json:"time"`
	Action     string    `json:"action"`
	Signal     string    `json:"signal,omitempty"`
	UID        string    `json:"uid,omitempty"`
	Definition *string   `json:"definition"` // effective_from; null: always in force
}

func userOf(u *ledger.User) userJSON {
	out := userJSON{
		ID: u.ID, Pseudonym: u.Pseudonym, Place: u.Place, Status: u.Status.String(), Standing: u.Standing,
		FirstActivity: instant(u.First), LastActivity: instant(u.Last), Meters: make([]userPartJSON, len(u.Parts)),
	}
	for i := range u.Parts {
		out.Meters[i] = partOf(&u.Parts[i])
	}
	return out
}

func partOf(p *ledger.UserPart) userPartJSON {
	out := userPartJSON{Meter: p.Meter, Type: p.Type.String(), Class: p.Class, Standing: p.Standing, First: firstOf(p.First), Last: instant(p.Last), Hours: p.Hours}
	switch {
	case p.Type == usage.ActiveUsers:
		out.Counts = &p.Counts
		if p.Counts {
			out.Billable = &p.Billable
		}
	case p.Summed:
		sum := millionths(p.Sum)
		out.Sum = &sum
	}
	return out
}

func firstOf(f *ledger.FirstItem) *firstJSON {
	if f == nil {
		return nil
	}
	return &firstJSON{Time: f.Time, Action: f.Action, Signal: f.Signal, UID: f.UID, Definition: dated(f.Definition)}
}

// dated is an effective_from, nil where a definition always was in force.
func dated(d usage.Date) *string {
	if d.IsZero() {
		return nil
	}
	text := d.String()
	return &text
}

// usersPage is which users of a period are asked for.
type usersPage struct {
	ledger.UsersQuery
	limit int
	write func(io.Writer, *usersPage, func(yield func(*ledger.User) error) error) error
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
		return refuseQuestion(page.write(out, page, func(yield func(*ledger.User) error) error {
			return r.Book.Users(r.Context(), page.UsersQuery, yield)
		}))
	})
}

func usersAsked(r *admitted) (*usersPage, error) {
	p := &usersPage{UsersQuery: ledger.UsersQuery{Organization: r.Organization, Meter: r.Query.Get("meter"), Window: r.Query.Get("window")}, limit: math.MaxInt}
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
func (p *usersPage) upTo(read func(yield func(*ledger.User) error) error, f func(*ledger.User) error) (more bool, err error) {
	n := 0
	err = read(func(u *ledger.User) error {
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
func usersInJSON(w io.Writer, p *usersPage, read func(yield func(*ledger.User) error) error) error {
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
	more, err := p.upTo(read, func(u *ledger.User) error {
		row, err := json.Marshal(userOf(u))
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

var userColumns = []string{
	"id", "pseudonym", "place", "status", "standing", "first_activity", "last_activity", "meter", "type", "counts", "class", "billable",
	"counted_since", "counted_by", "signal", "uid", "definition", "last", "sum", "hours",
}

// usersInCSV writes a row for each meter that has something of a user, or of the
// one that is asked for.
func usersInCSV(w io.Writer, p *usersPage, read func(yield func(*ledger.User) error) error) error {
	var out *sheet.CSV
	begin := func() {
		if out == nil {
			out = sheet.NewCSV(w, userColumns...)
		}
	}
	_, err := p.upTo(read, func(u *ledger.User) error {
		begin()
		for i := range u.Parts {
			if part := &u.Parts[i]; p.Meter == "" || part.Meter == p.Meter {
				out.Row(userCells(u, part)...)
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

func userCells(u *ledger.User, p *ledger.UserPart) []sheet.Cell {
	at := func(t time.Time) sheet.Cell {
		if t.IsZero() {
			return sheet.Cell{}
		}
		return sheet.Time(t)
	}
	count := func(n int) sheet.Cell { return sheet.Number(strconv.Itoa(n)) }
	cells := []sheet.Cell{
		sheet.Text(u.ID), sheet.Text(u.Pseudonym), count(int(u.Place)), sheet.Text(u.Status.String()), sheet.Text(strconv.FormatBool(u.Standing)),
		at(u.First), at(u.Last), sheet.Text(p.Meter), sheet.Text(p.Type.String()),
	}
	if p.Type == usage.ActiveUsers {
		cells = append(cells, sheet.Text(strconv.FormatBool(p.Counts)), sheet.Text(p.Class), sheet.Text(strconv.FormatBool(p.Billable)))
	} else {
		cells = append(cells, sheet.Cell{}, sheet.Cell{}, sheet.Cell{})
	}
	if f := p.First; f != nil {
		cells = append(cells, at(f.Time), sheet.Text(f.Action), sheet.Text(f.Signal), sheet.Text(f.UID), sheet.Text(definitionText(f.Definition)))
	} else {
		cells = append(cells, make([]sheet.Cell, 5)...)
	}
	sum, hours := sheet.Cell{}, sheet.Cell{}
	if p.Summed {
		sum = sheet.Number(wide.Int(p.Sum).Decimal(6))
	}
	if p.Hours > 0 {
		hours = count(p.Hours)
	}
	return append(cells, at(p.Last), sum, hours)
}

func definitionText(d usage.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// refuseQuestion says why the ledger does not answer what it was asked.
func refuseQuestion(err error) error {
	var query *ledger.QueryError
	var period *ledger.PeriodError
	switch {
	case errors.As(err, &query):
		return refuse(http.StatusBadRequest, badData, "%s: %q: %s", query.Parameter, query.Value, query.Problem)
	case errors.As(err, &period):
		return refuse(http.StatusBadRequest, badData, "%s", period)
	case errors.Is(err, ledger.ErrNoOrganization), errors.Is(err, ledger.ErrNoUser):
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
	ids, err := r.Book.EraseUser(r.Context(), r.Organization, r.PathValue("user"), a.Now())
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
