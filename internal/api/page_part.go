// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// listPart is what one shard has of the list: the first rows of what matches.
type listPart struct {
	Total, Matching int
	Rows            []row
}

// row is an organization of the list. Organization is nil until it is needed of
// this ledger, or where it was removed meanwhile.
type row struct {
	listed
	Organization *overview.Organization
}

func rowOf(b Book, l listed, c usage.Collection) row {
	r := row{listed: l}
	if status, found := b.Status(l.ID); found {
		o := organization(l, &status, c)
		r.Organization = &o
	}
	return r
}

// rowJSON is a row on the wire, see [reporter.WireVersion].
type rowJSON struct {
	listed
	Shown *shownJSON
}

// shownJSON has the zone by its name and the figures with values that JSON has no
// number for; both hide those within.
type shownJSON struct {
	overview.Organization
	Zone    string
	Figures []figureText
}

type figureText struct {
	Series *usage.Series
	Value  string
}

// MarshalJSON writes a row for another shard.
func (r row) MarshalJSON() ([]byte, error) {
	w := rowJSON{listed: r.listed}
	if o := r.Organization; o != nil {
		w.Shown = &shownJSON{Organization: *o, Zone: o.Zone.String()}
		for _, f := range o.Figures {
			w.Shown.Figures = append(w.Shown.Figures, figureText{f.Series, strconv.FormatFloat(f.Value, 'g', -1, 64)})
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads a row of another shard.
func (r *row) UnmarshalJSON(text []byte) error {
	var w rowJSON
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*r = row{listed: w.listed}
	if w.Shown == nil {
		return nil
	}
	o := w.Shown.Organization
	var err error
	if o.Zone, err = time.LoadLocation(w.Shown.Zone); err != nil {
		return fmt.Errorf("organization %q: %w", o.ID, err)
	}
	o.Figures = make([]usage.Figure, len(w.Shown.Figures))
	for i, f := range w.Shown.Figures {
		o.Figures[i].Series = f.Series
		if o.Figures[i].Value, err = strconv.ParseFloat(f.Value, 64); err != nil {
			return fmt.Errorf("organization %q: %s: %w", o.ID, f.Series.Name, err)
		}
	}
	r.Organization = &o
	return nil
}
