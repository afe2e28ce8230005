// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// share is the memory that all requests take together that are under way.
type share struct {
	size int64
	free *semaphore.Weighted
}

func newShare(size int64) *share { return &share{size, semaphore.NewWeighted(size)} }

// hold is what one request has of a share. It is owned by one goroutine.
type hold struct {
	share *share
	bytes int64
}

// resize makes the hold as large as the request now is, or says with a status
// why it cannot be: the request is larger than the share ever is, or others
// hold what it needs. Nobody waits: who waits holds what others wait for.
func (h *hold) resize(bytes int64) error {
	switch more := bytes - h.bytes; {
	case more <= 0:
		h.share.free.Release(-more)
	case bytes > h.share.size:
		return invalid("counting the request takes %d MiB of memory, more than the %d MiB there are for all (limits::memory_mib): send smaller batches, or raise it",
			(bytes+mib-1)/mib, h.share.size/mib)
	case !h.share.free.TryAcquire(more):
		return errBusy
	}
	h.bytes = bytes
	return nil
}

func (h *hold) release() {
	h.share.free.Release(h.bytes)
	h.bytes = 0
}

// retryAfter is when those may come back that found no memory: what holds it is
// answered in milliseconds, or is an attack.
const retryAfter = time.Second

// errBusy asks a sender to come back. Without a time clients would not.
var errBusy = func() error {
	s, err := status.New(codes.ResourceExhausted,
		"the memory for requests is taken (limits::memory_mib): send it again later").
		WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
	if err != nil {
		panic(err) // of a constant
	}
	return s.Err()
}()
