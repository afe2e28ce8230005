// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Rows that the ledger keeps for the receiver:
//
//	at               minute of the collection, s since 1970, varint
//	s number 4       a series of the register, see encodeSeries
//	o organization   list of numbers, list of rested ones
//
// A list is a count and the differences from one number to the next, varints.
const (
	rowAt           = "at"
	rowSeries       = "s"
	rowOrganization = string(usage.MemoryOfOrganization)
)

// memory keeps shown where a restart finds it.
type memory struct {
	ledger usage.Memory // nil: it keeps nothing
	name   string       // of the receiver
	// unsure are the organizations whose rows may not be what was last taken.
	unsure  map[string]struct{}
	written bool     // what was to be remembered last
	unused  []string // rows that nothing names any more
}

var errRow = errors.New("a row is cut short or names a series that is not there")

// recall reads what was kept, into an empty register.
func (m *memory) recall(ctx context.Context, r *register) (shown, error) {
	if m.ledger == nil {
		return shown{}, nil
	}
	rows, err := m.ledger.Recall(ctx, m.name)
	if err != nil || len(rows) == 0 {
		return shown{}, err
	}
	was, err := r.read(rows)
	if err != nil { // begin anew
		*r = *newRegister()
		for key := range rows {
			m.unused = append(m.unused, key)
		}
		return shown{}, err
	}
	m.sweep(r, was)
	return was, nil
}

// shrink gives up what is kept of series that were not shown, where they may be many.
func (m *memory) shrink(r *register, was shown) {
	if r.grown() {
		m.sweep(r, was)
	}
}

func (m *memory) sweep(r *register, was shown) {
	for _, n := range r.sweep(was) {
		m.unused = append(m.unused, seriesKey(n))
	}
}

func (r *register) read(rows map[string][]byte) (shown, error) {
	at, n := binary.Varint(rows[rowAt])
	if n <= 0 {
		return shown{}, errRow
	}
	was := shown{at: time.Unix(at, 0).UTC(), recalled: true}
	for key, row := range rows {
		if len(key) != 5 || key[:1] != rowSeries {
			continue
		}
		s, err := decodeSeries(row)
		if err != nil {
			return shown{}, err
		}
		number := binary.BigEndian.Uint32([]byte(key[1:]))
		for uint32(len(r.series)) <= number {
			r.series = append(r.series, nil)
		}
		r.series[number], r.byName[string(row)] = s, number
	}
	for key, row := range rows {
		if key[:1] != rowOrganization {
			continue
		}
		o := seriesOf{organization: key[1:]}
		var err error
		if o.numbers, row, err = r.numbers(row); err == nil {
			o.rested, _, err = r.numbers(row)
		}
		if err != nil {
			return shown{}, err
		}
		was.organizations = append(was.organizations, o)
	}
	slices.SortFunc(was.organizations, byID)
	return was, nil
}

// remember writes down what is about to be shown: a counter must not be begun
// twice, whatever becomes of the process in between.
func (m *memory) remember(ctx context.Context, r *register, now shown, changes []change) error {
	if m.ledger == nil {
		r.fresh, m.unused = r.fresh[:0], nil
		return nil
	}
	for i := range changes {
		m.unsure[changes[i].organization] = struct{}{}
	}
	rows := map[string][]byte{}
	for _, key := range m.unused {
		rows[key] = nil
	}
	rows[rowAt] = binary.AppendVarint(nil, now.at.Unix())
	for _, n := range r.fresh {
		if s := r.series[n]; s != nil { // else it was taken back before it was written down
			rows[seriesKey(n)] = encodeSeries(s)
		}
	}
	for id := range m.unsure {
		rows[rowOrganization+id] = nil
		if i, found := slices.BinarySearchFunc(now.organizations, seriesOf{organization: id}, byID); found {
			o := &now.organizations[i]
			rows[rowOrganization+id] = appendNumbers(appendNumbers(nil, o.numbers), o.rested)
		}
	}
	err := m.ledger.Remember(ctx, m.name, rows)
	if m.written = err == nil; m.written {
		r.fresh, m.unused = r.fresh[:0], nil
	}
	return err
}

// taken says that what was to be remembered last is what was shown.
func (m *memory) taken() {
	if m.written {
		clear(m.unsure)
	}
}

func seriesKey(number uint32) string {
	return rowSeries + string(binary.BigEndian.AppendUint32(nil, number))
}

func appendNumbers(b []byte, numbers []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(numbers)))
	last := int64(0)
	for _, n := range numbers {
		b = binary.AppendVarint(b, int64(n)-last)
		last = int64(n)
	}
	return b
}

// numbers reads a list, and returns what follows it.
func (r *register) numbers(b []byte) (list []uint32, rest []byte, err error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return nil, nil, errRow
	}
	b = b[n:]
	last := int64(0)
	for range count {
		step, n := binary.Varint(b)
		if last += step; n <= 0 || last < 0 || last >= int64(len(r.series)) || r.series[last] == nil {
			return nil, nil, errRow
		}
		b, list = b[n:], append(list, uint32(last))
	}
	return list, b, nil
}

// decodeSeries reads what encodeSeries wrote. When a counter began is not in it.
func decodeSeries(b []byte) (*usage.Series, error) {
	if len(b) == 0 {
		return nil, errRow
	}
	s := &usage.Series{Counter: b[0] == 1}
	var texts []string
	for b = b[1:]; len(b) > 0; {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return nil, errRow
		}
		texts = append(texts, string(b[n:n+int(length)]))
		b = b[n+int(length):]
	}
	if len(texts)%2 == 0 {
		return nil, errRow
	}
	s.Name = texts[0]
	for i := 1; i < len(texts); i += 2 {
		s.Labels = append(s.Labels, usage.Label{Name: texts[i], Value: texts[i+1]})
	}
	return s, nil
}
