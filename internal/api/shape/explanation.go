// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shape

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Explanation says how a figure comes about, or what a user has to do with
// it.
type Explanation struct {
	Organization string    `json:"organization"`
	Meter        string    `json:"meter"`
	Type         string    `json:"type"`
	Unit         string    `json:"unit,omitempty"`
	Window       string    `json:"window"`
	Period       string    `json:"period"`
	Start        time.Time `json:"start"`
	End          time.Time `json:"end"`
	Timezone     string    `json:"timezone"`
	AnchorDay    int       `json:"anchor_day"`
	AsOf         time.Time `json:"as_of"`
	State        string    `json:"state"`
	Definition   *string   `json:"definition"` // effective_from; null: always in force
	Incomplete   bool      `json:"incomplete"`
	Sampled      bool      `json:"sampled"`

	User *explainedUser `json:"user,omitempty"`

	Classes  []class            `json:"classes,omitempty"`
	Sum      *Millionths        `json:"sum,omitempty"`
	Events   *wholeNumber       `json:"events,omitempty"`
	Peaks    *peaks             `json:"peaks,omitempty"`
	Quota    *explainedQuota    `json:"quota,omitempty"`
	Versions []explainedVersion `json:"versions,omitempty"`
	AsBilled *uint32            `json:"as_billed,omitempty"`
}

type class struct {
	Class     string   `json:"class"`
	Users     int64    `json:"users"`
	Billable  bool     `json:"billable"`
	Requires  string   `json:"requires,omitempty"`
	Actions   []string `json:"actions"`
	Condition string   `json:"condition,omitempty"`
}

type peaks struct {
	Connected peak        `json:"connected_users"`
	Net       *peak       `json:"net_connected_users"` // null: not known of all samples
	Hours     peak        `json:"users_in_the_hour"`
	Busiest   []time.Time `json:"busiest_hours"`
}

type peak struct {
	Users uint32 `json:"users"`
	Hits  uint32 `json:"hits"`
}

type explainedQuota struct {
	Limit      Millionths  `json:"limit"`
	Used       Millionths  `json:"used"`
	Remaining  Millionths  `json:"remaining"`
	Overage    Millionths  `json:"overage"`
	Ratio      Number      `json:"ratio"`
	Thresholds []threshold `json:"thresholds,omitempty"`
	FlexPrice  string      `json:"flex_price,omitempty"`
	Currency   string      `json:"currency,omitempty"`
}

type threshold struct {
	Share   float64 `json:"share"`
	Reached bool    `json:"reached"`
}

type explainedVersion struct {
	Version uint32     `json:"version"`
	Made    time.Time  `json:"made"`
	Reason  []reason   `json:"reason"`
	Used    Millionths `json:"used"`
}

type explainedUser struct {
	ID         string         `json:"id"`
	Verdict    string         `json:"verdict"`
	Became     string         `json:"became,omitempty"`
	StatusThen string         `json:"status_then,omitempty"`
	Person     *User          `json:"person,omitempty"`
	Part       *userPart      `json:"part,omitempty"`
	Classes    []matchedClass `json:"classes,omitempty"`
	Session    *session       `json:"session,omitempty"`
}

type matchedClass struct {
	Class         string     `json:"class"`
	Requires      string     `json:"requires,omitempty"`
	Met           bool       `json:"met"`
	First         *first     `json:"first,omitempty"`
	StandingSince *time.Time `json:"standing_since,omitempty"`
	Key           string     `json:"key,omitempty"`
}

type session struct {
	LastOn    *time.Time `json:"last_on"`
	LastOff   *time.Time `json:"last_off"`
	Connected bool       `json:"connected"`
	Sample    time.Time  `json:"sample"`
	Hours     int        `json:"hours"`
	HoursFrom time.Time  `json:"hours_from"`
}

// ExplanationOf returns an explanation as it is answered.
func ExplanationOf(x *inquiry.Explanation) *Explanation {
	out := &Explanation{
		Organization: x.Organization, Meter: x.Meter, Type: x.Type.String(), Unit: x.Unit, Window: x.Window, Period: x.Period,
		Start: x.Start, End: x.End, Timezone: x.Zone, AnchorDay: x.Anchor, AsOf: x.AsOf, State: string(x.State),
		Definition: dated(x.Definition), Incomplete: x.Incomplete, Sampled: x.Sampled,
	}
	if x.User != nil {
		out.User = explainedUserOf(x.User)
		return out
	}
	out.whole(x)
	return out
}

// whole is of the whole figure.
func (out *Explanation) whole(x *inquiry.Explanation) {
	for _, c := range x.Classes {
		out.Classes = append(out.Classes, class{c.Name, c.Users, c.Billable, c.Requires, append([]string{}, c.Actions...), c.Condition})
	}
	if x.Type == usage.Consumption {
		sum, events := Millionths(x.Sum), wholeNumber(x.Events)
		out.Sum, out.Events = &sum, &events
	}
	if p := x.Peaks; p != nil {
		of := func(p concurrent.Peak) peak { return peak{p.Max, p.Hits} }
		out.Peaks = &peaks{Connected: of(p.Connected), Hours: of(p.Hours), Busiest: append([]time.Time{}, p.Busiest...)}
		if p.NetKnown {
			net := of(p.Net)
			out.Peaks.Net = &net
		}
	}
	if q := x.Quota; q != nil {
		out.Quota = &explainedQuota{
			Limit: Millionths(q.Limit), Used: Millionths(q.Used), Remaining: Millionths(q.Remaining), Overage: Millionths(q.Overage),
			Ratio: Number(q.Ratio), FlexPrice: q.FlexPrice, Currency: q.Currency,
		}
		for _, t := range q.Thresholds {
			out.Quota.Thresholds = append(out.Quota.Thresholds, threshold(t))
		}
	}
	for i := range x.Versions {
		v := &x.Versions[i]
		reasons := reasonsOf(v)
		out.Versions = append(out.Versions, explainedVersion{v.Number, v.Made, reasons, Millionths(v.Used)})
	}
	if x.Billed != 0 {
		out.AsBilled = &x.Billed
	}
}

func explainedUserOf(u *inquiry.UserExplanation) *explainedUser {
	out := &explainedUser{ID: u.ID, Verdict: string(u.Verdict), Became: u.Became, StatusThen: u.StatusThen.String()}
	if u.Person != nil {
		person := UserOf(u.Person)
		out.Person = &person
	}
	if u.Part != nil {
		part := partOf(u.Part)
		out.Part = &part
	}
	for _, c := range u.Classes {
		out.Classes = append(out.Classes, matchedClass{c.Name, c.Requires, c.Met, firstOf(c.First), Instant(c.StandingSince), c.Key})
	}
	if s := u.Session; s != nil {
		out.Session = &session{Instant(s.LastOn), Instant(s.LastOff), s.Connected, s.Sample, s.Hours, s.HoursFrom}
	}
	return out
}
