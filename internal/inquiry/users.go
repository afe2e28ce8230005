// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// UsersQuery asks who was counted in a period.
type UsersQuery struct {
	Organization string
	// Meter of which the users have something in the period; "": any that keeps
	// the window.
	Meter  string
	Window string
	Period int // 0: current, 1: previous, 2: 2_ago
	// From is the place of the first user to look at, see User.
	From uint32
}

// User is a person as an organization's meters know them. Ids that an alias made
// one are one user, under the id that stays.
type User struct {
	ID        string // "": it was erased, and what they did is still counted
	Pseudonym string
	// Place is where the user stands among those of the organization, which are
	// in the order in which they first came. It never changes.
	Place    uint32
	Status   usage.Status // now
	Standing bool         // a standing activity is on now
	// First is the first qualifying action ever, of any meter of active users;
	// zero: none, or not known.
	First time.Time
	// Last is the latest activity of all that is known, to the minute; of concurrent
	// users it may be the start of an hour. Zero: none.
	Last  time.Time
	Parts []UserPart // by number of the meter; of those that have something of the user
}

// UserPart is what a meter has of a user in the period that was asked for.
type UserPart struct {
	Meter string
	Type  usage.MeterType
	// Of active users: whether they count, and then in which class; else a
	// qualifying action of theirs is in the period and a class's `requires` does
	// not hold.
	Counts   bool
	Class    string
	Billable bool
	Standing bool // a standing activity touches the period
	// First is the first qualifying item of the class in the period, nil where
	// none is known: of rolling windows and hours none is kept.
	First *FirstItem
	// Last is the first minute at or after the latest qualifying action of all of the
	// class. Zero: none.
	Last time.Time
	// Sum of what the user consumed, in millionths of the meter's unit; Summed is
	// false where there was nothing.
	Sum    wide.Int
	Summed bool
	// Hours in which a user of concurrent users was there, of those that may still be
	// revised.
	Hours int
}

// FirstItem is the item that made a user count.
type FirstItem struct {
	Time   time.Time
	Action string
	Signal string // "": a program of before there was this noted the item
	UID    string // log.record.uid; "" where the item had none
	// Definition is when the meter's definition took effect by which it
	// qualified; the zero Date: it always was.
	Definition usage.Date
}

// Reader reads users of an organization.
type Reader struct {
	*Asked
	Merged []uint64 // root << 32 | slot, of the slots that an alias made another's
	Users  []User
	// The rest is scratch. ids and items are open while users are read.
	ids, items cursor
	Firsts     []archive.First
	used       []meter.Part // of the parts of the user whose turn it is
}

// GatherMerged finds the slots that are counted under another.
func (r *Reader) GatherMerged(from, to uint32) error {
	for slot := from; slot < to; slot++ {
		if root := r.Org.Root(slot); root != slot {
			r.Merged = append(r.Merged, uint64(root)<<32|uint64(slot))
		}
	}
	return nil
}

// slotsOf calls f for the slots that are counted under a root.
func (r *Reader) slotsOf(root uint32, f func(slot uint32) error) error {
	err := f(root)
	i, _ := slices.BinarySearch(r.Merged, uint64(root)<<32)
	for ; err == nil && i < len(r.Merged) && uint32(r.Merged[i]>>32) == root; i++ {
		err = f(uint32(r.Merged[i]))
	}
	return err
}

// Read reads the users of some slots that have something in the period.
func (r *Reader) Read(from, to uint32) error {
	r.Users = r.Users[:0]
	return r.Reading(func() error {
		for slot := from; slot < to; slot++ {
			if r.Org.Root(slot) != slot {
				continue
			}
			n := len(r.Users)
			r.Users = slices.Grow(r.Users, 1)[:n+1]
			if !r.parts(&r.Users[n], slot) {
				r.Users = r.Users[:n]
			} else if err := r.introduce(&r.Users[n]); err != nil {
				return err
			}
		}
		return nil
	})
}

// one reads one user, whatever they have.
func (r *Reader) one(root uint32) (*User, error) {
	u := &User{}
	r.parts(u, root)
	return u, r.Reading(func() error { return r.introduce(u) })
}

// Reading calls f with the cursors open.
func (r *Reader) Reading(f func() error) (err error) {
	for _, of := range [...]struct {
		c    *cursor
		kind byte
	}{{&r.ids, rowkey.User}, {&r.items, rowkey.First}} {
		if *of.c, err = openCursor(r.Book, of.kind, r.Org.Number); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, of.c.close()) }()
	}
	return f()
}

