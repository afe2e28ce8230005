// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	// surveyEvery is how often it is looked at, and written down, what the directory
	// consists of: with each collection, and not with each append of a replay.
	surveyEvery = time.Second
	// mostMends bounds how often opening is tried again without what is damaged.
	mostMends = 4
	// remedy is what helps where nothing is to be left out by itself.
	remedy = "see to the disk and start again, or restore a backup of the directory, or start with an empty one: counts are the ledger's and are not in it"
)

// Keeper keeps the list of what the directory of an open TSDB consists of. Its
// methods are called one at a time.
type Keeper struct {
	directory string
	options   *tsdb.Options
	logger    *slog.Logger
	held      Holdings // of the last survey
	surveyed  time.Time
}

// Open opens the TSDB of a directory without what is damaged of it: history of
// charts must not keep the process from counting. A block that cannot be read is put
// aside, by a name that has .damaged in it; a log is read up to its damage. Whatever
// of it is lost is named. What is no damage, a disk that does not answer or rights
// that are missing, is an error, and nothing is changed.
func Open(dir string, options *tsdb.Options, logger *slog.Logger) (*tsdb.DB, *prometheus.Registry, *Keeper, error) {
	k := &Keeper{directory: dir, options: options, logger: logger}
	db, registry, err := k.open()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open store %s: %w: %s", dir, err, remedy)
	}
	return db, registry, k, nil
}

func (k *Keeper) open() (*tsdb.DB, *prometheus.Registry, error) {
	dir := k.directory
	was, err := Read(dir)
	if err != nil {
		k.logger.Warn("what the store consisted of is not known", "error", err)
	}
	is, err := Survey(dir, time.Now().UnixMilli(), nil)
	if err != nil {
		return nil, nil, err
	}
	lost, err := k.putAside(was, is)
	if err != nil {
		return nil, nil, err
	}
	unread, err := guarded(func() ([]Loss, error) { return passedOver(dir, is, was) })
	if err != nil {
		k.logger.Warn("the logs of the store could not be looked through", "error", err)
	}
	var db *tsdb.DB
	var registry *prometheus.Registry
	for range mostMends {
		var cut []Loss
		db, registry, cut, err = k.openWhole(was, is)
		lost = append(lost, cut...)
		if err == nil {
			break
		}
		more, mended := k.mend(was, err)
		if !mended {
			break
		}
		lost = append(lost, more...)
	}
	if err != nil {
		return nil, nil, err
	}
	lost = append(lost, unread...)
	k.held = was
	if err := k.survey(lost, nil); err != nil {
		k.logger.Warn("what the store consists of could not be written down", "error", err)
	}
	return db, registry, nil
}

// openWhole opens the TSDB, and names what it cuts off its logs.
//
// It removes the mapped chunks where there is a log of late samples, of which that log
// says which are mapped and need not be read again. A series that left the head and came
// again has two references in the logs, and the TSDB drops the late chunks of the first
// when it meets the second (v0.315.0, Head.resetSeriesWithMMappedChunks): those samples
// would be gone after the second start. Without chunks it reads all of them from the logs.
//
// It opens once more where the first log was cut off, since the TSDB then leaves that of
// late samples unread (v0.315.0, Head.Init): they would be missing from answers until the
// next start, and gone where the head is compacted before it.
func (k *Keeper) openWhole(was, is Holdings) (db *tsdb.DB, registry *prometheus.Registry, lost []Loss, err error) {
	late := is.Logs[Logs[1]].Bytes() > 0
	for again := late; ; again = false {
		if late {
			if err := os.RemoveAll(filepath.Join(k.directory, headChunks)); err != nil {
				return nil, nil, lost, err
			}
		}
		watch := &cutWatcher{Handler: k.logger.Handler(), log: Logs[0]}
		registry = prometheus.NewRegistry()
		db, err = guarded(func() (*tsdb.DB, error) { return tsdb.Open(k.directory, slog.New(watch), registry, k.options, nil) })
		loss, cut := watch.loss(was)
		if cut {
			lost = append(lost, loss)
		}
		if err != nil || !again || !watch.leftLate() {
			return db, registry, lost, err
		}
		if _, err := guarded(func() (any, error) { return nil, db.Close() }); err != nil {
			return nil, nil, lost, err
		}
	}
}

