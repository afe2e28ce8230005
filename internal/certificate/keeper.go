// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// File is the certificate in the directory.
const File = "CERTIFICATE"

// Beside returns the path of the certificate beside a directory, "" where none can
// be, since the directory has no name.
func Beside(fs vfs.FS, dir string) string {
	dir = strings.TrimRight(dir, "/")
	if base := fs.PathBase(dir); dir == "" || base == "." || base == ".." || base == "/" {
		return ""
	}
	return dir + ".certificate"
}

// Keeper keeps the certificate of a directory. Its methods may be called
// concurrently.
type Keeper struct {
	fs     vfs.FS
	dir    string
	logger *zap.Logger

	mu     sync.Mutex // guards all below
	now    Certificate
	warned bool // that there is none beside the directory
}

// Open reads the certificate of a directory, which need not be there.
func Open(fs vfs.FS, dir string, logger *zap.Logger) (*Keeper, error) {
	k := &Keeper{fs: fs, dir: dir, logger: logger}
	within, damaged, err := Read(fs, fs.PathJoin(dir, File))
	if err != nil {
		return nil, err
	}
	var beside *Certificate
	if path := Beside(fs, dir); path != "" {
		var also error
		if beside, also, err = Read(fs, path); err != nil {
			return nil, err
		}
		damaged = errors.Join(damaged, also)
	}
	switch {
	case within == nil && beside == nil:
		return k, damaged
	case within != nil && beside != nil && within.ID != beside.ID:
		return nil, &store.Damage{Path: dir, What: fmt.Sprintf("it is ledger %s, and %s is of ledger %s", within.ID, Beside(fs, dir), beside.ID)}
	}
	if damaged != nil {
		logger.Warn("usage ledger: one of the two certificates is damaged; it is made anew", zap.Error(damaged))
	}
	k.now = *newer(within, beside)
	return k, nil
}

// newer returns the later of two certificates, of which one may be nil.
func newer(a, b *Certificate) *Certificate {
	if a == nil || b != nil && b.Serial > a.Serial {
		return b
	}
	return a
}

// Known returns the certificate; ok is false where there is none yet.
func (k *Keeper) Known() (c Certificate, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now, k.now.ID != ""
}

// Counted returns the runs of counted items that the certificate has.
func (k *Keeper) Counted() []string {
	known, _ := k.Known()
	return known.Counted
}

// Check returns a *store.Damage where the directory's store is not there any more,
// or not as far as it was.
func (k *Keeper) Check() error {
	c, ok := k.Known()
	if !ok {
		return nil
	}
	if _, err := k.fs.Stat(k.dir); errors.Is(err, os.ErrNotExist) {
		return store.Missing(k.dir, "it is the directory of ledger "+c.ID+" (where it was removed to begin anew, remove "+Beside(k.fs, k.dir)+" too)")
	}
	return c.Rows.Check(k.fs, k.dir)
}

// Update changes the certificate, to say what is on disk by now, and replaces it.
func (k *Keeper) Update(change func(*Certificate)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.now
	change(&c)
	c.ID, c.Serial = cmp.Or(c.ID, newID()), c.Serial+1
	text := c.encode()
	if err := store.ReplaceFile(k.fs, k.dir, File, text); err != nil {
		return err
	}
	k.now = c
	path := Beside(k.fs, k.dir)
	if path == "" {
		return nil
	}
	if err := store.ReplaceFile(k.fs, k.fs.PathDir(path), k.fs.PathBase(path), text); err != nil && !k.warned {
		k.warned = true
		k.logger.Warn("usage ledger: nothing can be written beside the directory, so a start cannot tell if all of it is lost; put it one level deeper", zap.Error(err))
	}
	return nil
}

func newID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// Forget takes the certificates of a directory away: it is another ledger's from now
// on.
func Forget(fs vfs.FS, dir string) error {
	for _, path := range []string{fs.PathJoin(dir, File), Beside(fs, dir)} {
		if path == "" {
			continue
		}
		if err := fs.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
