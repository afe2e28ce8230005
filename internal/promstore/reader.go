// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"sync"

	"github.com/prometheus/prometheus/storage"
)

// reader gives queries the TSDB of the session at hand and keeps that session
// open until they are done.
type reader struct{ store *Store }

var _ storage.SampleAndChunkQueryable = reader{}

// Querier returns tsdb.ErrNotReady while the store is closed.
func (r reader) Querier(mint, maxt int64) (storage.Querier, error) {
	session, err := r.store.acquire()
	if err != nil {
		return nil, err
	}
	q, err := session.db.Querier(mint, maxt)
	if err != nil {
		session.release()
		return nil, err
	}
	return &querier{Querier: q, release: sync.OnceFunc(session.release)}, nil
}

func (r reader) ChunkQuerier(mint, maxt int64) (storage.ChunkQuerier, error) {
	session, err := r.store.acquire()
	if err != nil {
		return nil, err
	}
	q, err := session.db.ChunkQuerier(mint, maxt)
	if err != nil {
		session.release()
		return nil, err
	}
	return &chunkQuerier{ChunkQuerier: q, release: sync.OnceFunc(session.release)}, nil
}

type querier struct {
	storage.Querier
	release func()
}

func (q *querier) Close() error {
	defer q.release()
	return q.Querier.Close()
}

type chunkQuerier struct {
	storage.ChunkQuerier
	release func()
}

func (q *chunkQuerier) Close() error {
	defer q.release()
	return q.ChunkQuerier.Close()
}
