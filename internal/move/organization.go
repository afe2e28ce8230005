// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// secretSize is how much of an organization's row stands before its id.
const secretSize = 32

// errNotWritten is of a directory whose log has something that is nowhere else yet.
var errNotWritten = fmt.Errorf("it was not stopped in order: its log has what its tables have not; %s", hint)

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

// read reads an organization that is there, as a start would. Nobody but the caller has
// it.
func (d *directory) read(number uint32, defs *organization.Shared) (*part.ReadBack, error) {
	head, err := d.rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil {
		return nil, err
	}
	r, err := d.source().Read(number, head != nil, defs)
	if err == nil && r == nil {
		err = errNotWritten
	}
	if err != nil {
		return nil, fmt.Errorf("ledger %s: organization %d: %w", d.path, number, err)
	}
	return r, nil
}

// readComing reads an organization that is on its way: its state is in rows, and who it
// is in the row that others do not see yet.
func (d *directory) readComing(number uint32, id string, defs *organization.Shared) (_ *organization.Organization, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("ledger %s: organization %d: %w", d.path, number, err)
		}
	}()
	head, err := d.rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil {
		return nil, err
	}
	of := &wire.Decoder{Bytes: head}
	part.DecodePosition(of)
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
	return o, o.Restored()
}

// behind goes through what the log has of an organization: an error where its
// checkpoint has not all of it. It returns the keys of its counted items in the log.
func (d *directory) behind(number uint32, o *part.ReadBack) (keys []usage.UID, err error) {
	if d.log == nil {
		return nil, nil
	}
	r := new(redo.Reading)
	err = d.log.Read(func(n uint64, record []byte) error {
		_, entries, err := group.ReadRecord(record)
		if err != nil {
			return err
		}
		for of := (&wire.Decoder{Bytes: entries}); len(of.Bytes) > 0; {
			at := part.Position{Group: n, Offset: uint64(len(entries) - len(of.Bytes))}
			if err := r.Read(of); err != nil {
				return err
			}
			if e, is := r.Entry.(*redo.Event); is && r.Organization == number && e.Summed {
				keys = append(keys, e.UID)
			}
			if !o.Position.Covers(at) && matters(r, number, o) {
				return errNotWritten
			}
		}
		return nil
	})
	return keys, err
}

// matters reports whether an entry changes an organization.
func matters(r *redo.Reading, number uint32, o *part.ReadBack) bool {
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
