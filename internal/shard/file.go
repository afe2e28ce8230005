// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
)

// lookInterval is how often the file is looked at. Looking is reading it, as with
// the catalogue: neither notifications nor metadata tell for sure.
const lookInterval = 2 * time.Second

// File keeps a map in force equal to its file, as long as that is good.
type File struct {
	path   string
	name   string // of the shard that must be in it; "": none
	rule   identity.Rule
	logger *zap.Logger

	judged []byte // content that was judged last; of Load, then of poll
	state  atomic.Pointer[State]
}

// State is the map in force and what became of its file.
type State struct {
	*Map
	// Err says why the file is not what is in force; nil: it is.
	Err error
}

// Load reads a map for the first time, where a bad one is an error. name is the
// shard that reads it, which must be in it, "" for a gateway. Organizations are
// spelled by a rule.
func Load(path, name string, rule identity.Rule, logger *zap.Logger) (*File, error) {
	f := &File{path: path, name: name, rule: rule, logger: logger}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := f.parse(data)
	if err != nil {
		return nil, err
	}
	f.judged = data
	f.state.Store(&State{Map: m})
	return f, nil
}

func (f *File) parse(data []byte) (*Map, error) {
	m, err := Parse(filepath.Base(f.path), data)
	if err != nil {
		return nil, err
	}
	if f.name != "" && m.Find(f.name) < 0 {
		return nil, fmt.Errorf("%s: shards: none is named %q, as this shard is: add it, or correct shard::name", m.name, f.name)
	}
	return m.Spelled(f.rule)
}

// Current returns the map in force, and why the file is not.
func (f *File) Current() State { return *f.state.Load() }

// Run looks at the file until ctx ends. changed, unless it is nil, is told of each
// map that is in force from now on; it is told again where it has an error.
func (f *File) Run(ctx context.Context, changed func(now time.Time) error) {
	var told *Map
	if changed != nil {
		told = f.Current().Map
	}
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			f.poll()
			if m := f.Current().Map; changed != nil && m != told {
				if err := changed(now); err != nil {
					f.logger.Error("map of shards is not applied yet, and is tried again", zap.Error(err))
				} else {
					told = m
				}
			}
		}
	}
}

// poll puts the file's map in force if it has changed, is good and is newer.
func (f *File) poll() {
	data, err := os.ReadFile(f.path)
	if err == nil && bytes.Equal(data, f.judged) {
		return
	}
	now := f.Current()
	if err == nil {
		f.judged = data
		var m *Map
		if m, err = f.parse(data); err == nil {
			err = m.follows(now.Map)
		}
		if err == nil {
			f.state.Store(&State{Map: m})
			f.logger.Info("map of shards is in force", zap.String("path", f.path), zap.Stringer("map", m.id))
			return
		}
	} else {
		f.judged = nil
	}
	if now.Err == nil || now.Err.Error() != err.Error() {
		f.logger.Error("map of shards is refused, the last good one stays in force", zap.String("path", f.path), zap.Error(err))
	}
	f.state.Store(&State{Map: now.Map, Err: err})
}

// follows says why a map may not replace another: who sends and who counts tell
// older from newer by the version alone.
func (m *Map) follows(old *Map) error {
	if m.id == old.id || m.Version > old.Version {
		return nil
	}
	return fmt.Errorf("%s: version: %d: the map in force is of version %d and says something else: use %d", m.name, m.Version, old.Version, old.Version+1)
}
