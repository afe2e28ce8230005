// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// explanation is what the usage API says of a figure, as far as it is printed.
type explanation struct {
	Organization, Meter, Type, Unit, Window, Period string

	Start, End time.Time
	Timezone   string
	AsOf       time.Time `json:"as_of"`
	State      string
	Definition *string
	Incomplete bool
	Sampled    bool

	User *struct {
		ID, Verdict, Became string
		StatusThen          string `json:"status_then"`
		Person              *user
		Part                *userPart
		Classes             []matchedClass
		Session             *struct {
			LastOn    *time.Time `json:"last_on"`
			LastOff   *time.Time `json:"last_off"`
			Connected bool
			Sample    time.Time
			Hours     int
		}
	}

	Classes []struct {
		Class     string
		Users     int64
		Billable  bool
		Requires  string
		Actions   []string
		Condition string
	}
	Sum, Events json.Number
	Peaks       *struct {
		Connected peak        `json:"connected_users"`
		Net       *peak       `json:"net_connected_users"`
		Hours     peak        `json:"users_in_the_hour"`
		Busiest   []time.Time `json:"busiest_hours"`
	}
	Quota *struct {
		Limit, Used, Remaining, Overage json.Number

		Ratio     any
		FlexPrice string `json:"flex_price"`
		Currency  string
	}
	Versions []statementVersion
	AsBilled *uint32 `json:"as_billed"`
}

type peak struct{ Users, Hits uint32 }

type matchedClass struct {
	Class, Requires string
	Met             bool
	First           *firstItem
	StandingSince   *time.Time `json:"standing_since"`
	Key             string
}

// explanationOutputs are the forms in which explanations are printed.
var explanationOutputs = map[string]func(io.Writer, []fact, json.RawMessage) error{
	"table": tableOfFacts, "csv": csvOfFacts, "json": func(w io.Writer, _ []fact, raw json.RawMessage) error {
		var b bytes.Buffer
		if err := json.Indent(&b, raw, "", "  "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err := b.WriteTo(w)
		return err
	},
}

func newExplainCommand() *cobra.Command {
	var (
		client         apiClient
		period, output string
	)
	cmd := &cobra.Command{
		Use:   "explain ORGANIZATION METER WINDOW [USER]",
		Short: "Say how a figure comes about, or why a user counts",
		Long: `Says how the figure of a meter and window comes about: its period, the definition
in force, users by class, the sum or the peaks, the quota, and of a closed period
the versions of its statement. With a user it says whether they count, in which
class, by which action, when, from which signal and under which definition; or
why not.`,
		Example: `  usagectl explain acme workspace_users month
  usagectl explain acme workspace_users month ann@example.org
  usagectl explain acme api_calls month --period previous --output json`,
		Args: arguments(cobra.RangeArgs(3, 4)),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, known := explanationOutputs[output]
			if !known {
				return wrongUsage{fmt.Errorf("--output %q: use table, json or csv", output)}
			}
			query := url.Values{"meter": {args[1]}, "window": {args[2]}, "period": {period}}
			if len(args) > 3 {
				query.Set("user", args[3])
			}
			var raw json.RawMessage
			if err := client.get(cmd.Context(), "organizations/"+site.Segment(args[0])+"/explain", query, &raw); err != nil {
				return err
			}
			var x explanation
			if err := json.Unmarshal(raw, &x); err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), x.facts(), raw)
		},
	}
	client.flags(cmd)
	cmd.Flags().StringVar(&period, "period", "current", "current, previous or 2_ago")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or csv")
	complete(cmd, "period", "current", "previous", "2_ago")
	complete(cmd, "output", "table", "json", "csv")
	return cmd
}

// fact is a line of an explanation.
type fact struct{ name, text string }

func tableOfFacts(w io.Writer, facts []fact, _ json.RawMessage) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range facts {
		_, _ = fmt.Fprintf(t, "%s\t%s\n", f.name, f.text) // Flush returns the error
	}
	return t.Flush()
}

func csvOfFacts(w io.Writer, facts []fact, _ json.RawMessage) error {
	out := sheet.NewCSV(w, "what", "is")
	for _, f := range facts {
		out.Row(sheet.Text(f.name), sheet.Text(f.text))
	}
	return out.Close()
}

func (x *explanation) facts() []fact {
	facts := []fact{
		{"figure", fmt.Sprintf("%s of %s, %s, %s", x.Meter, x.Organization, x.Window, x.Period)},
		{"period", fmt.Sprintf("from %s to %s (%s), %s", written(&x.Start), written(&x.End), x.Timezone, x.State)},
		{"definition", since(x.Definition)},
		{"as of", written(&x.AsOf)},
	}
	if x.Incomplete {
		facts = append(facts, fact{"incomplete", "a limit refused users: there are more"})
	}
	if x.Sampled {
		facts = append(facts, fact{"sampled", "a sampler left items out: there may be more"})
	}
	if x.User != nil {
		return append(facts, x.ofUser()...)
	}
	return append(facts, x.ofWhole()...)
}

