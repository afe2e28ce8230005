// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"fmt"
	"iter"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// Part is what one shard has of an answer.
type Part[T any] struct {
	Shard string
	Of    T
}

// TwiceError says that two shards name an organization.
type TwiceError struct {
	Organization string
	Shards       [2]string
}

func (e *TwiceError) Error() string {
	return fmt.Sprintf("organization %q: shards %s and %s both have it, so neither has all of its figures: move it to one of them, and see what has sent it to the other", e.Organization, e.Shards[0], e.Shards[1])
}

// Lists makes one list of those of parts, in the order of compare. An error is a
// [TwiceError]. What has the id none, which is no organization, may be in all.
func Lists[T any](parts []Part[[]T], id func(*T) string, none string, compare func(x, y T) int) ([]T, error) {
	var all []T
	by := map[string]string{}
	for _, p := range parts {
		for i := range p.Of {
			of := id(&p.Of[i])
			if other, twice := by[of]; twice && of != none {
				return nil, &TwiceError{of, [2]string{other, p.Shard}}
			}
			by[of] = p.Shard
		}
		all = append(all, p.Of...)
	}
	slices.SortStableFunc(all, compare)
	return all, nil
}

// Users reads those of parts in the order of organizations, by their ids. Each
// part has its own organizations in that order.
func Users(organizations []string, parts []iter.Seq2[report.User, error]) iter.Seq2[report.User, error] {
	return func(yield func(report.User, error) bool) {
		streams := make([]*stream, len(parts))
		for i, p := range parts {
			streams[i] = newStream(p)
			defer streams[i].stop()
		}
		for _, organization := range organizations {
			for _, s := range streams {
				for s.err == nil && s.more && s.user.Organization == organization {
					if !yield(s.user, nil) {
						return
					}
					s.advance()
				}
				if s.err != nil {
					yield(report.User{}, s.err)
					return
				}
			}
		}
		for _, s := range streams {
			if s.more {
				yield(report.User{}, fmt.Errorf("user of organization %q: it is not among the report's, or out of their order", s.user.Organization))
				return
			}
		}
	}
}

// stream is a part of which the next user has been read.
type stream struct {
	next func() (report.User, error, bool)
	stop func()
	user report.User
	err  error
	more bool
}

func newStream(users iter.Seq2[report.User, error]) *stream {
	s := &stream{}
	s.next, s.stop = iter.Pull2(users)
	s.advance()
	return s
}

func (s *stream) advance() { s.user, s.err, s.more = s.next() }