// parts finds what meters have of a user in the period; wanted reports whether
// the one that was asked for has anything.
func (r *Reader) parts(u *User, root uint32) (wanted bool) {
	*u, r.used = User{Place: root, Parts: u.Parts[:0]}, r.used[:0]
	for i := range r.Book.Defs.Meters {
		if !r.Org.Has(i) || !r.Org.Lived(i, r.Span) {
			continue
		}
		if part, has := r.Org.PartOf(i, root, r.Span); has {
			wanted = wanted || r.meter < 0 || r.meter == i
			u.Parts, r.used = append(u.Parts, r.part(i, &part)), append(r.used, part)
		}
	}
	return wanted
}

// introduce says who a user is, whose parts are known.
func (r *Reader) introduce(u *User) (err error) {
	o := r.Org
	u.Status, u.Standing = o.Status(u.Place)
	u.Last = instant(o.LastOf(u.Place))
	if u.ID, err = r.id(u.Place); err != nil {
		return err
	}
	if u.ID != "" {
		u.Pseudonym = identity.Pseudonym(o.Secret[16:], u.ID)
	}
	if err = r.FirstsOf(u.Place); err == nil {
		r.take(u)
	}
	return err
}

// instant returns a minute as a time, the zero time for none.
func instant(m period.Minute) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return m.Time()
}

// id reads a user's id.
func (r *Reader) id(slot uint32) (string, error) {
	key := rowkey.OfUser(r.Org.Number, slot)
	if !r.ids.seek(key) || !bytes.Equal(r.ids.it.Key(), key) {
		return "", errors.Join(r.ids.it.Error(), errors.New("a user has no row"))
	}
	value, err := r.ids.it.ValueAndErr()
	if err != nil {
		return "", err
	}
	if len(value) < 8 {
		return "", errors.New("damaged user")
	}
	return string(value[8:]), nil
}

func (r *Reader) part(i int, p *meter.Part) UserPart {
	m := &r.Book.Defs.Meters[i]
	part := UserPart{
		Meter: m.Name, Type: m.Type, Counts: p.Class >= 0, Standing: p.Standing, Last: instant(p.Last),
		Sum: p.Sum, Summed: p.Summed, Hours: p.Hours,
	}
	if part.Counts {
		part.Class = m.Classes[p.Class]
		part.Billable = billable(&m.Versions[r.Org.DefinitionIn(i, r.Span)], p.Class)
	}
	return part
}

func billable(v *usage.Version, class int) bool {
	return slices.ContainsFunc(v.Classes, func(c usage.Class) bool { return int(c.Index) == class && c.Billable })
}

// FirstsOf reads the first items of a user, under each of the ids that became
// theirs, into r.firsts.
func (r *Reader) FirstsOf(root uint32) error {
	r.Firsts = r.Firsts[:0]
	return r.slotsOf(root, func(slot uint32) error {
		key := archive.FirstsOf(r.Org.Number, slot)
		for ok := r.items.seek(key); ok && bytes.HasPrefix(r.items.it.Key(), key); ok = r.items.next() {
			value, err := r.items.it.ValueAndErr()
			from := len(r.Firsts)
			if err == nil {
				r.Firsts, err = archive.DecodeFirsts(value, r.Firsts)
			}
			if err != nil {
				return err
			}
			if meter, there := archive.MeterOfFirsts(r.items.it.Key()); there {
				for i := from; i < len(r.Firsts); i++ {
					r.Firsts[i].Meter = meter
				}
			}
		}
		return r.items.it.Error()
	})
}

// take brings the first items that were read last into a user.
func (r *Reader) take(u *User) {
	for i := range r.Firsts {
		if f := &r.Firsts[i]; f.Kind == archive.Ever && (u.First.IsZero() || f.Time < u.First.UnixNano()) {
			u.First = time.Unix(0, f.Time).UTC()
		}
	}
	for i := range u.Parts {
		part := &u.Parts[i]
		if !part.Counts {
			continue
		}
		for j := range r.Firsts {
			f := &r.Firsts[j]
			if r.Book.Defs.Meters[f.Meter].Name == part.Meter && int(f.Class) == r.used[i].Class && r.in(f) && (part.First == nil || f.Time < part.First.Time.UnixNano()) {
				part.First = r.firstItem(f)
			}
		}
	}
}

// in reports whether an entry is of the period.
func (r *Reader) in(f *archive.First) bool {
	return r.Span.Window.Kind != usage.Rolling && f.Kind == uint8(r.Span.Window.Kind) && f.Period == r.Span.Start
}

func (a *Asked) firstItem(f *archive.First) *FirstItem {
	item := &FirstItem{Time: time.Unix(0, f.Time).UTC(), Action: f.Action, UID: f.UID, Definition: definition(a.Book, int(f.Meter), int(f.Version))}
	if f.Signal > 0 && int(f.Signal) <= usage.NumSignals {
		item.Signal = usage.Signal(f.Signal - 1).String()
	}
	return item
}
