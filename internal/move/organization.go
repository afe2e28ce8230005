// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// errNotWritten is of a directory whose log has something that is nowhere else yet.
var errNotWritten = fmt.Errorf("it was not stopped in order: its log has what its tables have not; %s", hint)

// read reads an organization that is there, as a start would. Nobody but the caller has
// it.
func (d *directory) read(number uint32, defs *organization.Shared) (*part.ReadBack, error) {
	head, err := d.rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil {
		return nil, err
	}
	r, err := d.source().Read(number, head != nil, defs)
	return d.found(number, r, err)
}

// readComing reads an organization that is on its way here, by its own row.
func (d *directory) readComing(number uint32, row []byte, defs *organization.Shared) (*part.ReadBack, error) {
	r, err := d.source().ReadComing(number, row, defs)
	return d.found(number, r, err)
}

// found makes an error of what is not there, and says of what an error is.
func (d *directory) found(number uint32, r *part.ReadBack, err error) (*part.ReadBack, error) {
	if err == nil && r == nil {
		err = errNotWritten
	}
	if err != nil {
		return nil, fmt.Errorf("ledger %s: organization %d: %w", d.path, number, err)
	}
	return r, nil
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