func since(definition *string) string {
	if definition == nil {
		return "the first one"
	}
	return "of " + *definition
}

func (x *explanation) ofWhole() (facts []fact) {
	for _, c := range x.Classes {
		text := fmt.Sprintf("%d users, by %s", c.Users, strings.Join(c.Actions, ", "))
		for _, more := range []struct {
			is   bool
			text string
		}{{c.Condition != "", " if " + c.Condition}, {c.Requires != "", ", who are " + c.Requires}, {c.Billable, ", billable"}} {
			if more.is {
				text += more.text
			}
		}
		facts = append(facts, fact{strings.TrimSpace("class " + c.Class), text})
	}
	if x.Sum != "" {
		facts = append(facts, fact{"sum", fmt.Sprintf("%s %s of %s events", x.Sum, x.Unit, x.Events)})
	}
	if p := x.Peaks; p != nil {
		facts = append(facts, fact{"users in the hour", fmt.Sprintf("%d at most, in %d hours%s", p.Hours.Users, p.Hours.Hits, at(p.Busiest))},
			fact{"connected users", fmt.Sprintf("%d at most, in %d samples", p.Connected.Users, p.Connected.Hits)})
		if p.Net != nil {
			facts = append(facts, fact{"net connected users", fmt.Sprintf("%d at most, in %d samples", p.Net.Users, p.Net.Hits)})
		}
	}
	if q := x.Quota; q != nil {
		text := fmt.Sprintf("%s of %s used (%s), %s remaining, %s over", q.Used, q.Limit, percent(q.Ratio), q.Remaining, q.Overage)
		if q.FlexPrice != "" {
			text += fmt.Sprintf(" at %s %s each", q.FlexPrice, q.Currency)
		}
		facts = append(facts, fact{"quota", text})
	}
	for i := range x.Versions {
		v := &x.Versions[i]
		text := fmt.Sprintf("%s used, %s, made %s", v.Used, v.why(), v.Made.Format(time.RFC3339))
		if x.AsBilled != nil && *x.AsBilled == v.Version {
			text += ", as billed"
		}
		facts = append(facts, fact{fmt.Sprintf("version %d", v.Version), text})
	}
	return facts
}

// at lists times, of many the first.
func at(times []time.Time) string {
	if len(times) == 0 {
		return ""
	}
	return ", first at " + times[0].Format(time.RFC3339)
}

// verdicts are what each means.
var verdicts = map[string]string{
	"counts": "yes", "not_known": "no: the organization never had an item of this user", "no_action": "no: nothing of this meter in this period",
	"status_unmet": "no: the user has not the status that the class requires", "not_by_user": "it is not kept by user", "erased": "the user was erased; what they did still counts",
}

func (x *explanation) ofUser() []fact {
	u := x.User
	facts := []fact{{"user", u.ID}}
	if u.Became != "" {
		facts = append(facts, fact{"is now", u.Became + ", by an alias; what follows is of both"})
	}
	facts = append(facts, fact{"counts", verdicts[u.Verdict]})
	if u.Part != nil && u.Part.Class != "" {
		facts = append(facts, fact{"class", u.Part.Class})
	}
	if u.StatusThen != "" {
		facts = append(facts, fact{"status then", u.StatusThen})
	}
	for i := range u.Classes {
		facts = append(facts, u.Classes[i].facts()...)
	}
	if u.Part != nil && u.Part.Sum != "" {
		facts = append(facts, fact{"sum", u.Part.Sum.String() + " " + x.Unit})
	}
	if s := u.Session; s != nil {
		facts = append(facts, fact{"hours", strconv.Itoa(s.Hours)}, fact{"last logon or activity", written(s.LastOn)}, fact{"last logoff", written(s.LastOff)},
			fact{"connected", fmt.Sprintf("%t, at the sample of %s", s.Connected, written(&s.Sample))})
	}
	if u.Person != nil {
		facts = append(facts, fact{"last activity", written(u.Person.LastActivity)})
	}
	return facts
}

// facts of what a user did that a class takes.
func (c *matchedClass) facts() (facts []fact) {
	name := strings.TrimSpace("matched " + c.Class)
	if !c.Met {
		facts = append(facts, fact{name, "requires the status " + c.Requires})
	}
	if f := c.First; f != nil {
		text := fmt.Sprintf("first by %s at %s, definition %s", f.by(), written(&f.Time), since(f.Definition))
		if f.UID != "" {
			text += ", uid " + f.UID
		}
		facts = append(facts, fact{name, text})
	}
	if c.StandingSince != nil {
		facts = append(facts, fact{name, fmt.Sprintf("standing activity %s since %s", c.Key, written(c.StandingSince))})
	}
	if facts == nil {
		facts = []fact{{name, "by an action whose first time is not kept for this window"}}
	}
	return facts
}

// percent is a share to one decimal; of a limit of 0 what the API says.
func percent(ratio any) string {
	text := fmt.Sprint(ratio)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) {
		return text
	}
	return strconv.FormatFloat(100*n, 'f', 1, 64) + " %"
}
