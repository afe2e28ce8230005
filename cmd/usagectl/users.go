// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// user is what the usage API says of a user, as far as it is printed.
type user struct {
	ID           string
	Place        uint32
	Status       string
	LastActivity *time.Time `json:"last_activity"`
	Meters       []userPart
}

type userPart struct {
	Meter    string
	Type     string
	Counts   *bool
	Class    string
	Standing bool
	First    *firstItem
	Last     *time.Time
	Sum      json.Number
	Hours    int
}

type firstItem struct {
	Time                time.Time
	Action, Signal, UID string
	Definition          *string
}

func newUsersCommand() *cobra.Command {
	var (
		client  apiClient
		filters [4]string
		output  string
	)
	names := [...]string{"meter", "window", "period", "limit"}
	cmd := &cobra.Command{
		Use:   "users ORGANIZATION",
		Short: "Show who was counted in a period",
		Long: `Shows each user with anything in a period, by id: their status, class, first and
last activity, the action that made them count, and what they consumed; from the
usage API of a running collector. Periods are the running one and the two before.`,
		Example: `  usagectl users acme --meter workspace_users --window month
  usagectl users acme --meter workspace_users --window month --period previous --output csv > users.csv
  usagectl users acme --window 30d --limit 100 --output json`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := url.Values{}
			for i, name := range names {
				if filters[i] != "" {
					query.Set(name, filters[i])
				}
			}
			path := "organizations/" + site.Segment(args[0]) + "/users"
			switch output {
			case "csv":
				query.Set("format", "csv")
				_, err := client.download(cmd.Context(), path, query, "", cmd.OutOrStdout(), cmd.ErrOrStderr())
				return err
			case "json":
				return client.listUsers(cmd.Context(), path, query, newListOfUsers(cmd.OutOrStdout()))
			case "table":
				return client.listUsers(cmd.Context(), path, query, newTableOfUsers(cmd.OutOrStdout(), filters[0]))
			}
			return wrongUsage{fmt.Errorf("--output %q: use table, json or csv", output)}
		},
	}
	client.flags(cmd)
	for i, usage := range []string{
		"users of whom this meter has something (default: any)", "window: hour, day, week, month, quarter, half, year, cycle, or a rolling one as 30d",
		"current, previous or 2_ago", "how many users at the most (default: all)",
	} {
		cmd.Flags().StringVar(&filters[i], names[i], map[string]string{"window": "month", "period": "current"}[names[i]], usage)
	}
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or csv")
	complete(cmd, "period", "current", "previous", "2_ago")
	complete(cmd, "output", "table", "json", "csv")
	return cmd
}

// usersPrinter prints users one by one: there may be millions.
type usersPrinter interface {
	user(raw json.RawMessage) error
	end() error
}

// listUsers has each user of an answer printed as it comes.
func (c *apiClient) listUsers(ctx context.Context, path string, query url.Values, to usersPrinter) error {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	response, err := c.ask(ctx, http.MethodGet, "/api/v1/"+path+"?"+query.Encode())
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	if response.StatusCode != http.StatusOK {
		return c.refused(response)
	}
	d := json.NewDecoder(response.Body)
	if err := find(d, "users"); err != nil {
		return fmt.Errorf("%s does not answer as the usage API does: %w", c.address, err)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("the answer broke off: %w", err)
		}
		if err := to.user(raw); err != nil {
			return err
		}
	}
	for open := 3; open > 0; { // the list, the data and the envelope: else it is not whole
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("the answer broke off: %w", err)
		}
		if _, ends := token.(json.Delim); ends {
			open--
		}
	}
	return to.end()
}

// find goes to the first element of a list, by its name.
func find(d *json.Decoder, name string) error {
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		if token == name {
			_, err := d.Token()
			return err
		}
	}
}

// listOfUsers prints a JSON array.
type listOfUsers struct {
	w         io.Writer
	separator string
}

func newListOfUsers(w io.Writer) *listOfUsers { return &listOfUsers{w, "["} }

func (l *listOfUsers) user(raw json.RawMessage) error {
	_, err := fmt.Fprintf(l.w, "%s%s", l.separator, raw)
	l.separator = ",\n"
	return err
}

func (l *listOfUsers) end() error {
	if l.separator == "[" {
		_, err := fmt.Fprintln(l.w, "[]")
		return err
	}
	_, err := fmt.Fprintln(l.w, "]")
	return err
}

// tableOfUsers prints a row for each meter that has something of a user, or of
// one.
type tableOfUsers struct {
	w     io.Writer
	t     *tabwriter.Writer
	meter string
	rows  int
}

func newTableOfUsers(w io.Writer, meter string) *tableOfUsers {
	return &tableOfUsers{w: w, t: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), meter: meter}
}

// alignedRows are as many as share the width of columns.
const alignedRows = 500

func (p *tableOfUsers) user(raw json.RawMessage) error {
	var u user
	if err := json.Unmarshal(raw, &u); err != nil {
		return err
	}
	for i := range u.Meters {
		part := &u.Meters[i]
		if p.meter != "" && part.Meter != p.meter {
			continue
		}
		if p.rows == 0 {
			_, _ = fmt.Fprintln(p.t, "USER\tSTATUS\tMETER\tCOUNTS\tSINCE\tBY\tLAST ACTIVITY") // Flush returns the error
		}
		since, by := part.why()
		_, _ = fmt.Fprintf(p.t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name(u.ID), u.Status, part.Meter, part.what(), since, by, written(u.LastActivity)) // as above
		if p.rows++; p.rows%alignedRows == 0 {
			if err := p.t.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *tableOfUsers) end() error {
	if p.rows == 0 {
		_, err := fmt.Fprintln(p.w, "nobody has anything in this period")
		return err
	}
	return p.t.Flush()
}

func name(id string) string {
	if id == "" {
		return "(erased)"
	}
	return id
}

func written(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// what is what counts of a user.
func (p *userPart) what() string {
	switch {
	case p.Counts != nil && !*p.Counts:
		return "no: status"
	case p.Counts != nil && p.Class == "":
		return "yes"
	case p.Counts != nil:
		return p.Class
	case p.Sum != "":
		return p.Sum.String()
	case p.Hours > 0:
		return strconv.Itoa(p.Hours) + " hours"
	}
	return "connected"
}

// why is when and by what a user began to count.
func (p *userPart) why() (since, by string) {
	switch {
	case p.First != nil:
		return written(&p.First.Time), p.First.by()
	case p.Standing:
		return "", "standing activity"
	}
	return "", ""
}

func (f *firstItem) by() string {
	by := f.Action
	if f.Signal != "" {
		by += " (" + f.Signal + ")"
	}
	return strings.TrimSpace(by)
}
