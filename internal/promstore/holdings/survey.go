// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// Holdings are what a directory consists of.
type Holdings struct {
	// At is when they were looked at, ms since 1970.
	At int64 `json:"at"`
	// Blocks by their names.
	Blocks map[string]Block `json:"blocks"`
	// Logs by the names of their directories, see [Logs].
	Logs map[string]Log `json:"logs"`
	// Lost is what was found to be lost within the last week.
	Lost []Loss `json:"lost,omitempty"`
}

// Logs are the directories of samples in order, and of those out of order.
var Logs = []string{"wal", "wbl"}

// Block is a stretch of time that does not change any more. Compactions make one
// of several.
type Block struct {
	From int64 `json:"from"` // ms since 1970
	To   int64 `json:"to"`
	// Source is one of the first blocks that it was made of: wherever that has
	// gone the whole block has.
	Source string `json:"source"`
	// Sizes of its files, in bytes, by their paths within it.
	Sizes map[string]int64 `json:"sizes"`

	sources []string
	// Bad says why it cannot be opened; "": it can, as far as its files' names and
	// sizes tell.
	Bad string `json:"-"`
}

// Log is a sequence of segments, of which the first go once they are in a
// checkpoint or a block.
type Log struct {
	// Checkpoint is the number of the last segment that the newest checkpoint
	// stands for; -1: there is none.
	Checkpoint int `json:"checkpoint"`
	// CheckpointSize is what that checkpoint has, in bytes.
	CheckpointSize int64 `json:"checkpoint_size"`
	// Segments has the size of each, in bytes, by its number.
	Segments map[int]int64 `json:"segments"`
}

// minTombstones is what the file has where nothing is deleted: magic number,
// version and checksum. Prometheus' reader panics of less.
const minTombstones = 9

// Survey looks at what is there. A directory that is not there has nothing. Blocks
// that are known are not read again.
func Survey(directory string, at int64, known map[string]Block) (Holdings, error) {
	h := Holdings{At: at, Blocks: map[string]Block{}, Logs: map[string]Log{}}
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return h, err
	}
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err != nil || !e.IsDir() {
			continue
		}
		if b, is := known[e.Name()]; is {
			h.Blocks[e.Name()] = b
			continue
		}
		b, err := surveyBlock(filepath.Join(directory, e.Name()), e.Name())
		if errors.Is(err, os.ErrNotExist) { // a compaction has just removed it
			continue
		}
		if err != nil {
			return h, err
		}
		h.Blocks[e.Name()] = b
	}
	for _, name := range Logs {
		l, err := surveyLog(filepath.Join(directory, name))
		if err != nil {
			return h, err
		}
		h.Logs[name] = l
	}
	return h, nil
}

func surveyBlock(dir, name string) (Block, error) {
	b := Block{Sizes: map[string]int64{}, Source: name}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		within, err := filepath.Rel(dir, path)
		b.Sizes[filepath.ToSlash(within)] = info.Size()
		return err
	})
	if err != nil {
		return b, err
	}
	var meta tsdb.BlockMeta
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	switch stones, has := b.Sizes["tombstones"]; {
	case ofSystem(err):
		return b, err
	case err != nil:
		b.Bad = fmt.Sprintf("meta.json: %v", err)
	case meta.ULID.String() != name || meta.Version != 1:
		b.Bad = "meta.json: it is that of another block, or of another version"
	case b.Sizes["index"] == 0:
		b.Bad = "index: it is empty or missing"
	case has && stones < minTombstones:
		b.Bad = fmt.Sprintf("tombstones: it has %d bytes, and never less than %d", stones, minTombstones)
	}
	if b.Bad != "" {
		return b, nil
	}
	b.From, b.To = meta.MinTime, meta.MaxTime
	for _, source := range meta.Compaction.Sources {
		b.sources = append(b.sources, source.String())
	}
	if len(b.sources) > 0 {
		b.Source = b.sources[0]
	}
	return b, nil
}

func surveyLog(dir string) (Log, error) {
	l := Log{Checkpoint: -1, Segments: map[int]int64{}}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		if text, is := strings.CutPrefix(e.Name(), "checkpoint."); is && e.IsDir() {
			if n, err := strconv.Atoi(text); err == nil && n > l.Checkpoint {
				l.Checkpoint, l.CheckpointSize = n, sizeOf(filepath.Join(dir, e.Name()))
			}
			continue
		}
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) { // a checkpoint stands for it now
			continue
		}
		if err != nil {
			return l, err
		}
		l.Segments[n] = info.Size()
	}
	return l, nil
}

// Last returns the number of the last segment, -1 where there is none.
func (l Log) Last() int {
	if len(l.Segments) == 0 {
		return -1
	}
	return slices.Max(slices.Collect(maps.Keys(l.Segments)))
}

// Bytes returns what its segments have together.
func (l Log) Bytes() (all int64) {
	for _, size := range l.Segments {
		all += size
	}
	return all
}

// sizeOf returns how many bytes the files of a directory have: fewer where some of
// them are being removed.
func sizeOf(dir string) (bytes int64) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}
