// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pooled is how many different requests a pool has in turn.
const pooled = 256

// pool is decoded requests that are sent again and again. Their times and uids
// are made new each time, so that they are counted anew; that costs next to
// nothing beside making a request. Senders may use it at the same time.
type pool struct {
	encoded [][]byte
	decoded []plog.Logs
	began   time.Time
	uid     uint64
	sent    atomic.Int64
}

// newPool makes a pool of the traffic's next requests.
func newPool(t *traffic, requests int) (*pool, error) {
	encoded, err := t.encoded(min(pooled, requests))
	if err != nil {
		return nil, err
	}
	p := &pool{encoded: encoded, decoded: make([]plog.Logs, len(encoded)), began: t.now, uid: t.uids}
	return p, p.decode()
}

// decode does so again, to measure it.
func (p *pool) decode() error { return decode(p.encoded, p.decoded) }

// next extracts the next request, and returns when it arrives.
func (p *pool) next(to *pipeline, batch *usage.Batch) (now time.Time) {
	n := p.sent.Add(1)
	now = p.began.Add(step * time.Duration(n))
	uid := p.uid + uint64(n)*recordsPerRequest
	batch.Reset()
	to.extractor.Logs(p.decoded[int(n)%len(p.decoded)], "", batch)
	for i := range batch.Items {
		it := &batch.Items[i]
		it.Time = now.UnixNano() - int64(len(batch.Items)-i)
		it.Content[0] += uint64(n) // else the same request again would be its duplicate
		if it.UID != "" {
			it.UID = uidOf(uid + uint64(i))
		}
	}
	return now
}

// leave has the traffic go on where the pool is.
func (p *pool) leave(t *traffic) {
	sent := p.sent.Load()
	t.now, t.uids = p.began.Add(step*time.Duration(sent)), p.uid+uint64(sent+1)*recordsPerRequest
}
