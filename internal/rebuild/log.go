// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// patience bounds the wait for brokers to say which offsets there are.
	patience = 30 * time.Second
	// ahead is how many bytes of a partition wait while others have none.
	ahead = 16 << 20
)

// Log is a stretch of topics: from where it begins to the end that they had when it
// was opened.
type Log struct {
	// Messages is how many there are at most.
	Messages int64
	// Trimmed tells that a topic does not begin with its first message any more.
	Trimmed bool

	client *kgo.Client
	lanes  lanes
}

// OpenLog finds the topics. since is the time of the first message that is wanted, the
// zero time: all that there is.
func OpenLog(ctx context.Context, topics []string, since time.Time, options ...kgo.Opt) (*Log, error) {
	client, err := kgo.NewClient(append(options, kgo.KeepControlRecords(), kgo.FetchMaxPartitionBytes(ahead/4), kgo.ConsumeResetOffset(kgo.NoResetOffset()))...)
	if err != nil {
		return nil, err
	}
	l := &Log{client: client}
	if err := l.find(ctx, topics, since); err != nil {
		client.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) find(ctx context.Context, topics []string, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	admin := kadm.NewClient(l.client)
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return fmt.Errorf("ask the brokers for the offsets of topics %q: %w", topics, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return fmt.Errorf("ask the brokers for the offsets of topics %q: %w", topics, err)
	}
	begins := starts
	if !since.IsZero() {
		if begins, err = admin.ListOffsetsAfterMilli(ctx, since.UnixMilli(), topics...); err != nil {
			return fmt.Errorf("ask the brokers for the offsets of %s: %w", since.Format(time.RFC3339), err)
		}
	}
	if err := errors.Join(starts.Error(), ends.Error(), begins.Error()); err != nil {
		return fmt.Errorf("topics %q: %w; name those of the shard, which are usage-NAME-logs, -traces and -metrics, with --topic usage-NAME", topics, err)
	}
	from := map[string]map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(end.Topic, end.Partition)
		begin, _ := begins.Lookup(end.Topic, end.Partition)
		l.Trimmed = l.Trimmed || start.Offset > 0 && begin.Offset <= start.Offset
		l.lanes = append(l.lanes, &lane{topic: end.Topic, partition: end.Partition, next: begin.Offset, end: end.Offset})
		l.Messages += max(0, end.Offset-begin.Offset)
		if begin.Offset < end.Offset {
			if from[end.Topic] == nil {
				from[end.Topic] = map[int32]kgo.Offset{}
			}
			from[end.Topic][end.Partition] = kgo.NewOffset().At(begin.Offset)
		}
	})
	for _, topic := range topics {
		if !slices.ContainsFunc(l.lanes, func(of *lane) bool { return of.topic == topic }) {
			return fmt.Errorf("topic %q: there is none of this name; name those of the shard with --topic", topic)
		}
	}
	l.client.AddConsumePartitions(from)
	return nil
}

// Partitions is how many are read.
func (l *Log) Partitions() int { return len(l.lanes) }

// First returns the time of the first message, that of now where there is none.
func (l *Log) First(ctx context.Context) (time.Time, error) {
	for !l.lanes.done() {
		if at := l.lanes.earliest(); at != nil {
			return at.records[0].Timestamp, nil
		}
		if err := l.fetch(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return time.Now(), nil
}

// Each hands on all messages in the order of their time. It may be called once.
func (l *Log) Each(ctx context.Context, f func(*kgo.Record) error) error {
	for !l.lanes.done() {
		at := l.lanes.earliest()
		if at == nil {
			if err := l.fetch(ctx); err != nil {
				return err
			}
			continue
		}
		if err := f(at.take()); err != nil {
			return err
		}
	}
	return nil
}

// fetch waits for messages of any partition.
func (l *Log) fetch(ctx context.Context) error {
	l.pace()
	fetches := l.client.PollFetches(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		return fmt.Errorf("read topic %s, partition %d: %w; where its retention has passed what was to be read, begin anew", e.Topic, e.Partition, e.Err)
	}
	fetches.EachRecord(func(r *kgo.Record) {
		if of := l.lanes.of(r.Topic, r.Partition); of != nil {
			of.add(r)
		}
	})
	return nil
}

// pace reads on where something is wanted, and not where much is waiting.
func (l *Log) pace() {
	full, wanted := map[string][]int32{}, map[string][]int32{}
	for _, lane := range l.lanes {
		if lane.ended() || lane.bytes > ahead {
			full[lane.topic] = append(full[lane.topic], lane.partition)
		} else {
			wanted[lane.topic] = append(wanted[lane.topic], lane.partition)
		}
	}
	l.client.PauseFetchPartitions(full)
	l.client.ResumeFetchPartitions(wanted)
}

// Close ends the connections.
func (l *Log) Close() { l.client.Close() }
