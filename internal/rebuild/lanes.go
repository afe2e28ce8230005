// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import "github.com/twmb/franz-go/pkg/kgo"

// lane is a partition: what was read of it and not yet counted.
type lane struct {
	topic     string
	partition int32
	next, end int64 // offsets: the next one to come, and where the reading ends
	records   []*kgo.Record
	bytes     int
}

func (l *lane) ended() bool { return l.next >= l.end }

// lanes orders the records of partitions by their time. Each partition keeps its own
// order, whatever the times in it are.
type lanes []*lane

// of returns the lane of a partition, nil where it is not read.
func (l lanes) of(topic string, partition int32) *lane {
	for _, lane := range l {
		if lane.topic == topic && lane.partition == partition {
			return lane
		}
	}
	return nil
}

// add takes a record. What is at the end of its partition or behind it came later than
// the reading began, and marks of transactions are no messages.
func (l *lane) add(r *kgo.Record) {
	l.next = r.Offset + 1
	if r.Offset >= l.end || r.Attrs.IsControl() {
		return
	}
	l.records = append(l.records, r)
	l.bytes += len(r.Value)
}

// take takes the first record out.
func (l *lane) take() *kgo.Record {
	r := l.records[0]
	l.records[0] = nil
	l.records = l.records[1:]
	l.bytes -= len(r.Value)
	return r
}

// earliest returns the partition with the record that is next. It is nil where that is
// not known yet, since a partition has none and more is to come, or where there is none
// at all.
func (l lanes) earliest() (at *lane) {
	for _, lane := range l {
		switch {
		case len(lane.records) == 0 && !lane.ended():
			return nil
		case len(lane.records) == 0:
		case at == nil || lane.records[0].Timestamp.Before(at.records[0].Timestamp):
			at = lane
		}
	}
	return at
}

// done reports whether everything was read and taken out.
func (l lanes) done() bool {
	for _, lane := range l {
		if !lane.ended() || len(lane.records) > 0 {
			return false
		}
	}
	return true
}
