// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Recording is what files hold, read once to learn when their requests arrived.
type Recording struct {
	// Bad are the lines and files that are no requests.
	Bad Notes

	files    []string
	size     int64   // of all files in bytes
	arrivals []int64 // of each request that is good, ns since 1970
	until    time.Time
}

// Read reads files in their order. until is where the recording ends if that is
// known: an item with a later time does not move the clock. The zero time: it
// ends with its last request, and times after now move nothing.
//
// A file that cannot be read is an error; what is no request is noted.
func Read(ctx context.Context, files []string, until, now time.Time, progress func(Progress)) (*Recording, error) {
	r := &Recording{files: files, until: until}
	var err error
	if r.size, err = size(files); err != nil {
		return nil, err
	}
	limit, stated := until, !until.IsZero()
	if !stated {
		limit = now
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		said  []testimony
		items int
	)
	for next := range readAhead(ctx, files) {
		switch {
		case next.fatal != nil:
			return nil, next.fatal
		case next.bad != nil:
			r.Bad.add(next, next.bad)
		default:
			said = append(said, testify(next.said(limit)))
			items += next.items
		}
		if progress != nil {
			progress(Progress{Share: r.share(next.read, 0), Items: items})
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.arrivals = arrivals(said, stated)
	return r, nil
}

// Each reads the requests once more, in their order, and hands the items of each
// on, with when it arrived: the zero time where none of them says. The batch is
// used again for the next one.
func (r *Recording) Each(ctx context.Context, x Extractor, f func(arrived time.Time, b *usage.Batch), progress func(Progress)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var batch usage.Batch
	n, items := 0, 0
	for next := range readAhead(ctx, r.files) {
		switch {
		case next.fatal != nil:
			return next.fatal
		case next.bad != nil: // the recording has noted it
			continue
		}
		arrived, err := r.arrival(n)
		if err != nil {
			return err
		}
		batch.Reset()
		for _, signal := range next.extract {
			signal(x, &batch)
		}
		f(arrived, &batch)
		n++
		items += next.items
		if progress != nil {
			progress(Progress{Share: r.share(next.read, 1), Items: items, Clock: arrived})
		}
	}
	return ctx.Err()
}

// Requests is how many there are.
func (r *Recording) Requests() int { return len(r.arrivals) }

// Begin is when the first request arrived, Until where no request has a time.
func (r *Recording) Begin() (time.Time, error) {
	if len(r.arrivals) > 0 && r.arrivals[0] != 0 {
		return time.Unix(0, r.arrivals[0]).UTC(), nil
	}
	return r.Until()
}

// Until is where the recording ends: the whole minute after the last arrival,
// unless that was said.
func (r *Recording) Until() (time.Time, error) {
	if !r.until.IsZero() {
		return r.until, nil
	}
	n := len(r.arrivals)
	if n == 0 || r.arrivals[n-1] == 0 {
		return time.Time{}, errors.New("the files hold no item with a time in the past; say where the recording ends with --until")
	}
	return time.Unix(0, r.arrivals[n-1]).UTC().Add(time.Minute - 1).Truncate(time.Minute), nil
}

var errChanged = errors.New("the files have changed while they were read; replay them again when nothing writes to them: that counts nothing twice")

// arrival returns when the n-th request arrived, the zero time where none of
// them says.
func (r *Recording) arrival(n int) (time.Time, error) {
	if n >= len(r.arrivals) {
		return time.Time{}, errChanged
	}
	if r.arrivals[n] == 0 {
		return time.Time{}, nil
	}
	return time.Unix(0, r.arrivals[n]).UTC(), nil
}

// share is how much of the work is done when so many bytes of the files are
// read for the first (0) or the second (1) time.
func (r *Recording) share(read int64, pass int64) float64 {
	return float64(pass*r.size+read) / float64(max(1, 2*r.size))
}

// maxNoted is how many notes are quoted; all are counted.
const maxNoted = 20

// Notes are remarks on lines of files.
type Notes struct {
	Count int
	Lines []string // the first of them, as file:line: remark
}

func (n *Notes) add(r request, remark error) {
	n.Count++
	if len(n.Lines) == maxNoted {
		return
	}
	at := r.file
	if r.line > 0 {
		at = fmt.Sprintf("%s:%d", r.file, r.line)
	}
	n.Lines = append(n.Lines, fmt.Sprintf("%s: %v", at, remark))
}
