// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// FindValue returns the number of a breakdown's value, by its ValueHash, that
// has one.
func (o *Organization) FindValue(meter uint16, breakdown int, hash uint64) (n uint32, known bool) {
	return o.meters[meter].values[breakdown].find(hash)
}

// Touch reads from memory what an event of a user is about to change in a
// meter, and changes nothing. dims are the numbers of its values, each plus one
// and 0 where there is none yet. What it returns means nothing: it is there so
// that the reading is done.
func (o *Organization) Touch(meter uint16, user uint32, dims []uint32) uint64 {
	return o.touch(meter, user, dims, 1)
}

// TouchEvent does so for all effects of an event.
func (o *Organization) TouchEvent(ev *Event) (n uint64) {
	if int(ev.User) >= o.Users() {
		return 0
	}
	for i := range ev.Effects {
		switch e := &ev.Effects[i]; e.Kind {
		case usage.Active, usage.Concurrent, usage.Consume:
			n += o.touch(e.Meter, ev.User, e.Dims, 0)
		default:
		}
	}
	return n
}

// touch takes dims as numbers plus first; what is less than first is none.
func (o *Organization) touch(meter uint16, user uint32, dims []uint32, first uint32) uint64 {
	return o.meters[meter].touch(user, dims, first)
}

func (x *concurrent) touch(user uint32, _ []uint32, _ uint32) uint64 { return x.sessions.touch(user) }

func (a *active) touch(user uint32, dims []uint32, first uint32) uint64 {
	n := a.users.peek(user).touch() + a.people.of(user).touch()
	for i, dim := range dims {
		if dim < first {
			continue
		}
		if pair, known := a.splits[i].pairs.find(pairKey(user, dim-first)); known {
			n += a.splits[i].users.peek(pair).touch()
		}
	}
	return n
}

func (r record) touch() uint64 {
	if r.words == nil {
		return 0
	}
	return r.words[0]
}

func (p *person) touch() uint64 {
	if p == nil || len(p.statuses) == 0 {
		return 0
	}
	return uint64(p.statuses[0].at)
}

func (s *sessions) touch(user uint32) uint64 {
	place, known := s.find(user)
	if !known {
		return 0
	}
	if marks := s.recent[place].marks; len(marks) > 0 {
		return uint64(marks[len(marks)-1].lastOn)
	}
	return 0
}

func (x *consumption) touch(user uint32, dims []uint32, first uint32) uint64 {
	n := x.touchRow(x.total)
	for i, dim := range dims {
		if dim >= first && int(dim-first) < len(x.dims[i]) && x.dims[i][dim-first] != nil {
			n += x.touchRow(x.dims[i][dim-first])
		}
	}
	if page := int(user / pageUsers); page < len(x.users.pages) && x.users.pages[page] != nil {
		sum, _ := x.users.user(x.users.pages[page], user%pageUsers).at(0).sum().Int64()
		n += uint64(sum)
	}
	return n
}

func (x *consumption) touchRow(r *sumRow) (n uint64) {
	for i := range x.layout.windows {
		sum, _ := r.sum(&x.layout, &x.layout.windows[i], 0).Int64()
		n += uint64(sum)
	}
	return n
}