// putAside moves blocks away that cannot be opened or are cut off, and closes gaps of
// the logs, which the TSDB does not read beyond.
func (k *Keeper) putAside(was, is Holdings) ([]Loss, error) {
	lost := Compare(was, is, k.options.RetentionDuration)
	named := map[string]bool{}
	for _, l := range lost {
		if _, there := is.Blocks[l.Path]; there {
			named[l.Path] = true
			if err := k.moveAside(l.Path); err != nil {
				return nil, err
			}
		}
	}
	for name, b := range is.Blocks {
		if b.Bad == "" || named[name] {
			continue
		}
		if err := k.moveAside(name); err != nil {
			return nil, err
		}
		lost = append(lost, lossOf(was, is.At, name, b.Bad))
	}
	for name, l := range is.Logs {
		for n := range l.Last() {
			if _, there := l.Segments[n]; there || !hasBefore(l, n) {
				continue
			}
			path := filepath.Join(k.directory, name, fmt.Sprintf("%08d", n))
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return nil, err
			}
		}
	}
	return lost, nil
}

func hasBefore(l Log, n int) bool {
	for m := range l.Segments {
		if m < n {
			return true
		}
	}
	return false
}

func lossOf(was Holdings, at int64, block, why string) Loss {
	b := was.Blocks[block]
	return Loss{Path: block, What: why, From: b.From, To: b.To, Found: at}
}

func (k *Keeper) moveAside(path string) error {
	from := filepath.Join(k.directory, filepath.FromSlash(path))
	return os.Rename(from, fmt.Sprintf("%s.damaged-%d", from, time.Now().Unix()))
}

// mend puts aside what has kept the TSDB from opening, and reports whether there is
// a reason to try again.
func (k *Keeper) mend(was Holdings, failed error) (lost []Loss, mended bool) {
	if ofSystem(failed) {
		return nil, false
	}
	dir, now := k.directory, time.Now().UnixMilli()
	is, err := Survey(dir, now, nil)
	if err != nil {
		return nil, false
	}
	for name := range is.Blocks {
		block, err := guarded(func() (*tsdb.Block, error) {
			return tsdb.OpenBlock(k.logger, filepath.Join(dir, name), nil, nil)
		})
		if err == nil {
			err = block.Close()
		}
		if err == nil || ofSystem(err) {
			continue
		}
		if k.moveAside(name) == nil {
			lost, mended = append(lost, lossOf(was, now, name, err.Error())), true
		}
	}
	if mended {
		return lost, true
	}
	if log := is.Logs[Logs[0]]; strings.Contains(failed.Error(), "checkpoint") && log.Checkpoint >= 0 {
		path := fmt.Sprintf("%s/checkpoint.%08d", Logs[0], log.Checkpoint)
		loss := Loss{Path: path, What: failed.Error(), From: was.At, To: now, Found: now}
		return []Loss{loss}, k.moveAside(path) == nil
	}
	// What is mapped of the head is in the logs too.
	if strings.Contains(failed.Error(), headChunks) || strings.Contains(failed.Error(), "head chunk") {
		return nil, k.moveAside(headChunks) == nil
	}
	return nil, false
}

// headChunks is the TSDB's directory of chunks that are mapped and not yet in a
// block.
const headChunks = "chunks_head"

// ofSystem reports whether an error is of the system, and not of what a file has.
func ofSystem(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && errno != syscall.ENOENT
}

