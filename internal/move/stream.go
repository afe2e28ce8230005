// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// A copy of an organization goes from one running ledger to another as a stream of
// frames: what the source is, rows, what others keep about it, keys of counted items,
// and what all of it comes to.

// Copy is how a stream begins.
type Copy struct {
	Format       int
	Organization string
	Token        string // of the attempt
	Meters       []byte // as the row has them
	Spellings    []byte // likewise
	Former       int64  // see book.Open
	Row          []byte // the organization's own
	Keys         int    // that follow, at most
	Epoch        uint16 // the latest of theirs
}

// frame is one step of a stream: kinds of rows are those of package rowkey.
type frame struct {
	Kind        byte
	Rest, Value []byte
	Keys        []usage.UID
	End         *Total
}

// Total is what a copy comes to. Figures are those of some minutes from now on.
type Total struct {
	Rows, Bytes int64
	Hash        string
	Figures     int
	OfFigures   string
}

// keysAtOnce is how many keys a frame has.
const keysAtOnce = 4096

// of is the directory of a book that is in use. Nothing goes through its files
// meanwhile but what is committed.
func of(b *book.Book) *directory {
	return &directory{fs: b.Settings.FS, path: b.Settings.Directory, rows: b.Rows, snapshot: b.Snapshot, log: b.Log, counted: b.Duplicates}
}

// Write writes a copy of an organization of which all is on disk, and of which nothing
// changes meanwhile.
func Write(ctx context.Context, b *book.Book, o *book.Org, token string, to io.Writer) error {
	d := of(b)
	head := Copy{Format: versions.Format, Organization: o.ID, Token: token}
	head.Keys, head.Epoch = d.counted.InRuns()
	var err error
	if head.Row, err = d.rows.Get(rowkey.Of(rowkey.Organization, o.Number)); err != nil {
		return err
	}
	if head.Meters, err = d.rows.Get(rowkey.MetaDefinitions); err != nil {
		return err
	}
	if head.Spellings, err = d.rows.Get(rowkey.MetaSpellings); err != nil {
		return err
	}
	if head.Former, err = d.former(); err != nil {
		return err
	}
	defs, err := d.definitions()
	if err != nil {
		return err
	}
	r, err := d.read(o.Number, defs)
	if err != nil {
		return err
	}
	frames := gob.NewEncoder(to)
	if err := frames.Encode(&head); err != nil {
		return err
	}
	at := owned{o.Number, r.InRows, r.Position}
	end := &Total{}
	if err := d.each(ctx, at, func(kind byte, rest, value []byte) error {
		return frames.Encode(&frame{Kind: kind, Rest: rest, Value: value})
	}); err != nil {
		return err
	}
	s, err := d.sum(ctx, at, func(sum) {})
	if err != nil {
		return err
	}
	end.rows(s)
	if err := d.bills(o.ID, func(key, value []byte) {
		err = errors.Join(err, frames.Encode(&frame{Kind: rowkey.Memory, Rest: key, Value: value}))
	}); err != nil {
		return err
	}
	keys := make([]usage.UID, 0, keysAtOnce)
	flush := func() error {
		if len(keys) == 0 {
			return ctx.Err()
		}
		err := errors.Join(ctx.Err(), frames.Encode(&frame{Keys: keys}))
		keys = keys[:0]
		return err
	}
	err = errors.Join(err, d.counted.EachRun(func(uid usage.UID) error {
		if keys = append(keys, uid); len(keys) < keysAtOnce {
			return nil
		}
		return flush()
	}))
	if err = errors.Join(err, flush()); err != nil {
		return err
	}
	if err := end.figures(r.Organization, defs); err != nil {
		return err
	}
	return frames.Encode(&frame{End: end})
}

func (t *Total) rows(s sum) { t.Rows, t.Bytes, t.Hash = s.Rows, s.Bytes, hex.EncodeToString(s.hash[:]) }

func (t *Total) figures(o *organization.Organization, defs *organization.Shared) error {
	all, err := figures(o, defs)
	hash := sha256.New()
	for _, lines := range all {
		for _, line := range lines {
			t.Figures++
			_, _ = fmt.Fprintf(hash, "%q\n", line) // never fails
		}
	}
	t.OfFigures = hex.EncodeToString(hash.Sum(nil))
	return err
}

// former reads until when items are looked for by their former content.
func (d *directory) former() (int64, error) {
	row, err := d.rows.Get(rowkey.MetaFormer)
	if err != nil || row == nil {
		return 0, err
	}
	of := &wire.Decoder{Bytes: row}
	return of.Int(), of.Err()
}

