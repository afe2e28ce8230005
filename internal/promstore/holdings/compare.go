// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Loss is what a directory had and has not any more.
type Loss struct {
	// Path within the directory.
	Path string `json:"path"`
	// What has become of it.
	What string `json:"what"`
	// From and To are when its samples are of, ms since 1970.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Found is when that was seen, ms since 1970.
	Found int64 `json:"found"`
}

func (l Loss) String() string {
	if l.To == 0 {
		return l.Path + ": " + l.What
	}
	at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04") }
	return fmt.Sprintf("%s: %s; samples from %s to %s UTC are missing", l.Path, l.What, at(l.From), at(l.To))
}

// Compare returns what was there and is not any more, for another reason than a
// compaction or the retention (in ms), in the order of paths.
func Compare(was, is Holdings, retention int64) (lost []Loss) {
	newest, whereabouts, made := int64(0), map[string]bool{}, false
	for name, b := range is.Blocks {
		newest = max(newest, b.To)
		for _, source := range b.sources {
			whereabouts[source] = true
		}
		_, known := was.Blocks[name]
		made = made || !known
	}
	if is.empty() && !was.empty() {
		first := was.At
		for _, b := range was.Blocks {
			first = min(first, b.From)
		}
		return []Loss{{Path: ".", What: "all that was in the directory is gone: it was removed, or something else is mounted in its place", From: first, To: was.At, Found: is.At}}
	}
	ended := int64(0) // of what blocks had: the logs go on from there
	for name, b := range was.Blocks {
		ended = max(ended, b.To)
		now, there := is.Blocks[name]
		loss := Loss{Path: name, From: b.From, To: b.To, Found: is.At}
		switch {
		case there:
			if loss.What = changed(b, now); loss.What != "" {
				lost = append(lost, loss)
			}
		case whereabouts[b.Source], newest-b.To >= retention:
		default:
			loss.What = "the block is missing"
			lost = append(lost, loss)
		}
	}
	for name, l := range was.Logs {
		// The log of what is out of order has no checkpoints: its segments go once
		// they are in a block.
		if made && name != Logs[0] {
			continue
		}
		for _, loss := range compareLogs(name, l, is.Logs[name]) {
			loss.From, loss.To, loss.Found = min(ended, was.At), was.At, is.At
			lost = append(lost, loss)
		}
	}
	slices.SortFunc(lost, func(x, y Loss) int { return strings.Compare(x.Path, y.Path) })
	return lost
}

func (h Holdings) empty() bool {
	for _, l := range h.Logs {
		if l.Checkpoint >= 0 || len(l.Segments) > 0 {
			return false
		}
	}
	return len(h.Blocks) == 0
}

// changed says which of a block's files is shorter than it was, or tells of another
// time, "" where none does.
func changed(was, is Block) string {
	if is.Bad == "" && (was.From != is.From || was.To != is.To) {
		return "meta.json tells of another time than it did"
	}
	for _, file := range slices.Sorted(maps.Keys(was.Sizes)) {
		size, there := is.Sizes[file]
		switch {
		case !there && file != "tombstones": // without it nothing is deleted, and nothing is
			return file + " is missing"
		case there && size < was.Sizes[file]:
			return fmt.Sprintf("%s has %d bytes, and had %d", file, size, was.Sizes[file])
		}
	}
	return ""
}

func compareLogs(name string, was, is Log) (lost []Loss) {
	checkpoint := Loss{Path: path.Join(name, fmt.Sprintf("checkpoint.%08d", was.Checkpoint))}
	switch {
	case is.Checkpoint < was.Checkpoint:
		checkpoint.What = "the checkpoint is missing"
		lost = append(lost, checkpoint)
	case is.Checkpoint == was.Checkpoint && is.CheckpointSize < was.CheckpointSize:
		checkpoint.What = fmt.Sprintf("the checkpoint has %d bytes, and had %d", is.CheckpointSize, was.CheckpointSize)
		lost = append(lost, checkpoint)
	}
	for _, n := range slices.Sorted(maps.Keys(was.Segments)) {
		size, there := is.Segments[n]
		loss := Loss{Path: path.Join(name, fmt.Sprintf("%08d", n))}
		switch {
		case n <= is.Checkpoint, was.Segments[n] == 0:
			continue
		case !there:
			loss.What = "the segment is missing"
		case size < was.Segments[n]:
			loss.What = fmt.Sprintf("the segment has %d bytes, and had %d", size, was.Segments[n])
		default:
			continue
		}
		lost = append(lost, loss)
	}
	return lost
}

// shown is for how long a loss is told of: what is not mended by then is not going
// to be.
const shown = 7 * 24 * time.Hour

// With returns the holdings with losses, besides those that were known to was and
// are neither mended nor of long ago.
func (h Holdings) With(was Holdings, lost []Loss) Holdings {
	h.Lost = slices.Clone(lost)
	for _, old := range was.Lost {
		_, back := h.Blocks[old.Path]
		again := slices.ContainsFunc(h.Lost, func(l Loss) bool { return l.Path == old.Path })
		if !back && !again && time.Duration(h.At-old.Found)*time.Millisecond < shown {
			h.Lost = append(h.Lost, old)
		}
	}
	return h
}
