// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package group

import "github.com/otelcol-usage/otelcol-usage/internal/store/rows"

// Line is the groups that are not on disk yet: the one that gathers, and the one
// that was sealed last. It has one owner at a time.
type Line struct {
	Pending *Group // gathers
	sealed  *Group // the last one; nil before the first
	Failed  bool
	Dead    chan struct{} // closed when failed

	db    *rows.DB
	spare []byte // memory for the entries of the next group
}

// NewLine returns the line of groups whose rows go to a store. Begin comes next.
func NewLine(db *rows.DB) Line { return Line{db: db, Dead: make(chan struct{})} }

// Begin begins the gathering group anew, with a number.
func (l *Line) Begin(number uint64) {
	g := &Group{Number: number, Done: make(chan struct{})}
	g.Rows = l.db.NewBatch()
	g.Entries.Bytes, l.spare = l.spare, nil
	l.Pending = g
}

// Next hands the gathering group over, to be committed by the caller before
// anybody else commits.
func (l *Line) Next() *Group {
	g := l.Pending
	l.Begin(g.Number + 1)
	return g
}

// Seal takes the gathered group to be committed, nil where there is nothing or the
// line has failed. What comes next gathers in another one.
func (l *Line) Seal() *Group {
	if l.Failed || l.Pending.Empty() {
		return nil
	}
	l.sealed = l.Next()
	return l.sealed
}

// maxSpare bounds the memory that one group leaves to the next.
const maxSpare = 1 << 20

// Finish tells those who wait for a group that it is on disk.
func (l *Line) Finish(g *Group) {
	g.finish(nil)
	if cap(g.Entries.Bytes) <= maxSpare {
		l.spare = g.Entries.Bytes[:0]
	}
	g.Entries.Bytes = nil
}

// Fail tells those who wait for groups that these will not be on disk. It reports
// whether that is new: nothing is committed after it.
func (l *Line) Fail(err error) bool {
	if l.Failed {
		return false
	}
	l.Failed = true
	for _, g := range []*Group{l.sealed, l.Pending} {
		if g != nil {
			g.finish(err)
		}
	}
	close(l.Dead)
	return true
}

// Unsettled returns the groups that are not on disk yet, or were the last to be.
func (l *Line) Unsettled() (groups []*Group) {
	if l.sealed != nil {
		groups = append(groups, l.sealed)
	}
	if !l.Pending.Empty() {
		groups = append(groups, l.Pending)
	}
	return groups
}

// Sealed returns the group that was sealed last, nil before the first.
func (l *Line) Sealed() *Group { return l.sealed }

// Last returns the group that holds the last change, nil where everything is on
// disk. What changes nothing waits for it too: what it repeats may be in there.
func (l *Line) Last() *Group {
	if l.Pending.Empty() {
		return l.sealed
	}
	return l.Pending
}
