// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package versions

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Meter is a meter as the ledger keeps it: with all versions of its
// definition. Its place in the list is its number for good.
type Meter struct {
	Meter   usage.Meter
	Retired bool            // no longer configured
	Since   []period.Minute // by window: 0, or when it came later than the ledger
	// RetiredAt is since when it is not; 0 where that is not known, or it is.
	RetiredAt period.Minute
}

// Merge brings the stored meters to what is configured. changed
// tells that the organizations' states have to be converted.
func Merge(old []Meter, configured []usage.Meter, now int64) (merged []Meter, changed bool, err error) {
	merged = slices.Clone(old)
	seen := map[string]bool{}
	var errs []error
	for _, m := range configured {
		seen[m.Name] = true
		i := slices.IndexFunc(merged, func(s Meter) bool { return s.Meter.Name == m.Name })
		if i < 0 {
			s := Meter{Meter: m}
			if len(old) > 0 {
				s.Since = slices.Repeat([]period.Minute{period.Floor(now)}, len(m.Windows))
			}
			merged, changed = append(merged, s), true
			continue
		}
		s, differs, err := mergeMeter(merged[i], m, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("meters::%s: %w", m.Name, err))
			continue
		}
		merged[i], changed = s, changed || differs
	}
	for i := range merged {
		if retired := !seen[merged[i].Meter.Name]; retired != merged[i].Retired {
			merged[i].Retired, merged[i].RetiredAt, changed = retired, 0, true
			if retired {
				merged[i].RetiredAt = period.Floor(now)
			}
		}
	}
	return merged, changed, errors.Join(errs...)
}

// maxNumber bounds what is numbered by a byte on disk.
const maxNumber = 254

// mergeMeter adds a configured definition to a stored meter as a new version,
// where it differs.
func mergeMeter(s Meter, m usage.Meter, now int64) (_ Meter, changed bool, err error) {
	for _, fixed := range []struct {
		key      string
		old, new any
	}{
		{"type", s.Meter.Type, m.Type},
		{"unit", s.Meter.Unit, m.Unit},
		{"corrections", s.Meter.Corrections, m.Corrections},
		{"sample_interval", s.Meter.SampleInterval, m.SampleInterval},
		{"idle_timeout", s.Meter.IdleTimeout, m.IdleTimeout},
		{"settle", s.Meter.Settle, m.Settle},
	} {
		if fixed.old != fixed.new {
			return s, false, fmt.Errorf("%s is %v, but this ledger has counted with %v: a meter keeps it for good; set it back, or give the new meter another name", fixed.key, fixed.new, fixed.old)
		}
	}
	old := s.Meter
	s.Meter = m
	s.Meter.Versions, s.Meter.Classes = slices.Clone(old.Versions), slices.Clone(old.Classes)
	version := renumber(&s.Meter, &m)
	last := *newest(&old)
	if !sameDefinition(last, version) {
		if version.EffectiveFrom.Compare(last.EffectiveFrom) <= 0 || beforeToday(version.EffectiveFrom, now) {
			return s, false, fmt.Errorf("effective_from %q: the definition has changed, and a changed one takes effect on a later day than the last (%s) and not in the past; nothing is applied backwards", date(version.EffectiveFrom), date(last.EffectiveFrom))
		}
		s.Meter.Versions = append(s.Meter.Versions, version)
	}
	if err := sameBreakdowns(&old, &m); err != nil {
		return s, false, err
	}
	s.Since = sinceOf(s.Since, old.Windows, m.Windows, now)
	if s.Retired { // what came meanwhile was not counted
		s.Since = slices.Repeat([]period.Minute{period.Floor(now)}, len(m.Windows))
	}
	if len(s.Meter.Versions) > maxNumber || len(s.Meter.Classes) > maxNumber || len(s.Meter.Breakdowns) >= maxNumber {
		return s, false, fmt.Errorf("it has more than %d definitions, classes or breakdowns by now; give a new meter another name", maxNumber)
	}
	return s, !reflect.DeepEqual(old, s.Meter), nil
}

// sameBreakdowns refuses what would number stored breakdowns and averages
// anew; more of them may come after those that are there.
func sameBreakdowns(old, m *usage.Meter) error {
	for i, b := range old.Breakdowns {
		if i >= len(m.Breakdowns) || m.Breakdowns[i].Dimension != b.Dimension || m.Breakdowns[i].Attribute != b.Attribute {
			return fmt.Errorf("breakdowns::%s: this ledger has counted by it; keep it with attribute %q, and name new breakdowns so that they sort behind it, or give the new meter another name", b.Dimension, b.Attribute)
		}
	}
	return nil
}

// renumber returns the newest version of m with its classes numbered as in
// into, which gets those that are new.
func renumber(into, m *usage.Meter) usage.Version {
	numbers := make([]uint8, len(m.Classes))
	for i, name := range m.Classes {
		n := slices.Index(into.Classes, name)
		if n < 0 {
			n = len(into.Classes)
			into.Classes = append(into.Classes, name)
		}
		numbers[i] = uint8(n)
	}
	v := *newest(m)
	v.Classes = slices.Clone(v.Classes)
	for i := range v.Classes {
		v.Classes[i].Index = numbers[v.Classes[i].Index]
	}
	if v.Standing != nil {
		standing := *v.Standing
		standing.Class = numbers[standing.Class]
		v.Standing = &standing
	}
	return v
}

func sameDefinition(a, b usage.Version) bool {
	a.EffectiveFrom = b.EffectiveFrom
	return reflect.DeepEqual(normal(a), normal(b))
}

// normal makes no difference between no list and an empty one.
func normal(v usage.Version) usage.Version {
	for _, list := range []*[]string{&v.Logon, &v.Activity, &v.Logoff, &v.Hourly} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	return v
}

func sinceOf(since []period.Minute, old, windows []usage.Window, now int64) []period.Minute {
	out := make([]period.Minute, len(windows))
	for i, w := range windows {
		switch j := slices.Index(old, w); {
		case j < 0:
			out[i] = period.Floor(now)
		case j < len(since):
			out[i] = since[j]
		}
	}
	return out
}

// beforeToday leaves a day's room for zones ahead of UTC.
func beforeToday(d usage.Date, now int64) bool {
	y, m, day := time.Unix(0, now).UTC().AddDate(0, 0, -1).Date()
	return d.Compare(usage.Date{Year: y, Month: m, Day: day}) < 0
}

func date(d usage.Date) string {
	if d == (usage.Date{}) {
		return "none"
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Extraction is what extract works by: all meters under their numbers, those
// that are retired without actions.
func Extraction(x usage.Extraction, meters []Meter) usage.Extraction {
	x.Meters = make([]usage.Meter, len(meters))
	for i, s := range meters {
		x.Meters[i] = s.Meter
		if s.Retired {
			x.Meters[i].Versions = nil
		}
	}
	return x
}

// newest returns the newest version of a meter's definition.
func newest(m *usage.Meter) *usage.Version { return &m.Versions[len(m.Versions)-1] }
