// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package backup writes a copy of a ledger directory to a file, and makes a directory
// of it again.
//
//	ledger: a copy of the directory --Write--> tar of its files, then their sums --Restore--> a directory
//
// The sums are at its end, as sha256sum writes them: one without them is cut short.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

const sumsFile = "SHA256SUMS"

// below are the directories that are below a ledger's.
var below = [...]string{book.DuplicatesDir, part.Directory}

// Write writes the files of a directory that nothing changes.
func Write(ctx context.Context, fs vfs.FS, dir string, w io.Writer) error {
	names, err := filesToArchive(fs, dir)
	if err != nil {
		return err
	}
	archive, now, sums := tar.NewWriter(w), time.Now(), ""
	for _, name := range names {
		sum, err := archiveFile(ctx, fs, dir, name, archive, now)
		if err != nil {
			return err
		}
		sums += fmt.Sprintf("%x  %s\n", sum, name)
	}
	if err := archive.WriteHeader(header(sumsFile, int64(len(sums)), now)); err != nil {
		return err
	}
	_, err = io.WriteString(archive, sums)
	return errors.Join(err, archive.Close())
}

// filesToArchive returns the names of the files in a copy, in order, those in
// directories below it included.
func filesToArchive(fs vfs.FS, dir string) ([]string, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(below[:], name) })
	for _, directory := range below {
		files, err := fs.List(fs.PathJoin(dir, directory))
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			names = append(names, directory+"/"+name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func header(name string, size int64, now time.Time) *tar.Header {
	return &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: now}
}

func archiveFile(ctx context.Context, fs vfs.FS, dir, name string, to *tar.Writer, now time.Time) (_ []byte, err error) {
	f, err := fs.Open(fs.PathJoin(dir, name))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := to.WriteHeader(header(name, info.Size(), now)); err != nil {
		return nil, err
	}
	hash := sha256.New()
	_, err = io.CopyN(io.MultiWriter(to, hash), reading{ctx, f}, info.Size())
	return hash.Sum(nil), err
}

// reading is a reader that ends with a context.
type reading struct {
	ctx context.Context
	io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// Restore makes a ledger directory of a backup. The directory has to be empty or
// missing; it is there as a whole afterwards, and on disk, or not at all.
func Restore(r io.Reader, dir string) error {
	if err := restore(r, dir); err != nil {
		return fmt.Errorf("restore ledger %s: %w", dir, err)
	}
	return nil
}

func restore(r io.Reader, dir string) (err error) {
	dir = strings.TrimRight(dir, string(os.PathSeparator))
	switch entries, err := os.ReadDir(dir); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		return errors.New("the directory is not empty; name one that is, or that is not there yet")
	}
	fs, parent := vfs.Default, vfs.Default.PathDir(dir)
	if err := fs.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(parent, ".restoring-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temporary))
		}
	}()
	if err := unpack(r, temporary); err != nil {
		return err
	}
	if version, err := versions.CheckFormat(fs, temporary); err != nil || version == 0 {
		return errors.Join(err, ErrNone)
	}
	if err := certificate.Forget(fs, dir); err != nil { // of what the backup takes the place of
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: a directory that is a mount point cannot be replaced; name one in it", err)
	}
	if err := os.Rename(temporary, dir); err != nil {
		return err
	}
	return store.SyncDir(fs, parent)
}

// What Restore is given instead of a backup.
var (
	ErrNone     = errors.New("this is no backup of a ledger")
	ErrCutShort = errors.New("the backup is cut short or damaged; make another one")
)

// unpack writes the files of a backup into a directory, and checks their sums.
func unpack(r io.Reader, dir string) error {
	for _, directory := range below {
		if err := vfs.Default.MkdirAll(vfs.Default.PathJoin(dir, directory), 0o700); err != nil {
			return err
		}
	}
	archive, sums, wanted := tar.NewReader(r), "", ""
	for n := 0; ; n++ {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			if wanted == "" || sums != wanted {
				return ErrCutShort
			}
			var err error
			for _, directory := range below {
				err = errors.Join(err, store.SyncDir(vfs.Default, vfs.Default.PathJoin(dir, directory)))
			}
			return errors.Join(err, store.SyncDir(vfs.Default, dir))
		case err != nil && n == 0:
			return fmt.Errorf("%w: %w", ErrNone, err)
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCutShort, err)
		case h.Name == sumsFile:
			text, err := io.ReadAll(io.LimitReader(archive, 64<<20))
			if err != nil {
				return fmt.Errorf("%w: %w", ErrCutShort, err)
			}
			wanted = string(text)
		case h.Typeflag != tar.TypeReg || !isFileOfBackup(h.Name):
			return fmt.Errorf("%w: it has %q, which is no file of one", ErrNone, h.Name)
		default:
			sum, err := unpackFile(archive, vfs.Default.PathJoin(dir, h.Name))
			if err != nil {
				return err
			}
			sums += fmt.Sprintf("%x  %s\n", sum, h.Name)
		}
	}
}

// isFileOfBackup reports whether a file of a ledger may be called so.
func isFileOfBackup(name string) bool {
	for _, directory := range below {
		if of, is := strings.CutPrefix(name, directory+"/"); is {
			name = of
			break
		}
	}
	return name != "." && name != ".." && !strings.ContainsAny(name, `/\:`)
}

func unpackFile(from io.Reader, path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), from)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCutShort
	}
	return hash.Sum(nil), errors.Join(err, f.Sync(), f.Close())
}
