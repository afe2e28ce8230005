// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shape

import (
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// User is a person of an organization. It has their id.
type User struct {
	ID            string     `json:"id"` // "": it was erased
	Pseudonym     string     `json:"pseudonym,omitempty"`
	Place         uint32     `json:"place"`
	Status        string     `json:"status,omitempty"` // lifecycle, now
	Standing      bool       `json:"standing"`         // a standing activity is on now
	FirstActivity *time.Time `json:"first_activity"`   // ever; null: not known
	LastActivity  *time.Time `json:"last_activity"`
	Meters        []userPart `json:"meters"` // what each has of them in the period
}

type userPart struct {
	Meter    string      `json:"meter"`
	Type     string      `json:"type"`
	Counts   *bool       `json:"counts,omitempty"` // of active users
	Class    string      `json:"class,omitempty"`
	Billable *bool       `json:"billable,omitempty"`
	Standing bool        `json:"standing,omitempty"`
	First    *first      `json:"first,omitempty"`
	Last     *time.Time  `json:"last,omitempty"`
	Sum      *Millionths `json:"sum,omitempty"`
	Hours    int         `json:"hours,omitempty"`
}

// first is the item that made a user count.
type first struct {
	Time       time.Time `json:"time"`
	Action     string    `json:"action"`
	Signal     string    `json:"signal,omitempty"`
	UID        string    `json:"uid,omitempty"`
	Definition *string   `json:"definition"` // effective_from; null: always in force
}

// UserOf returns a user as they are shown.
func UserOf(u *inquiry.User) User {
	out := User{
		ID: u.ID, Pseudonym: u.Pseudonym, Place: u.Place, Status: u.Status.String(), Standing: u.Standing,
		FirstActivity: Instant(u.First), LastActivity: Instant(u.Last), Meters: make([]userPart, len(u.Parts)),
	}
	for i := range u.Parts {
		out.Meters[i] = partOf(&u.Parts[i])
	}
	return out
}

func partOf(p *inquiry.UserPart) userPart {
	out := userPart{Meter: p.Meter, Type: p.Type.String(), Class: p.Class, Standing: p.Standing, First: firstOf(p.First), Last: Instant(p.Last), Hours: p.Hours}
	switch {
	case p.Type == usage.ActiveUsers:
		out.Counts = &p.Counts
		if p.Counts {
			out.Billable = &p.Billable
		}
	case p.Summed:
		sum := Millionths(p.Sum)
		out.Sum = &sum
	}
	return out
}

func firstOf(f *inquiry.FirstItem) *first {
	if f == nil {
		return nil
	}
	return &first{Time: f.Time, Action: f.Action, Signal: f.Signal, UID: f.UID, Definition: dated(f.Definition)}
}

// dated is an effective_from, nil where a definition always was in force.
func dated(d usage.Date) *string {
	if d.IsZero() {
		return nil
	}
	text := d.String()
	return &text
}

// UserColumns are those of a table of users.
var UserColumns = []string{
	"id", "pseudonym", "place", "status", "standing", "first_activity", "last_activity", "meter", "type", "counts", "class", "billable",
	"counted_since", "counted_by", "signal", "uid", "definition", "last", "sum", "hours",
}

// UserCells are the row of what a meter has of a user.
func UserCells(u *inquiry.User, p *inquiry.UserPart) []sheet.Cell {
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
		sum = sheet.Number(p.Sum.Decimal(6))
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
