// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package part

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Source is where organizations are read from: their names and users in rows, their
// state in the snapshot or, where it changed with other rows last, in rows.
type Source struct {
	Rows     *rows.DB
	Snapshot *snapshot.Store
}

// each calls f for every organization's own row, which has a secret and the id.
func (s Source) each(f func(number uint32, row []byte)) error {
	return s.Rows.Each(rows.Under([]byte{rowkey.Organization}), func(key, row []byte) error {
		if len(key) != 5 || len(row) < secretSize {
			return errors.New("damaged organization")
		}
		f(binary.BigEndian.Uint32(key[1:]), row)
		return nil
	})
}

// Find returns the number of an organization and its own row, which the caller may
// keep; nil: it is not there.
func (s Source) Find(id string) (number uint32, row []byte, err error) {
	err = s.each(func(n uint32, of []byte) {
		if string(of[secretSize:]) == id {
			number, row = n, bytes.Clone(of)
		}
	})
	return number, row, err
}

// Numbers returns the numbers of organizations, and which of them have a state in rows.
func (s Source) Numbers() (numbers []uint32, inRows map[uint32]bool, err error) {
	err = s.each(func(number uint32, _ []byte) { numbers = append(numbers, number) })
	inRows = map[uint32]bool{}
	return numbers, inRows, errors.Join(err, s.Rows.Each(rows.Under([]byte{rowkey.Head}), func(key, _ []byte) error {
		if len(key) != 5 {
			return errors.New("damaged head of an organization")
		}
		inRows[binary.BigEndian.Uint32(key[1:])] = true
		return nil
	}))
}

const secretSize = 32

// Users are an organization's names: its own, and of its users.
type Users struct {
	Organization string
	Secret       []byte
	Hashes       []uint64 // of ids, in the order of slots
	nameless     []uint32 // slots of those whose ids were erased
}

// Unname has an organization know whose ids were erased.
func (u *Users) Unname(o *organization.Organization) {
	for _, slot := range u.nameless {
		o.SetNameless(slot, true)
	}
}

// Users reads the names of an organization, by its number.
func (s Source) Users(number uint32) (*Users, error) {
	row, err := s.Rows.Get(rowkey.Of(rowkey.Organization, number))
	if err != nil {
		return nil, err
	}
	return s.users(number, row)
}

// users reads them of an organization with its own row, nil where it has none.
func (s Source) users(number uint32, row []byte) (*Users, error) {
	if len(row) < secretSize {
		return nil, fmt.Errorf("organization %d has no row", number)
	}
	u := &Users{Organization: string(row[secretSize:]), Secret: row[:secretSize]}
	err := s.Rows.Each(rows.Under(rowkey.Of(rowkey.User, number)), func(key, value []byte) error {
		if len(key) != 9 || len(value) < 8 || binary.BigEndian.Uint32(key[5:]) != uint32(len(u.Hashes)) {
			return fmt.Errorf("damaged user of organization %d", number)
		}
		if len(value) == 8 {
			u.nameless = append(u.nameless, uint32(len(u.Hashes)))
		}
		u.Hashes = append(u.Hashes, binary.LittleEndian.Uint64(value))
		return nil
	})
	return u, err
}

// ReadBack is an organization as its checkpoint has it.
type ReadBack struct {
	*organization.Organization
	Users    *Users
	InRows   bool
	Position Position
	Trends   organization.Trends

	defs *organization.Shared
}

// Read reads an organization, nil where it has no checkpoint. inRows says that rows
// have one, which is that of the organization unless the snapshot's goes further.
func (s Source) Read(number uint32, inRows bool, defs *organization.Shared) (*ReadBack, error) {
	users, err := s.Users(number)
	if err == nil && inRows {
		inRows, err = s.rowsGoOn(number)
	}
	if err != nil {
		return nil, err
	}
	return s.read(number, users, inRows, defs)
}

// ReadComing reads an organization whose state is in rows and whose own row is none of
// the organizations' yet.
func (s Source) ReadComing(number uint32, row []byte, defs *organization.Shared) (*ReadBack, error) {
	users, err := s.users(number, row)
	if err != nil {
		return nil, err
	}
	return s.read(number, users, true, defs)
}

func (s Source) read(number uint32, users *Users, inRows bool, defs *organization.Shared) (_ *ReadBack, err error) {
	if users.Organization == usage.NoOrganization {
		defs = defs.Bare()
	}
	r := &ReadBack{Users: users, InRows: inRows, defs: defs}
	if inRows {
		err = s.fromRows(number, r.part)
	} else {
		err = s.Snapshot.Load(number, func(key snapshot.Key, data []byte) error {
			return r.part(page{kind: key.Kind, meter: organization.UsersOfAll, number: key.Number}, data)
		})
	}
	if err != nil || r.Organization == nil {
		return nil, err
	}
	return r, r.Restored()
}

// rowsGoOn reports whether rows have an organization at or behind the position at which
// the snapshot has it.
func (s Source) rowsGoOn(number uint32) (bool, error) {
	inRows, err := s.Rows.Get(rowkey.Of(rowkey.Head, number))
	if err != nil {
		return false, err
	}
	head, err := s.Snapshot.Get(snapshot.Key{Owner: number, Kind: Head})
	if err != nil || head == nil {
		return true, err
	}
	ofRows, ofSnapshot := &wire.Decoder{Bytes: inRows}, &wire.Decoder{Bytes: head}
	goOn := !DecodePosition(ofSnapshot).Covers(DecodePosition(ofRows))
	return goOn, errors.Join(ofRows.Err(), ofSnapshot.Err())
}

// page says what a part is; meter and population are those of pages up to format 6.
type page struct {
	kind       uint8
	meter      uint16
	population uint8
	number     uint32
}

// fromRows hands over what rows have of an organization.
func (s Source) fromRows(number uint32, f func(page, []byte) error) error {
	for kind, row := range []byte{Head: rowkey.Head, Closings: rowkey.Closings} {
		data, err := s.Rows.Get(rowkey.Of(row, number))
		if err == nil && data != nil {
			err = f(page{kind: uint8(kind)}, data)
		}
		if err != nil {
			return err
		}
	}
	return s.Rows.Each(rows.Under(rowkey.Of(rowkey.Page, number)), func(key, data []byte) error {
		if len(key) != 12 {
			return errors.New("damaged key of a page")
		}
		return f(page{Page, binary.BigEndian.Uint16(key[5:]), key[7], binary.BigEndian.Uint32(key[8:])}, data)
	})
}

// part takes a part, in the order of their kinds.
func (r *ReadBack) part(is page, data []byte) (err error) {
	switch {
	case is.kind == Head && r.Organization == nil:
		return r.head(data)
	case r.Organization == nil:
		return wire.ErrCorrupt
	case is.kind == Closings:
		if err = r.RestoreClosings(data); err != nil {
			return fmt.Errorf("closed periods: %w", err)
		}
		return nil
	case is.kind == Page:
		if err = r.RestorePage(is.meter, is.population, is.number, data); err != nil {
			return fmt.Errorf("page %d: %w", is.number, err)
		}
		return nil
	}
	return wire.ErrCorrupt
}

func (r *ReadBack) head(data []byte) (err error) {
	d := &wire.Decoder{Bytes: data}
	r.Position = DecodePosition(d)
	r.Trends = organization.DecodeTrends(d)
	if d.Err() != nil {
		return d.Err()
	}
	if r.Organization, err = organization.Restore(r.Users.Organization, r.defs, r.Users.Hashes, d.Bytes); err == nil {
		r.Users.Unname(r.Organization)
	}
	return err
}
