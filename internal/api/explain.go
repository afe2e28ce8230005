// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// explanationJSON says how a figure comes about, or what a user has to do with
// it.
type explanationJSON struct {
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

	User *explainedUserJSON `json:"user,omitempty"`

	Classes  []classJSON        `json:"classes,omitempty"`
	Sum      *millionths        `json:"sum,omitempty"`
	Events   *wholeNumber       `json:"events,omitempty"`
	Peaks    *peaksJSON         `json:"peaks,omitempty"`
	Quota    *explainedQuota    `json:"quota,omitempty"`
	Versions []explainedVersion `json:"versions,omitempty"`
	AsBilled *uint32            `json:"as_billed,omitempty"`
}

type classJSON struct {
	Class     string   `json:"class"`
	Users     int64    `json:"users"`
	Billable  bool     `json:"billable"`
	Requires  string   `json:"requires,omitempty"`
	Actions   []string `json:"actions"`
	Condition string   `json:"condition,omitempty"`
}

type peaksJSON struct {
	Connected peakJSON    `json:"connected_users"`
	Net       *peakJSON   `json:"net_connected_users"` // null: not known of all samples
	Hours     peakJSON    `json:"users_in_the_hour"`
	Busiest   []time.Time `json:"busiest_hours"`
}

type peakJSON struct {
	Users uint32 `json:"users"`
	Hits  uint32 `json:"hits"`
}

type explainedQuota struct {
	Limit      millionths      `json:"limit"`
	Used       millionths      `json:"used"`
	Remaining  millionths      `json:"remaining"`
	Overage    millionths      `json:"overage"`
	Ratio      number          `json:"ratio"`
	Thresholds []thresholdJSON `json:"thresholds,omitempty"`
	FlexPrice  string          `json:"flex_price,omitempty"`
	Currency   string          `json:"currency,omitempty"`
}

type thresholdJSON struct {
	Share   float64 `json:"share"`
	Reached bool    `json:"reached"`
}

type explainedVersion struct {
	Version uint32       `json:"version"`
	Made    time.Time    `json:"made"`
	Reason  []reasonJSON `json:"reason"`
	Used    millionths   `json:"used"`
}

type explainedUserJSON struct {
	ID         string             `json:"id"`
	Verdict    string             `json:"verdict"`
	Became     string             `json:"became,omitempty"`
	StatusThen string             `json:"status_then,omitempty"`
	Person     *userJSON          `json:"person,omitempty"`
	Part       *userPartJSON      `json:"part,omitempty"`
	Classes    []matchedClassJSON `json:"classes,omitempty"`
	Session    *sessionJSON       `json:"session,omitempty"`
}

type matchedClassJSON struct {
	Class         string     `json:"class"`
	Requires      string     `json:"requires,omitempty"`
	Met           bool       `json:"met"`
	First         *firstJSON `json:"first,omitempty"`
	StandingSince *time.Time `json:"standing_since,omitempty"`
	Key           string     `json:"key,omitempty"`
}

type sessionJSON struct {
	LastOn    *time.Time `json:"last_on"`
	LastOff   *time.Time `json:"last_off"`
	Connected bool       `json:"connected"`
	Sample    time.Time  `json:"sample"`
	Hours     int        `json:"hours"`
	HoursFrom time.Time  `json:"hours_from"`
}

// wholeNumber is a JSON number of any size.
type wholeNumber wide.Int

func (n wholeNumber) MarshalJSON() ([]byte, error) { return []byte(wide.Int(n).String()), nil }

func explain(r *admitted) (any, error) {
	period, err := periodAsked(r.Query)
	if err != nil {
		return nil, err
	}
	x, err := r.Book.Explain(r.Context(), ledger.ExplainQuery{
		Organization: r.Organization, Meter: r.Query.Get("meter"), Window: r.Query.Get("window"), Period: period, User: r.Query.Get("user"),
	})
	if err != nil {
		return nil, refuseQuestion(err)
	}
	out := &explanationJSON{
		Organization: x.Organization, Meter: x.Meter, Type: x.Type.String(), Unit: x.Unit, Window: x.Window, Period: x.Period,
		Start: x.Start, End: x.End, Timezone: x.Zone, AnchorDay: x.Anchor, AsOf: x.AsOf, State: string(x.State),
		Definition: dated(x.Definition), Incomplete: x.Incomplete, Sampled: x.Sampled,
	}
	if x.User != nil {
		out.User = explainedUser(x.User)
		return out, nil
	}
	out.whole(x)
	return out, nil
}

// whole is of the whole figure.
func (out *explanationJSON) whole(x *ledger.Explanation) {
	for _, c := range x.Classes {
		out.Classes = append(out.Classes, classJSON{c.Name, c.Users, c.Billable, c.Requires, append([]string{}, c.Actions...), c.Condition})
	}
	if x.Type == usage.Consumption {
		sum, events := millionths(x.Sum), wholeNumber(x.Events)
		out.Sum, out.Events = &sum, &events
	}
	if p := x.Peaks; p != nil {
		of := func(p meter.Peak) peakJSON { return peakJSON{p.Max, p.Hits} }
		out.Peaks = &peaksJSON{Connected: of(p.Connected), Hours: of(p.Hours), Busiest: append([]time.Time{}, p.Busiest...)}
		if p.NetKnown {
			net := of(p.Net)
			out.Peaks.Net = &net
		}
	}
	if q := x.Quota; q != nil {
		out.Quota = &explainedQuota{
			Limit: millionths(q.Limit), Used: millionths(q.Used), Remaining: millionths(q.Remaining), Overage: millionths(q.Overage),
			Ratio: number(q.Ratio), FlexPrice: q.FlexPrice, Currency: q.Currency,
		}
		for _, t := range q.Thresholds {
			out.Quota.Thresholds = append(out.Quota.Thresholds, thresholdJSON(t))
		}
	}
	for i := range x.Versions {
		v := &x.Versions[i]
		reason := []reasonJSON{}
		for _, of := range v.Reason {
			reason = append(reason, reasonJSON(of))
		}
		out.Versions = append(out.Versions, explainedVersion{v.Number, v.Made, reason, millionths(v.Used)})
	}
	if x.Billed != 0 {
		out.AsBilled = &x.Billed
	}
}

func explainedUser(u *ledger.UserExplanation) *explainedUserJSON {
	out := &explainedUserJSON{ID: u.ID, Verdict: string(u.Verdict), Became: u.Became, StatusThen: u.StatusThen.String()}
	if u.Person != nil {
		person := userOf(u.Person)
		out.Person = &person
	}
	if u.Part != nil {
		part := partOf(u.Part)
		out.Part = &part
	}
	for _, c := range u.Classes {
		out.Classes = append(out.Classes, matchedClassJSON{c.Name, c.Requires, c.Met, firstOf(c.First), instant(c.StandingSince), c.Key})
	}
	if s := u.Session; s != nil {
		out.Session = &sessionJSON{instant(s.LastOn), instant(s.LastOff), s.Connected, s.Sample, s.Hours, s.HoursFrom}
	}
	return out
}
