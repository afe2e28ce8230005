// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// organizationLabel is the label that INTERFACE gives every series.
const organizationLabel = "organization"

var staleMarker = math.Float64frombits(value.StaleNaN)

// written remembers, per organization, the series that Write has written and
// not yet ended, and the counters that it has ended.
type written map[string]*organizationSeries

type organizationSeries struct {
	series map[*usage.Series]*writtenSeries
	// current counts the series that the running Write has met.
	current int
}

// writtenSeries is what one usage.Series is to the TSDB.
type writtenSeries struct {
	ref    storage.SeriesRef // 0: not known since the store was opened
	labels labels.Labels
	at     int64 // of the last Write that had it, ms since 1970
	ended  bool  // since then; of counters, which then go on where they stopped
}

func (w written) forgetRefs() {
	for _, o := range w {
		for _, s := range o.series {
			s.ref = 0
		}
	}
}

// Write stores a ledger's figures in one transaction. A series that an earlier
// Write had and this one has not ends here: it gets a stale marker, so that a
// query does not see its last value for five minutes more. A counter that is
// new begins with a zero a minute earlier, so that its first value is an
// increase; in the first Write only those of a ledger that began lately are new.
//
// It trusts collection.At: one far in the future makes every later sample too
// old. Collections must come in the order of their time.
func (s *Store) Write(collection usage.Collection) error {
	s.append.Lock()
	defer s.append.Unlock()
	b, err := s.begin(context.Background())
	if err != nil {
		return err
	}
	t := collection.At.UnixMilli()
	var began time.Time // counters are new that began later
	if len(s.append.written) == 0 {
		began = collection.At.Add(-lately)
	}
	for _, o := range s.append.written {
		o.current = 0
	}
	for i := range collection.Organizations {
		if err := s.writeOrganization(b, &collection.Organizations[i], t, began); err != nil {
			return s.rollback(b, err)
		}
	}
	if err := s.append.written.end(b, t); err != nil {
		return s.rollback(b, err)
	}
	if err := s.commit(b); err != nil {
		return err
	}
	s.append.written.forget(t)
	return nil
}

// lately is longer than the steps of a replay are apart.
const lately = time.Hour

func (s *Store) writeOrganization(b *batch, figures *usage.OrganizationFigures, t int64, began time.Time) error {
	known := s.append.written[figures.Organization]
	if known == nil {
		known = &organizationSeries{series: make(map[*usage.Series]*writtenSeries, len(figures.Figures))}
		s.append.written[figures.Organization] = known
	}
	for _, figure := range figures.Figures {
		entry := known.series[figure.Series]
		if entry == nil {
			entry = &writtenSeries{labels: labelsOf(figures.Organization, figure.Series)}
			known.series[figure.Series] = entry
			s.metadata.note(figure.Series.Name, metricType(figure.Series.Counter), "")
			if figure.Series.Counter && figure.Value != 0 && figure.Series.Start.After(began) {
				var err error
				if entry.ref, err = b.add(0, entry.labels, t-time.Minute.Milliseconds(), 0); err != nil {
					return err
				}
			}
		}
		entry.at, entry.ended = t, false
		known.current++
		var err error
		if entry.ref, err = b.add(entry.ref, entry.labels, t, figure.Value); err != nil {
			return err
		}
	}
	return nil
}

// end marks the series that this Write had not as stale.
func (w written) end(b *batch, t int64) error {
	for _, o := range w {
		if o.current == len(o.series) {
			continue
		}
		for _, s := range o.series {
			if s.at == t || s.ended {
				continue
			}
			if _, err := b.add(s.ref, s.labels, t, staleMarker); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget drops what end has marked, once that is stored.
func (w written) forget(t int64) {
	for organization, o := range w {
		if o.current == len(o.series) {
			continue
		}
		for key, s := range o.series {
			switch {
			case s.at == t:
			case key.Counter:
				s.ended = true
			default:
				delete(o.series, key)
			}
		}
		if len(o.series) == 0 {
			delete(w, organization)
		}
	}
}

func labelsOf(organization string, series *usage.Series) labels.Labels {
	b := labels.NewScratchBuilder(len(series.Labels) + 2)
	b.Add(model.MetricNameLabel, series.Name)
	b.Add(organizationLabel, organization)
	for _, l := range series.Labels {
		b.Add(l.Name, l.Value)
	}
	b.Sort()
	return b.Labels()
}

func metricType(counter bool) model.MetricType {
	if counter {
		return model.MetricTypeCounter
	}
	return model.MetricTypeGauge
}
