// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// statement checks what is recorded of the period of a meter's window that
// begins on a date: `none`, or its versions.
func (r *run) statement(s *step) error {
	if len(s.args) != 4 {
		return errors.New("write: statement ORGANIZATION METER WINDOW DATE")
	}
	found, err := r.findStatement(s.args)
	if err != nil {
		return err
	}
	var version *archive.Version
	for i, line := range s.body {
		words := strings.Fields(line)
		if version, err = r.expectStatement(found, version, words, strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("line %d: %s: %w", s.at[i], strings.TrimSpace(line), err)
		}
	}
	return nil
}

// findStatement returns the statement, or nil.
func (r *run) findStatement(args []string) (*archive.Statement, error) {
	all, err := r.ledger.Statements(context.Background(), ledger.StatementQuery{Organization: args[0], Meter: args[1], Window: args[2]})
	if err != nil {
		return nil, err
	}
	for i := range all {
		zone, err := time.LoadLocation(all[i].Zone)
		if err != nil {
			return nil, err
		}
		if all[i].Start.In(zone).Format(time.DateOnly) == args[3] {
			return &all[i], nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// expectStatement checks a line; one that names a version is followed by its
// figures.
func (r *run) expectStatement(s *archive.Statement, v *archive.Version, words []string, line string) (*archive.Version, error) {
	switch {
	case words[0] == "none":
		if (s == nil) == r.falsified() {
			return nil, errors.New("there is one, or should be")
		}
		return nil, nil
	case s == nil:
		return nil, errors.New("there is no such statement")
	case strings.HasPrefix(words[0], "usage_"):
		return v, r.expectInVersion(v, line)
	case words[0] != "version":
		return v, r.same(property(s, words[0]), strings.Join(words[1:], " "))
	}
	i := slices.IndexFunc(s.Versions, func(v archive.Version) bool { return strconv.Itoa(int(v.Number)) == words[1] })
	if i < 0 {
		return nil, fmt.Errorf("there are %d versions", len(s.Versions))
	}
	v = &s.Versions[i]
	got := v.Made.Format(time.RFC3339)
	var rest strings.Builder
	for _, reason := range v.Reason {
		fmt.Fprintf(&rest, " %s=%d", reason.Kind, reason.Events)
	}
	got += rest.String()
	return v, r.same(got, strings.Join(words[2:], " "))
}

// property is what a statement says besides its figures.
func property(s *archive.Statement, name string) string {
	switch name {
	case "versions":
		return strconv.Itoa(len(s.Versions))
	case "from":
		return s.Start.Format(time.RFC3339)
	case "to":
		return s.End.Format(time.RFC3339)
	case "zone":
		return s.Zone
	case "definition":
		return s.Definition.String()
	case "billed":
		return strconv.Itoa(int(s.Billed))
	case "quota":
		if s.Quota == nil {
			return "none"
		}
		return strings.TrimSpace(fmt.Sprint(s.Quota.Limit.Decimal(6), " ", s.Quota.FlexPrice, " ", s.Quota.Currency))
	}
	return "no such property: " + name
}

// expectInVersion checks a figure of a version as that of a collection.
func (r *run) expectInVersion(v *archive.Version, line string) error {
	if v == nil {
		return errors.New("name the version before its figures")
	}
	collected := r.figures
	defer func() { r.figures = collected }()
	r.figures = nil
	for _, f := range v.Figures {
		labels := map[string]string{}
		for _, l := range f.Labels {
			labels[l.Name] = l.Value
		}
		r.figures = append(r.figures, figure{name: f.Name, labels: labels, value: f.Value.Over(usage.Micro)})
	}
	return r.expect(line)
}
