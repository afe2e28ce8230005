// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Statement is the record of a closed period of one meter's window, with all
// its versions.
type Statement struct {
	Organization string
	Meter        string
	Window       string
	Start, End   time.Time // UTC
	Zone         string    // and anchor, by which the period was cut
	Anchor       int
	// Definition is when the meter's definition that was in force just before
	// the end took effect; the zero Date: it always was.
	Definition usage.Date
	// Quota is the quota on this window at the period's end, nil where there
	// was none.
	Quota *Quota
	// Billed is the version that was current when the period was billed; 0:
	// it was not.
	Billed uint32
	// Versions, oldest first. The last one is current.
	Versions []Version
}

// Quota is what the catalogue said when the period ended.
type Quota struct {
	Limit     wide.Int // millionths
	FlexPrice string   // decimal; "" where overage is not billed
	Currency  string
}

// Version is what was known of the period at a time.
type Version struct {
	Number uint32
	Made   time.Time
	// Reason is what came since the version before; none where the period was
	// closed with this version.
	Reason []Revised
	// Used is what a quota counts: billable classes of active users, the peak
	// of users in the hour, or the sum. In millionths.
	Used wide.Int
	// Figures of the period, as the series of the same names have them.
	Figures []Figure
}

// Revised is how many events of a kind revised a period.
type Revised struct {
	Kind   string
	Events uint32
}

// Figure is one number of a statement.
type Figure struct {
	Name   string
	Labels []usage.Label // besides organization, meter, window and period
	Value  wide.Int      // millionths
}

// Current returns the version in force.
func (s *Statement) Current() *Version { return &s.Versions[len(s.Versions)-1] }

// Delta returns how the figures of the i-th version differ from those of the
// one before; of the first it is empty.
func (s *Statement) Delta(i int) (delta []Figure) {
	if i == 0 {
		return nil
	}
	before := map[string]*Figure{}
	for n := range s.Versions[i-1].Figures {
		f := &s.Versions[i-1].Figures[n]
		before[f.key()] = f
	}
	for _, f := range s.Versions[i].Figures {
		if was := before[f.key()]; was != nil {
			delete(before, f.key())
			f.Value = f.Value.Sub(was.Value)
		}
		if f.Value.Sign() != 0 {
			delta = append(delta, f)
		}
	}
	for _, was := range s.Versions[i-1].Figures { // a value that has nothing any more
		if before[was.key()] != nil && was.Value.Sign() != 0 {
			was.Value = was.Value.Neg()
			delta = append(delta, was)
		}
	}
	return delta
}

func (f *Figure) key() string {
	var key strings.Builder
	key.WriteString(f.Name)
	for _, l := range f.Labels {
		key.WriteString("\x00" + l.Name + "\x00" + l.Value)
	}
	return key.String()
}
