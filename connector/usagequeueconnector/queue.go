// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// block is what a file takes on disk in multiples of.
const block = 4096

// Names in the directory besides those of requests.
const (
	lockFile = "LOCK"
	lostFile = "lost.json"
	suffix   = ".otlp.zst"
)

// A reason is why requests are lost.
type reason string

// The reasons, and what they are called in series and in lost.json.
const (
	full    reason = "full"    // the oldest, since max_bytes was reached
	refused reason = "refused" // the store will never take it
	damaged reason = "damaged" // its file cannot be read
)

var reasons = []reason{full, refused, damaged}

// entry is a request that waits.
type entry struct {
	number uint64
	at     time.Time // of its latest point
	bytes  int64     // of its file
}

func (e entry) name() string { return fmt.Sprintf("%016x-%d%s", e.number, e.at.Unix(), suffix) }

// parse reads the name of a file.
func parse(name string) (e entry, ok bool) {
	var at int64
	n, err := fmt.Sscanf(name, "%016x-%d"+suffix, &e.number, &at)
	e.at = time.Unix(at, 0).UTC()
	return e, err == nil && n == 2 && e.name() == name
}

// onDisk is what a file of so many bytes takes.
func onDisk(bytes int64) int64 { return (bytes + block - 1) / block * block }

// queue is a directory with a file for each request that waits. A file is there as a
// whole and on disk, or not at all, and its name says its place: nothing else has to be
// written down when one comes or goes, so there is no index that could be damaged. Its
// methods may be called concurrently.
type queue struct {
	fs   vfs.FS
	dir  string
	max  int64 // bytes on disk of all files
	lock io.Closer

	more chan struct{} // has one element when something was put

	mu      sync.Mutex
	waiting []entry // the oldest first
	used    int64   // bytes on disk
	next    uint64
	lost    map[reason]int64 // requests, since the directory was made
}

// openQueue opens a directory, or makes it.
func openQueue(fs vfs.FS, dir string, limit int64) (_ *queue, err error) {
	if err := errors.Join(fs.MkdirAll(dir, 0o700), store.SyncDir(fs, fs.PathDir(dir))); err != nil {
		return nil, err
	}
	q := &queue{fs: fs, dir: dir, max: limit, more: make(chan struct{}, 1), lost: map[reason]int64{}}
	if q.lock, err = fs.Lock(q.path(lockFile)); err != nil {
		return nil, fmt.Errorf("another process or connector uses this directory (%w); stop it, or name another one", err)
	}
	if err := q.read(); err != nil {
		return nil, errors.Join(err, q.lock.Close())
	}
	return q, nil
}

func (q *queue) path(name string) string { return q.fs.PathJoin(q.dir, name) }

// read finds what waits.
func (q *queue) read() error {
	text, err := store.ReadFile(q.fs, q.path(lostFile))
	if err == nil && text != nil {
		err = json.Unmarshal(text, &q.lost)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; remove the file, after which lost requests are counted from 0", q.path(lostFile), err)
	}
	names, err := q.fs.List(q.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".new") { // a write that was cut short and never acknowledged
			if err := q.fs.Remove(q.path(name)); err != nil {
				return err
			}
		}
		e, ok := parse(name)
		if !ok {
			continue
		}
		info, err := q.fs.Stat(q.path(name))
		if err != nil {
			return err
		}
		e.bytes = info.Size()
		q.waiting, q.used, q.next = append(q.waiting, e), q.used+onDisk(e.bytes), max(q.next, e.number+1)
	}
	slices.SortFunc(q.waiting, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	if len(q.waiting) > 0 {
		q.more <- struct{}{}
	}
	return nil
}

// put adds a request, which is on disk when it returns nil. Requests that it gives up
// to make room are returned, and gone even where there is an error.
func (q *queue) put(content []byte, at time.Time) (gone []entry, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := entry{number: q.next, at: at, bytes: int64(len(content))}
	need := onDisk(e.bytes)
	if need > q.max {
		return nil, fmt.Errorf("max_bytes: %d: a request takes %d on disk: allow more, as many times that as minutes may wait", q.max, need)
	}
	n := 0
	for free := q.max - q.used; free < need; n++ {
		free += onDisk(q.waiting[n].bytes)
	}
	if gone = slices.Clone(q.waiting[:n]); n > 0 {
		if err := q.drop(full, gone...); err != nil {
			return nil, err
		}
	}
	if err := store.ReplaceFile(q.fs, q.dir, e.name(), content); err != nil {
		return gone, err
	}
	q.next++
	q.waiting, q.used = append(q.waiting, e), q.used+need
	select {
	case q.more <- struct{}{}:
	default:
	}
	return gone, nil
}

// oldest returns the request that is next; ok is false where none waits.
func (q *queue) oldest() (e entry, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return entry{}, false
	}
	return q.waiting[0], true
}

// content reads a request; nil where it was given up meanwhile.
func (q *queue) content(e entry) ([]byte, error) { return store.ReadFile(q.fs, q.path(e.name())) }

// taken removes a request that the store has.
func (q *queue) taken(e entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.remove(e)
}

// giveUp removes a request that nobody will ever take. It reports whether it was there
// still.
func (q *queue) giveUp(e entry, why reason) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !slices.Contains(q.waiting, e) {
		return false, nil
	}
	return true, q.drop(why, e)
}

// drop counts requests as lost and removes them. They are counted first: a crash in
// between counts one twice, and hides none.
func (q *queue) drop(why reason, entries ...entry) error {
	q.lost[why] += int64(len(entries))
	text, err := json.Marshal(q.lost)
	if err == nil {
		err = store.ReplaceFile(q.fs, q.dir, lostFile, text)
	}
	if err != nil {
		q.lost[why] -= int64(len(entries))
		return err
	}
	for _, e := range entries {
		if err := q.remove(e); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) remove(e entry) error {
	at := slices.Index(q.waiting, e)
	if at < 0 {
		return nil
	}
	if err := q.fs.Remove(q.path(e.name())); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	q.waiting, q.used = slices.Delete(q.waiting, at, at+1), q.used-onDisk(e.bytes)
	return nil
}

// state returns how much waits, and how much was lost.
func (q *queue) state() (requests int, bytes int64, lost map[reason]int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost = map[reason]int64{}
	for _, why := range reasons {
		lost[why] = q.lost[why]
	}
	return len(q.waiting), q.used, lost
}

func (q *queue) close() error { return q.lock.Close() }