// guarded makes an error of a panic: Prometheus' readers trust lengths that they
// read.
func guarded[T any](open func() (T, error)) (opened T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a file of it is damaged: %v", r)
		}
	}()
	return open()
}

// survey writes down what the directory consists of, and names what is lost: what
// the caller has found, and what is not there any more.
func (k *Keeper) survey(lost []Loss, known map[string]Block) error {
	was, retention := k.held, k.options.RetentionDuration
	is, err := Survey(k.directory, time.Now().UnixMilli(), known)
	if err != nil {
		return err
	}
	if known != nil && len(Compare(was, is, retention)) > 0 { // a compaction may have come in between
		if is, err = Survey(k.directory, is.At, known); err != nil {
			return err
		}
		lost = Compare(was, is, retention)
	}
	for i, l := range lost {
		if i == mostNamed {
			k.logger.Error("more of the store is lost", "more", len(lost)-i)
			break
		}
		k.logger.Error("a part of the store is lost: counts are the ledger's and are not in it; a backup of the directory has it", "directory", k.directory, "lost", l.String())
	}
	k.held, k.surveyed = is.With(was, lost), time.Now()
	return Write(k.directory, k.held)
}

// mostNamed bounds the lines of one look.
const mostNamed = 100

// Look surveys the directory after it has changed, but for a replay's changes, which
// are thousands a second; force does so in any case.
func (k *Keeper) Look(force bool) {
	if !force && time.Since(k.surveyed) < surveyEvery {
		return
	}
	if err := k.survey(nil, k.held.Blocks); err != nil {
		k.surveyed = time.Now()
		k.logger.Warn("what the store consists of could not be written down", "directory", k.directory, "error", err)
	}
}

// Lost returns what is known to be lost, of the last week; of a store that is not
// open, nil, nothing.
func (k *Keeper) Lost() []Loss {
	if k == nil {
		return nil
	}
	return k.held.Lost
}

// cutWatcher passes the TSDB's log on and notes where it cuts off one of its own
// logs, which it tells nobody else.
type cutWatcher struct {
	slog.Handler

	mu      sync.Mutex
	log     string // that is read at the moment of the error
	cut     bool
	segment int64
	offset  int64
}

// What the TSDB says when it does, and of the log of samples out of order before; a
// test holds it.
const (
	cutting    = "Starting corruption repair"
	outOfOrder = "Encountered WBL read error"
)

// Handle implements slog.Handler.
func (w *cutWatcher) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, outOfOrder) {
		w.mu.Lock()
		w.log = Logs[1]
		w.mu.Unlock()
	}
	if r.Message == cutting {
		w.mu.Lock()
		w.cut = true
		r.Attrs(func(a slog.Attr) bool {
			switch a.Key {
			case "segment":
				w.segment = a.Value.Int64()
			case "offset":
				w.offset = a.Value.Int64()
			}
			return true
		})
		w.mu.Unlock()
	}
	return w.Handler.Handle(ctx, r)
}

// Enabled implements slog.Handler: what the handler behind it leaves out is to be
// seen all the same.
func (w *cutWatcher) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || w.Handler.Enabled(ctx, level)
}

// leftLate reports whether the TSDB has not come to its second log.
func (w *cutWatcher) leftLate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut && w.log == Logs[0]
}

// loss returns what was cut off of what was written down as being on disk. A record
// behind that was torn by a kill, and nobody was told that it is stored.
func (w *cutWatcher) loss(was Holdings) (Loss, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := was.Logs[w.log]
	last := int64(log.Last())
	if !w.cut || was.At > 0 && (w.segment > last || w.segment == last && w.offset >= log.Segments[int(last)]) {
		return Loss{}, false
	}
	now := time.Now().UnixMilli()
	return Loss{
		Path: fmt.Sprintf("%s/%08d", w.log, w.segment), What: fmt.Sprintf("a record at byte %d is damaged: the log is cut off there", w.offset),
		From: was.At, To: now, Found: now,
	}, true
}
