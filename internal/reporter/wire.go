// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A part goes from shard to shard as JSON of its own fields: its form belongs to
// the version that both have to be of, see [WireVersion].

// WireVersion is that of all that shards tell each other. It changes with each
// change of a type below, which a test holds.
const WireVersion = 1

// partJSON is a Part on the wire, without its users.
type partJSON struct {
	Period, Window string
	Titles         usage.Titles
	Organizations  []organizationJSON
	Subjects       int
	Begun, Known   bool
	Since          time.Time
}

// organizationJSON has the zone by its name, which hides the one within.
type organizationJSON struct {
	report.Organization
	Zone string
}

// MarshalJSON writes a part, but for its users.
func (p *Part) MarshalJSON() ([]byte, error) {
	w := partJSON{
		Period: p.Span.Name, Window: p.Span.Window.String(), Titles: p.Titles,
		Subjects: p.Subjects, Begun: p.Begun, Known: p.Known, Since: p.Since,
	}
	for i := range p.Organizations {
		w.Organizations = append(w.Organizations, organizationJSON{p.Organizations[i], p.Organizations[i].Zone.String()})
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads a part, which has to be of this version in full.
func (p *Part) UnmarshalJSON(text []byte) error {
	var w partJSON
	err := json.Unmarshal(text, &w)
	if err != nil {
		return err
	}
	*p = Part{Titles: w.Titles, Subjects: w.Subjects, Begun: w.Begun, Known: w.Known, Since: w.Since}
	if p.Span, err = report.ParseSpan(w.Period, w.Window); err != nil {
		return err
	}
	for i := range w.Organizations {
		o := w.Organizations[i].Organization
		if o.Zone, err = time.LoadLocation(w.Organizations[i].Zone); err != nil {
			return fmt.Errorf("organization %q: %w", o.ID, err)
		}
		p.Organizations = append(p.Organizations, o)
	}
	return nil
}

// WriteUsers writes the users of a part, one a line.
func (p *Part) WriteUsers(w io.Writer) error {
	lines := json.NewEncoder(w)
	for u, err := range p.Users {
		if err != nil {
			return err
		}
		if err := lines.Encode(u); err != nil {
			return err
		}
	}
	return nil
}

// ReadUsers calls yield with each user that WriteUsers has written, and with the
// error that ends them before their end. It reports whether all were taken.
func ReadUsers(r io.Reader, yield func(report.User, error) bool) bool {
	for lines := json.NewDecoder(r); ; {
		var u report.User
		switch err := lines.Decode(&u); {
		case err == io.EOF: //nolint:errorlint // of a broken answer it is another
			return true
		case err != nil:
			yield(report.User{}, err)
			return false
		case !yield(u, nil):
			return false
		}
	}
}
