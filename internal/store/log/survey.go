// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

// Found is what a survey of a log has found.
type Found struct {
	Next uint64 // number behind the last record that can be read
	Path string // of the segment that has it, or of the first one; "": there is none
	End  int64  // of that record, in bytes
	// Behind are the segments after that one, oldest first.
	Behind []string
	Err    error // why the log ends there, nil where that is its end
}

// Survey reads a log as Open does and changes nothing.
func Survey(o Options, from uint64, f func(number uint64, record []byte) error) (found Found, err error) {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegment
	}
	l := &Log{o: o, next: from, needed: from, surveyed: true}
	generations, err := l.list()
	if err != nil {
		return found, err
	}
	blank, err := l.sort(generations)
	if err != nil {
		return found, err
	}
	l.released()
	_, found.Err = l.replay(blank, f)
	if found.Err == nil && l.next < o.Reached {
		found.Err = l.ends(generations)
	}
	found.Next = l.next
	ends := uint64(0) // generation of the segment that has the last record
	for _, s := range l.segments {
		if s.end > 0 || ends == 0 {
			found.Path, found.End, ends = o.path(s.generation), s.end, s.generation
		}
	}
	for _, generation := range generations {
		switch {
		case ends == 0:
			found.Path, ends = o.path(generation), generation
		case generation > ends:
			found.Behind = append(found.Behind, o.path(generation))
		}
	}
	return found, nil
}
