// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"math/bits"
	"slices"
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// minuteLog keeps the cells of single minutes for rolling windows, those with
// something in them only. Any minute may be added to, the latest costs least.
//
//	chunks   hour 481000          hour 481003
//	         mask  0b..00100110   mask  0b..1       a bit for each minute
//	         cells [ :01 :02 :05 ] cells [ :00 ]    in the order of the bits
type minuteLog struct{ chunks []hourChunk }

// hourChunk is the minutes of one hour since 1970.
type hourChunk struct {
	hour  period.Minute
	mask  uint64
	cells wide.Ints
}

// at returns where the cell of a minute is, for adding to it at once.
func (l *minuteLog) at(m period.Minute, width int) (cells *wide.Ints, place int) {
	hour, within := period.HourOf(m)
	i := len(l.chunks) - 1
	if i < 0 || l.chunks[i].hour != hour {
		i = l.find(hour)
		if i == len(l.chunks) || l.chunks[i].hour != hour {
			l.insert(i, hour)
		}
	}
	ch := &l.chunks[i]
	rank := width * bits.OnesCount64(ch.mask&(1<<within-1))
	if ch.mask&(1<<within) == 0 {
		ch.mask |= 1 << within
		ch.cells.Insert(rank, width)
	}
	return &ch.cells, rank
}

// find returns the index of the first chunk at or after the hour.
func (l *minuteLog) find(hour period.Minute) int {
	return sort.Search(len(l.chunks), func(i int) bool { return l.chunks[i].hour >= hour })
}

// insert makes an empty chunk, of a dropped one's memory if there is one.
func (l *minuteLog) insert(i int, hour period.Minute) {
	n := len(l.chunks)
	l.chunks = slices.Grow(l.chunks, 1)[:n+1]
	spare := l.chunks[n].cells
	spare.Empty()
	copy(l.chunks[i+1:], l.chunks[i:n])
	l.chunks[i] = hourChunk{hour: hour, cells: spare}
}

// each calls f with where the cells of the minutes in (after, upTo] are.
func (l *minuteLog) each(after, upTo period.Minute, width int, f func(cells *wide.Ints, place int)) {
	if len(l.chunks) == 0 {
		return
	}
	firstHour, firstMinute := period.HourOf(after + 1)
	lastHour, lastMinute := period.HourOf(upTo)
	for i := l.find(firstHour); i < len(l.chunks) && l.chunks[i].hour <= lastHour; i++ {
		ch := &l.chunks[i]
		wanted := ch.mask
		if ch.hour == lastHour {
			wanted &= 1<<(lastMinute+1) - 1
		}
		skip := uint64(0)
		if ch.hour == firstHour {
			skip = 1<<firstMinute - 1
		}
		from, to := bits.OnesCount64(ch.mask&skip), bits.OnesCount64(wanted)
		for at := from; at < to; at++ {
			f(&ch.cells, at*width)
		}
	}
}

// drop forgets the hours that end at or before a minute and keeps their memory
// for the hours to come.
func (l *minuteLog) drop(upTo period.Minute) {
	hour, _ := period.HourOf(upTo + 1)
	n := l.find(hour)
	if n == 0 {
		return
	}
	slices.Reverse(l.chunks[:n])
	slices.Reverse(l.chunks[n:])
	slices.Reverse(l.chunks)
	l.chunks = l.chunks[:len(l.chunks)-n]
}