// Reader reads a copy.
type Reader struct {
	Copy
	frames *gob.Decoder
}

// Read begins to read a copy.
func Read(from io.Reader) (*Reader, error) {
	r := &Reader{frames: gob.NewDecoder(from)}
	if err := r.frames.Decode(&r.Copy); err != nil {
		return nil, fmt.Errorf("the source sent no copy: %w", err)
	}
	return r, nil
}

// Fits returns an error where a ledger counts otherwise than the source does. begun is
// the earliest event time that is accepted now.
func (r *Reader) Fits(b *book.Book, begun int64) error {
	d := of(b)
	if r.Format != versions.Format {
		return fmt.Errorf("the source writes format %d, and this shard format %d: run the same version on both", r.Format, versions.Format)
	}
	var theirs []versions.Meter
	own, err := d.meters()
	if err == nil {
		err = json.Unmarshal(r.Meters, &theirs)
	}
	if err != nil {
		return err
	}
	for i := range max(len(own), len(theirs)) {
		if i >= len(own) || i >= len(theirs) || !sameMeter(own[i], theirs[i]) {
			return fmt.Errorf("the shards have different meters (source %s, target %s): configure both alike and restart them", nameOf(theirs, i), nameOf(own, i))
		}
	}
	spelled, err := d.rows.Get(rowkey.MetaSpellings)
	if err == nil && string(spelled) != string(r.Spellings) {
		err = fmt.Errorf("the shards spell ids differently (source %s, target %s): identity::normalize has to be the same since the same day", r.Spellings, spelled)
	}
	if err != nil {
		return err
	}
	former, err := d.former()
	if err == nil && r.Former > max(former, begun) {
		err = errors.New("the source was begun by an older version and knows items by their former content: stop both and move it offline, or wait for the acceptance span")
	}
	return err
}

// Put writes the rows of a copy under a number that is nobody's, and its keys, and
// compares what is on disk then with what the source has. What others keep about
// the organization is handed to memory.
func (r *Reader) Put(ctx context.Context, b *book.Book, number uint32, at part.Position, memory func(key, value []byte)) (*Total, error) {
	d := of(b)
	batch := d.rows.NewBatch()
	next := func() (*frame, error) {
		f := &frame{}
		if err := errors.Join(ctx.Err(), r.frames.Decode(f)); err != nil {
			return nil, fmt.Errorf("the copy broke off: %w", err)
		}
		return f, nil
	}
	f, err := next()
	for ; err == nil && f.Keys == nil && f.End == nil; f, err = next() {
		if f.Kind == rowkey.Memory {
			memory(f.Rest, f.Value)
			continue
		}
		key, value := placed(f.Kind, number, at, f.Rest, f.Value)
		_ = batch.Set(key, value, nil) // cannot fail before it is committed
		if batch.Len() >= batchBytes {
			if err := d.rows.Write(batch); err != nil {
				return nil, err
			}
			batch = d.rows.NewBatch()
		}
	}
	if err != nil {
		return nil, err
	}
	if err := d.rows.WriteThrough(batch); err != nil {
		return nil, err
	}
	err = d.counted.Receive(r.Epoch, r.Keys, func(to []usage.UID) ([]usage.UID, error) {
		if f.End != nil {
			return to, nil
		}
		to = append(to, f.Keys...)
		var err error
		f, err = next()
		return to, err
	})
	if err != nil {
		return nil, err
	}
	if f.End == nil {
		return nil, errors.New("the copy does not end where it should")
	}
	return f.End, d.equal(ctx, number, at, r.Row, f.End)
}

// equal returns an error where what was put is not what the source has.
func (d *directory) equal(ctx context.Context, number uint32, at part.Position, row []byte, want *Total) error {
	s, err := d.sum(ctx, owned{number, true, at}, func(sum) {})
	if err != nil {
		return err
	}
	have := &Total{}
	have.rows(s)
	defs, err := d.definitions()
	if err != nil {
		return err
	}
	r, err := d.readComing(number, row, defs)
	if err == nil {
		err = have.figures(r.Organization, defs)
	}
	switch {
	case err != nil:
		return err
	case have.Rows != want.Rows || have.Bytes != want.Bytes || have.Hash != want.Hash:
		return fmt.Errorf("nothing was moved: the source has %d rows in %d bytes, and here are %d in %d, or others", want.Rows, want.Bytes, have.Rows, have.Bytes)
	case have.OfFigures != want.OfFigures:
		return errors.New("nothing was moved: the figures would not be the same: a ledger that began later shows no periods of before: stop both shards, and move it to an empty directory")
	}
	return nil
}
