// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// directory is a ledger directory that this process has to itself.
type directory struct {
	fs        vfs.FS
	path      string
	lock      *pebble.Lock
	certified *certificate.Keeper
	rows      *rows.DB
	snapshot  *snapshot.Store
	mark      part.Mark
	log       *log.Log // nil where no ledger has been started on it yet
	counted   *dedupe.Set
}

// hint is what helps where a log has what the rows have not.
const hint = "start the collector on it once and stop it (not by a kill), then try again"

// open opens a directory. Where it may be made, and is empty or missing, it has no
// rows yet.
func open(fs vfs.FS, path string, mayBeMade bool) (_ *directory, err error) {
	d := &directory{fs: fs, path: path}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("ledger %s: %w", path, err), d.close())
		}
	}()
	version, err := versions.CheckFormat(fs, path)
	if err != nil {
		return nil, err
	}
	moving, err := readMoving(fs, path)
	if err != nil {
		return nil, err
	}
	names, err := fs.List(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	switch {
	case version == 0 && (!mayBeMade || len(names) > 0 && moving == nil):
		return nil, errors.New("this is no directory of a ledger")
	case version != 0 && version < versions.Format:
		return nil, fmt.Errorf("its state is of format %d, and this program writes %d; %s", version, versions.Format, hint)
	}
	if d.certified, err = certificate.Open(fs, path, zap.NewNop()); err != nil {
		return nil, err
	}
	if err := d.certified.Check(); err != nil {
		return nil, err
	}
	if err := fs.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if d.lock, err = pebble.LockDirectory(path, fs); err != nil {
		return nil, fmt.Errorf("a process uses this directory (%w); stop it first", err)
	}
	of := rows.Options{FS: fs, Dir: path, Lock: d.lock, Merger: book.FirstsMerger, Logger: zap.NewNop()}
	if err := trust.Check(of, d.certified); err != nil {
		return nil, err
	}
	if d.rows, err = rows.Open(of); err != nil {
		return nil, err
	}
	known, _ := d.certified.Known()
	if d.snapshot, err = snapshot.Open(fs, fs.PathJoin(path, part.Directory), known.Snapshot); err != nil {
		return nil, err
	}
	if d.mark, err = d.source().Mark(); err != nil {
		return nil, err
	}
	if d.counted, err = dedupe.Open(fs, fs.PathJoin(path, book.DuplicatesDir), 1, d.certified.Counted()...); err != nil {
		return nil, err
	}
	if err := d.openLog(); err != nil {
		return nil, err
	}
	return d, nil
}

// openLog opens the log, of which all rows have to be applied: the last process
// was not killed.
func (d *directory) openLog() error {
	err := trust.Reached(d.path, d.certified, d.mark.Needed)
	if err != nil || d.mark.Needed == 0 {
		return err
	}
	d.log, err = log.Open(trust.LogOptions(d.fs, d.path, d.certified, true), d.mark.Needed, func(uint64, []byte) error { return nil })
	if err != nil {
		return err
	}
	applied, _, err := d.source().Number(rowkey.MetaApplied)
	if err != nil {
		return err
	}
	return d.log.Read(func(number uint64, record []byte) error {
		of, _, err := group.ReadRecord(record)
		if err == nil && number > applied && len(of) > 0 {
			err = errNotWritten
		}
		return err
	})
}

// source is where organizations are read from.
func (d *directory) source() part.Source { return part.Source{Rows: d.rows, Snapshot: d.snapshot} }

// position is behind all that the log has, or will have before it is begun.
func (d *directory) position() part.Position {
	if d.log == nil {
		return part.Position{Group: 1}
	}
	return part.Position{Group: d.log.Next()}
}

// id tells ledgers apart, however they are called.
func (d *directory) id() string {
	known, _ := d.certified.Known()
	return known.ID
}

// commit applies a batch and has it on disk, with all that was written before.
func (d *directory) commit(batch *pebble.Batch) error {
	if err := d.rows.WriteThrough(batch); err != nil {
		return err
	}
	return d.certify()
}

// certify has the certificate say what is on disk.
func (d *directory) certify() error {
	known, _ := d.certified.Known()
	is := certificate.Certificate{
		At: known.At, Needed: d.mark.Needed, Reached: known.Reached, Snapshot: d.snapshot.Edition(), Counted: d.counted.Names(),
	}
	if d.log != nil {
		is.Reached = d.log.Next()
	}
	return trust.Certify(d.fs, d.path, d.certified, is)
}

// free returns a number that no organization has or had.
func (d *directory) free() (n uint32, err error) {
	for _, kind := range []byte{rowkey.Organization, rowkey.Erased} {
		err = errors.Join(err, d.rows.Each(rows.Under([]byte{kind}), func(key, _ []byte) error {
			if len(key) == 5 {
				n = max(n, binary.BigEndian.Uint32(key[1:])+1)
			}
			return nil
		}))
	}
	for _, owner := range d.snapshot.Owners() {
		n = max(n, owner+1)
	}
	return n, err
}

func (d *directory) close() (err error) {
	if d.counted != nil {
		err = d.counted.Close()
	}
	if d.log != nil {
		err = errors.Join(err, d.log.Close())
	}
	if d.snapshot != nil {
		err = errors.Join(err, d.snapshot.Close())
	}
	if d.rows != nil {
		err = errors.Join(err, d.rows.Close())
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// movingFile is in a directory that an organization is being moved to.
const movingFile = "MOVING"

// moving is what it says.
type moving struct {
	Organization string `json:"organization"`
	From         string `json:"from"`   // the directory, as it was called
	Ledger       string `json:"ledger"` // its certificate's
	Token        string `json:"token"`  // of this attempt
	Number       uint32 `json:"number"` // of the organization here
	Made         bool   `json:"made"`   // the directory was made for it
}

func readMoving(fs vfs.FS, dir string) (*moving, error) {
	text, err := store.ReadFile(fs, fs.PathJoin(dir, movingFile))
	if err != nil || text == nil {
		return nil, err
	}
	m := &moving{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, &store.Damage{Path: fs.PathJoin(dir, movingFile), What: "it does not say which organization is being moved: " + err.Error()}
	}
	return m, nil
}

func (d *directory) endMoving() error {
	if err := d.fs.Remove(d.fs.PathJoin(d.path, movingFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return store.SyncDir(d.fs, d.path)
}

// Unfinished returns an error where an organization was being moved to a directory,
// and nothing has ended that: what is opened then would not know if it has it.
func Unfinished(fs vfs.FS, dir string) error {
	m, err := readMoving(fs, dir)
	if err != nil || m == nil {
		return err
	}
	return fmt.Errorf("organization %q was being moved to it; run `usagectl move %s --from %s --to %s` again, which goes on or begins anew, or add --undo", m.Organization, m.Organization, m.From, dir)
}
