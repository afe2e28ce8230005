// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// past is the longest acceptance span that a ledger may have. The configured one is
// not known here: figures of both sides are compared by the same.
const past = 35 * 24 * 60

// later are the minutes, after the one that an organization has come to, at which its
// figures are compared: the next ones, and when days and months have ended since.
var later = []period.Minute{1, 2, 60, 24 * 60, 40 * 24 * 60}

// meters are the definitions that a directory has.
func (d *directory) meters() (known []versions.Meter, err error) {
	text, err := d.rows.Get(rowkey.MetaDefinitions)
	if err == nil {
		err = json.Unmarshal(text, &known)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger %s: definitions: %w", d.path, err)
	}
	return known, nil
}

// definitions are what organizations of a directory share.
func (d *directory) definitions() (*organization.Shared, error) {
	known, err := d.meters()
	if err != nil {
		return nil, err
	}
	birth, err := d.rows.Get(rowkey.MetaBirth)
	of := &wire.Decoder{Bytes: birth}
	began := of.Int()
	if err = errors.Join(err, of.Err()); err != nil {
		return nil, fmt.Errorf("ledger %s: its birth: %w", d.path, err)
	}
	defs := meter.Definitions{Past: past, Birth: period.Floor(began), Began: began}
	for _, m := range known {
		defs.Meters, defs.Since = append(defs.Meters, m.Meter), append(defs.Since, m.Since)
		defs.Retired, defs.RetiredAt = append(defs.Retired, m.Retired), append(defs.RetiredAt, m.RetiredAt)
	}
	return organization.Share(defs, maphash.MakeSeed())
}

// countAlike returns an error where directories count by different definitions.
func countAlike(from, to *directory) error {
	a, err := from.meters()
	if err != nil {
		return err
	}
	b, err := to.meters()
	if err != nil {
		return err
	}
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || !sameMeter(a[i], b[i]) {
			return fmt.Errorf("%s and %s have different meters (%s and %s): configure both alike, start each once, and stop them", from.path, to.path, nameOf(a, i), nameOf(b, i))
		}
	}
	x, err := from.rows.Get(rowkey.MetaSpellings)
	if err != nil {
		return err
	}
	y, err := to.rows.Get(rowkey.MetaSpellings)
	if err != nil {
		return err
	}
	if !bytes.Equal(x, y) {
		return fmt.Errorf("%s and %s spell ids differently (%s and %s): identity::normalize has to be the same since the same day, or the users of the one would be others in the other", from.path, to.path, x, y)
	}
	return nil
}

// sameMeter reports whether meters count alike; when they were added does not matter
// here, which figures show.
func sameMeter(a, b versions.Meter) bool {
	x, err := json.Marshal(a.Meter)
	y, also := json.Marshal(b.Meter)
	return err == nil && also == nil && a.Retired == b.Retired && bytes.Equal(x, y)
}

func nameOf(all []versions.Meter, i int) string {
	if i >= len(all) {
		return "none"
	}
	return all[i].Meter.Name
}

// sameFigures returns an error where an organization has not the same figures in two
// directories, in the second of which it is on its way, with its own row. It returns how
// many were compared.
func sameFigures(from *directory, number uint32, to *directory, as uint32, row []byte) (n int, err error) {
	defs, err := from.definitions()
	if err != nil {
		return 0, err
	}
	r, err := from.read(number, defs)
	if err != nil {
		return 0, err
	}
	a, err := figures(r.Organization, defs)
	if err != nil {
		return 0, err
	}
	if defs, err = to.definitions(); err != nil {
		return 0, err
	}
	if r, err = to.readComing(as, row, defs); err != nil {
		return 0, err
	}
	b, err := figures(r.Organization, defs)
	if err != nil {
		return 0, err
	}
	for i := range later {
		for at := range max(len(a[i]), len(b[i])) {
			if at < len(a[i]) && at < len(b[i]) && a[i][at] == b[i][at] {
				n++
				continue
			}
			return n, fmt.Errorf("nothing was moved: the figures would not be the same: %d minutes on, %s has %s, and %s would have %s; a ledger that began later shows no periods of before: move to an empty directory, which is made of the same birth, or to a ledger that is as old",
				later[i], from.path, figureAt(a[i], at), to.path, figureAt(b[i], at))
		}
	}
	return n, nil
}

func figureAt(all []string, i int) string {
	if i >= len(all) {
		return "no more"
	}
	return all[i]
}

// figures returns those of an organization at each of the minutes. Users are called by
// their place in them: what they are called is in rows, which are compared.
func figures(o *organization.Organization, defs *organization.Shared) (all [][]string, err error) {
	o.Person = func(slot uint32, _ bool) string { return strconv.FormatUint(uint64(slot), 10) }
	o.Named = make([]bool, len(defs.Meters))
	begin := o.AsOf()
	for _, by := range later {
		figures, ok := o.Collect(begin + by)
		if !ok {
			return nil, fmt.Errorf("there are no figures at minute %d", begin+by)
		}
		lines := make([]string, len(figures))
		for i := range figures {
			lines[i] = line(&figures[i])
		}
		slices.Sort(lines)
		all = append(all, lines)
	}
	return all, nil
}

// line is a figure as text. When a counter began is not compared: it is when the
// ledger did.
func line(f *usage.Figure) string {
	var labels []string
	for _, l := range f.Series.Labels {
		labels = append(labels, fmt.Sprintf("%s=%q", l.Name, l.Value))
	}
	return fmt.Sprintf("%s{%s} %v", f.Series.Name, strings.Join(labels, ","), f.Value)
}
