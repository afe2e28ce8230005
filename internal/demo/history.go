// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// planFile is written last, so that a history that has one is whole.
const planFile = "plan.json"

// Requests hold what arrived within a quarter of an hour, and in the last day
// within a minute: a replay that collects at these steps gives the figures
// that were lived through.
const (
	coarse     = 15 * time.Minute
	fine       = time.Minute
	fineBefore = 25 * time.Hour
)

// WriteHistory writes everything that arrived before the plan's present into
// the directory as OTLP/JSON lines, a file for each month (UTC), and calls
// progress (which may be nil) after each day. It returns the number of events.
func (p Plan) WriteHistory(dir string, progress func(day time.Time, events int)) (int, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	if err := os.Remove(filepath.Join(dir, planFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	w := historyWriter{dir: dir, fineFrom: p.Present.Add(-fineBefore), progress: progress}
	for e := range p.Events(p.Start, p.Present) {
		if err := w.add(e); err != nil {
			return w.count, errors.Join(err, w.closeFile())
		}
	}
	if err := errors.Join(w.flush(), w.closeFile()); err != nil {
		return w.count, err
	}
	return w.count, p.save(dir)
}

// historyWriter cuts a stream of events into requests and files.
type historyWriter struct {
	dir      string
	fineFrom time.Time
	progress func(time.Time, int)

	count   int
	pending []Event
	until   time.Time // the end of the pending request
	file    *os.File
	buffer  *bufio.Writer
}

func (w *historyWriter) add(e Event) error {
	if !e.Arrives.Before(w.until) {
		if err := w.flush(); err != nil {
			return err
		}
		w.next(e.Arrives)
		if err := w.rotate(e.Arrives); err != nil {
			return err
		}
	}
	w.pending = append(w.pending, e)
	w.count++
	return nil
}

// next sets the end of the request that an instant lies in.
func (w *historyWriter) next(at time.Time) {
	if w.progress != nil && !at.Truncate(24*time.Hour).Equal(w.until.Add(-1).Truncate(24*time.Hour)) {
		w.progress(at, w.count)
	}
	step := coarse
	if !at.Before(w.fineFrom) {
		step = fine
	}
	w.until = at.Truncate(step).Add(step)
}

// rotate opens the file of the month that an instant lies in.
func (w *historyWriter) rotate(at time.Time) error {
	name := filepath.Join(w.dir, at.UTC().Format("2006-01")+".jsonl")
	if w.file != nil && w.file.Name() == name {
		return nil
	}
	if err := w.closeFile(); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w.file, w.buffer = file, bufio.NewWriterSize(file, 1<<20)
	return nil
}

func (w *historyWriter) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	err := writeRequests(w.buffer, w.pending)
	w.pending = w.pending[:0]
	return err
}

func (w *historyWriter) closeFile() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.buffer.Flush(), w.file.Close())
	w.file = nil
	return err
}

func (p Plan) save(dir string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, planFile), append(text, '\n'), 0o600)
}

// LoadPlan reads the plan of the history in a directory.
func LoadPlan(dir string) (Plan, error) {
	path := filepath.Join(dir, planFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("%w; write a history first with `usagectl demo generate --out %s`", err, dir)
	}
	var p Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w; write the history again", path, err)
	}
	if !p.Start.Before(p.Present) {
		return Plan{}, fmt.Errorf("plan %s: start %s is not before present %s; write the history again",
			path, p.Start.Format(time.RFC3339), p.Present.Format(time.RFC3339))
	}
	return p, nil
}
