// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// secretSize is how much of an organization's row stands before its id.
const secretSize = 32

// find returns the number of an organization and its row; nil: it is not there.
func (d *directory) find(id string) (number uint32, row []byte, err error) {
	err = d.rows.Each(rows.Under([]byte{rowkey.Organization}), func(key, value []byte) error {
		if len(key) != 5 || len(value) < secretSize {
			return errors.New("damaged organization")
		}
		if string(value[secretSize:]) == id {
			number, row = binary.BigEndian.Uint32(key[1:]), append([]byte{}, value...)
		}
		return nil
	})
	return number, row, err
}

// cutHead takes a head apart: up to where in the log it has everything, and the rest.
func cutHead(head []byte) (record, offset uint64, rest []byte, err error) {
	d := &wire.Decoder{Bytes: head}
	record, offset = d.Uint(), d.Uint()
	return record, offset, d.Bytes, d.Err()
}

// restore reads an organization from rows, as a start would. Nobody but the caller
// has it.
func (d *directory) restore(number uint32, id string, defs *organization.Shared) (o *organization.Organization, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("ledger %s: organization %d: %w", d.path, number, err)
		}
	}()
	head, err := d.rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil || head == nil {
		return nil, errors.Join(err, errNotWritten)
	}
	return d.restoreHead(number, id, head, defs)
}

var errNotWritten = fmt.Errorf("it was not stopped in order: its log has what its tables have not; %s", hint)

func (d *directory) restoreHead(number uint32, id string, head []byte, defs *organization.Shared) (*organization.Organization, error) {
	_, _, head, err := cutHead(head)
	if err != nil {
		return nil, err
	}
	of := &wire.Decoder{Bytes: head}
	organization.DecodeTrends(of)
	if of.Err() != nil {
		return nil, of.Err()
	}
	var hashes []uint64
	var nameless []uint32
	err = d.rows.Each(rows.Under(rowkey.Of(rowkey.User, number)), func(key, value []byte) error {
		if len(key) != 9 || len(value) < 8 || binary.BigEndian.Uint32(key[5:]) != uint32(len(hashes)) {
			return errors.New("damaged user")
		}
		if len(value) == 8 {
			nameless = append(nameless, uint32(len(hashes)))
		}
		hashes = append(hashes, binary.LittleEndian.Uint64(value))
		return nil
	})
	if err != nil {
		return nil, err
	}
	o, err := organization.Restore(id, defs, hashes, of.Bytes)
	if err != nil {
		return nil, err
	}
	for _, slot := range nameless {
		o.SetNameless(slot, true)
	}
	closings, err := d.rows.Get(rowkey.Of(rowkey.Closings, number))
	if err == nil && closings != nil {
		err = o.RestoreClosings(closings)
	}
	if err != nil {
		return nil, err
	}
	err = d.rows.Each(rows.Under(rowkey.Of(rowkey.Page, number)), func(key, value []byte) error {
		if len(key) != 12 {
			return errors.New("damaged key of a page")
		}
		return o.RestorePage(binary.BigEndian.Uint16(key[5:]), key[7], binary.BigEndian.Uint32(key[8:]), value)
	})
	if err != nil {
		return nil, err
	}
	o.Person = func(slot uint32, _ bool) string { return fmt.Sprint(slot) } // names are rows, which are compared
	o.Named = make([]bool, len(defs.Meters))
	return o, o.Restored()
}

// behind goes through what the log has of an organization: an error where its rows
// have not all of it. It returns the keys of its counted items in the log.
func (d *directory) behind(number uint32, o *organization.Organization) (keys []usage.UID, err error) {
	if d.log == nil {
		return nil, nil
	}
	head, err := d.rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil {
		return nil, err
	}
	record, offset, _, err := cutHead(head)
	if err != nil {
		return nil, err
	}
	r := new(redo.Reading)
	err = d.log.Read(func(n uint64, data []byte) error {
		_, entries, err := group.ReadRecord(data)
		if err != nil {
			return err
		}
		for of := (&wire.Decoder{Bytes: entries}); len(of.Bytes) > 0; {
			at := uint64(len(entries) - len(of.Bytes))
			if err := r.Read(of); err != nil {
				return err
			}
			e, counted := r.Entry.(*redo.Event)
			if counted && r.Organization == number && e.Summed {
				keys = append(keys, e.UID)
			}
			if covered := n < record || n == record && at < offset; !covered && matters(r, number, o) {
				return errNotWritten
			}
		}
		return nil
	})
	return keys, err
}

// matters reports whether an entry changes an organization.
func matters(r *redo.Reading, number uint32, o *organization.Organization) bool {
	switch x := r.Entry.(type) {
	case *redo.Collect:
		return true
	case *redo.Recover: // each start has one
		return o.Recover(x.Outage)
	case redo.OfOrganization:
		return r.Organization == number
	}
	return false
}
