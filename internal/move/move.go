// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Options say what is to be moved.
type Options struct {
	FS           vfs.FS // nil: the disk
	Organization string // its id, as the ledger spells it
	From, To     string // directories
	// Undo takes away what an earlier run, which did not come to its end, has left in To.
	Undo bool
	Now  time.Time
	// Tell is called as the move goes on; nil: nobody asks.
	Tell func(Progress)
}

// Progress is how far a move has come.
type Progress struct {
	Step       string
	Rows, All  int64 // of the step; All is 0 where it is not known
	AllInBytes int64
}

// Result is what was done.
type Result struct {
	Rows, Bytes int64 // of the organization
	Figures     int   // that were compared
	Resumed     bool  // an earlier run had compared them, and the source had let go
	Already     bool  // an earlier run had done all of it
	Undone      bool
}

// Rows that remember moves, see rowkey.Memory.
const (
	memoryOfMoves = "moves"  // by organization: where it went or came from
	memoryOfComer = "moving" // by organization: its row, while it is being moved here
)

// moved is what the source remembers.
type moved struct {
	To, Directory string // the ledger's id, and its directory as it was called
	Token         string // as in MOVING
	At            time.Time
}

type mover struct {
	Options
	from, to *directory
	at       owned  // in from
	row      []byte // likewise, nil where it is not there
	moving   *moving
}

// Run moves an organization. It may be called again after it was cut short.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if o.FS == nil {
		o.FS = store.OwnersOnly
	}
	if o.Tell == nil {
		o.Tell = func(Progress) {}
	}
	o.From, o.To = filepath.Clean(o.From), filepath.Clean(o.To)
	if o.From == o.To {
		return r, fmt.Errorf("move %q: --from and --to are the same directory %s", o.Organization, o.From)
	}
	if o.Organization == usage.NoOrganization {
		return r, errors.New("move: items that name no organization stay where they were counted")
	}
	m := &mover{Options: o}
	defer func() {
		for _, d := range []*directory{m.to, m.from} {
			if d != nil {
				err = errors.Join(err, d.close())
			}
		}
		if err != nil {
			err = fmt.Errorf("move organization %q: %w", o.Organization, err)
		}
	}()
	return m.run(ctx)
}

func (m *mover) run(ctx context.Context) (r Result, err error) {
	m.Tell(Progress{Step: "open"})
	if m.from, err = open(m.FS, m.From, false); err != nil {
		return r, err
	}
	if err := Unfinished(m.FS, m.From); err != nil {
		return r, fmt.Errorf("ledger %s: %w", m.From, err)
	}
	if m.at.number, m.row, err = m.from.source().Find(m.Organization); err != nil {
		return r, err
	}
	let, err := m.from.letGo(m.Organization)
	if err != nil {
		return r, err
	}
	if m.row == nil && let == nil {
		return r, fmt.Errorf("ledger %s has no such organization; ids are spelled as on its pages", m.From)
	}
	if err := m.begin(); err != nil {
		return r, err
	}
	if m.to, err = open(m.FS, m.To, true); err != nil {
		return r, err
	}
	if m.moving, err = readMoving(m.FS, m.To); err != nil {
		return r, err
	}
	if m.moving != nil && m.moving.Organization != m.Organization {
		return r, fmt.Errorf("ledger %s: %w", m.To, Unfinished(m.FS, m.To))
	}
	switch {
	case m.row == nil:
		return m.resume(let)
	case m.Undo:
		return m.undo()
	}
	return m.move(ctx)
}

// begin says in a directory that is to be made what it is for.
func (m *mover) begin() error {
	names, err := m.FS.List(m.To)
	if err == nil && len(names) > 0 || m.row == nil || m.Undo {
		return nil
	}
	known, err := certificate.Open(m.FS, m.To, zap.NewNop())
	if err == nil {
		err = known.Check() // one that was lost is not made anew
	}
	if err == nil {
		err = m.FS.MkdirAll(m.To, 0o700)
	}
	if err != nil {
		return err
	}
	return store.ReplaceFile(m.FS, m.To, movingFile, m.encode(&moving{Made: true}))
}

func (m *mover) encode(of *moving) []byte {
	of.Organization, of.From, of.Ledger, of.Token = m.Organization, m.From, m.from.id(), rand.Text()
	text, _ := json.Marshal(of) // strings and numbers
	return text
}

// letGo returns where an organization went that was here, nil where none did.
func (d *directory) letGo(id string) (*moved, error) {
	row, err := d.rows.Get(rowkey.OfMemory(memoryOfMoves, id))
	if err != nil || row == nil {
		return nil, err
	}
	of := &moved{}
	return of, json.Unmarshal(row, of)
}

// resume ends a move of which the source has let go.
func (m *mover) resume(let *moved) (r Result, err error) {
	_, row, err := m.to.source().Find(m.Organization)
	switch {
	case err != nil:
		return r, err
	case m.moving != nil && m.moving.Token == let.Token && row != nil: // all but taking MOVING away
		return Result{Already: true}, m.to.endMoving()
	case m.moving != nil && m.moving.Token == let.Token && m.Undo:
		return r, fmt.Errorf("ledger %s has let it go already; run the same without --undo, which ends the move, and move it back", m.From)
	case m.moving != nil && m.moving.Token == let.Token:
		return Result{Resumed: true}, m.arrive()
	case row != nil && let.To == m.to.id():
		return Result{Already: true}, nil
	}
	return r, fmt.Errorf("ledger %s let it go on %s, to %s; it is not in %s", m.From, let.At.Format(time.RFC3339), let.Directory, m.To)
}

// undo takes away what an earlier run has left.
func (m *mover) undo() (Result, error) {
	if m.moving == nil {
		return Result{}, fmt.Errorf("nothing to undo: no move to %s is under way", m.To)
	}
	if err := m.clear(); err != nil {
		return Result{}, err
	}
	return Result{Undone: true}, m.to.endMoving()
}

// clear takes away the rows that an earlier run has written.
func (m *mover) clear() error {
	number := m.moving.Number
	mark, err := m.to.rows.Get(rowkey.Of(rowkey.Erased, number))
	if err != nil || mark == nil { // it had not begun
		return err
	}
	batch := m.to.rows.NewBatch()
	part.Wipe(batch, number)
	err = m.to.memory(m.Organization, func(key, _ []byte, _ bool) { _ = batch.Delete(key, nil) }) // cannot fail before it is committed
	if err != nil {
		return err
	}
	_ = batch.Delete(rowkey.OfMemory(memoryOfComer, m.Organization), nil)
	return m.to.commit(batch)
}

func (m *mover) move(ctx context.Context) (r Result, err error) {
	if _, row, err := m.to.source().Find(m.Organization); err != nil || row != nil {
		return r, errors.Join(err, fmt.Errorf("ledger %s has an organization of this id already: two that were counted apart cannot become one", m.To))
	}
	defs, err := m.from.definitions()
	if err != nil {
		return r, err
	}
	keys, err := m.settled(defs)
	if err != nil {
		return r, err
	}
	s, err := m.from.sum(ctx, m.at, m.telling("read", sum{}))
	if err != nil {
		return r, err
	}
	r.Rows, r.Bytes = s.Rows, s.Bytes
	if err := m.room(s); err != nil {
		return r, err
	}
	if err := m.prepare(); err != nil {
		return r, err
	}
	if err := countAlike(m.from, m.to); err != nil {
		return r, errors.Join(err, m.to.endMoving())
	}
	if err := m.copy(ctx, s, keys); err != nil {
		return r, err
	}
	if r.Figures, err = m.compare(ctx, s); err != nil {
		if ctx.Err() == nil {
			err = errors.Join(err, m.clear(), m.to.endMoving())
		}
		return r, err
	}
	if err := m.leave(); err != nil {
		return r, err
	}
	return r, m.arrive()
}

// settled returns an error where the log of the source has something that rows have
// not, and the keys of counted items that may be in no run.
func (m *mover) settled(defs *organization.Shared) ([]usage.UID, error) {
	o, err := m.from.read(m.at.number, defs)
	if err != nil {
		return nil, err
	}
	m.at.inRows, m.at.at = o.InRows, o.Position
	return m.from.behind(m.at.number, o)
}

// telling says about every thousandth row how far a step has come.
func (m *mover) telling(step string, all sum) func(sum) {
	return func(s sum) {
		if s.Rows%1000 == 0 || s.Rows == all.Rows {
			m.Tell(Progress{Step: step, Rows: s.Rows, All: all.Rows, AllInBytes: all.Bytes})
		}
	}
}

// spare is the room that a move leaves on the disk.
const spare = 64 << 20

// room returns an error where the target's disk is too full. Rows take their room
// twice while tables are written anew.
func (m *mover) room(s sum) error {
	disk, err := m.FS.GetDiskUsage(m.To)
	if err != nil { // a file system that cannot tell, as that in memory, is not full
		return nil
	}
	if need := 2*uint64(s.Bytes) + m.from.counted.RoomFor() + spare; disk.AvailBytes < need {
		return fmt.Errorf("the disk of %s has %d MiB free, and %d MiB are needed: make room, or name a directory on another disk", m.To, disk.AvailBytes>>20, need>>20)
	}
	return nil
}

// prepare makes the target ready: from here on no ledger opens it.
func (m *mover) prepare() error {
	number := uint32(0)
	made := false
	if m.moving != nil {
		if err := m.clear(); err != nil {
			return err
		}
		made = m.moving.Made
	}
	birth, err := m.to.rows.Get(rowkey.MetaBirth)
	if err != nil {
		return err
	}
	if birth == nil {
		if !made {
			return fmt.Errorf("ledger %s was never started; start it once, or name an empty directory", m.To)
		}
		if err := m.make(); err != nil {
			return err
		}
	}
	if number, err = m.to.free(); err != nil {
		return err
	}
	next := &moving{Number: number, Made: made}
	if err := store.ReplaceFile(m.FS, m.To, movingFile, m.encode(next)); err != nil {
		return err
	}
	m.moving = next
	return nil
}

// make makes a ledger of the target that is as old as the source and counts alike.
func (m *mover) make() error {
	if err := versions.WriteFormat(m.FS, m.To, versions.Format); err != nil {
		return err
	}
	batch := m.to.rows.NewBatch()
	for _, key := range [][]byte{rowkey.MetaDefinitions, rowkey.MetaBirth, rowkey.MetaFormer, rowkey.MetaSpellings} {
		row, err := m.from.rows.Get(key)
		if err != nil {
			return err
		}
		if row != nil {
			_ = batch.Set(key, row, nil) // cannot fail before it is committed
		}
	}
	_ = batch.Set(rowkey.MetaNow, m.from.mark.Clock, nil) // its first start moves it to the snapshot
	return m.to.commit(batch)
}

// copy brings everything to the target's disk, where it is nobody's yet: its number
// is marked as one that is not given again.
func (m *mover) copy(ctx context.Context, all sum, keys []usage.UID) error {
	batch := m.to.rows.NewBatch()
	var at wire.Encoder
	at.Int(m.Now.UnixNano())
	_ = batch.Set(rowkey.Of(rowkey.Erased, m.moving.Number), at.Bytes, nil)
	if err := m.to.commit(batch); err != nil {
		return err
	}
	if err := m.from.copyRows(ctx, m.at, m.to, m.moving.Number, m.telling("copy", all)); err != nil {
		return err
	}
	m.Tell(Progress{Step: "copy keys of counted items"})
	if err := m.to.counted.Absorb(m.from.counted, keys); err != nil {
		return err
	}
	batch = m.to.rows.NewBatch()
	_ = batch.Set(rowkey.OfMemory(memoryOfComer, m.Organization), m.row, nil)
	err := m.from.bills(m.Organization, func(key, value []byte) { _ = batch.Set(key, value, nil) })
	if err == nil {
		err = m.formerly(func(row []byte) { _ = batch.Set(rowkey.MetaFormer, row, nil) })
	}
	if err != nil {
		return err
	}
	return m.to.commit(batch)
}

// formerly has the target look for items by their former content as long as the
// source would.
func (m *mover) formerly(set func(row []byte)) error {
	var until [2]int64
	var row [2][]byte
	for i, d := range []*directory{m.from, m.to} {
		var err error
		if row[i], err = d.rows.Get(rowkey.MetaFormer); err != nil {
			return err
		}
		if row[i] != nil {
			of := &wire.Decoder{Bytes: row[i]}
			if until[i] = of.Int(); of.Err() != nil {
				return of.Err()
			}
		}
	}
	if until[0] > until[1] {
		set(row[0])
	}
	return nil
}

// compare reads from the target's disk what the source has.
func (m *mover) compare(ctx context.Context, want sum) (figures int, err error) {
	have, err := m.to.sum(ctx, owned{number: m.moving.Number, inRows: true, at: m.to.position()}, m.telling("compare rows", want))
	if err != nil {
		return 0, err
	}
	if have != want {
		return 0, fmt.Errorf("nothing was moved: %s has %d rows in %d bytes, and %s got %d in %d, or others", m.From, want.Rows, want.Bytes, m.To, have.Rows, have.Bytes)
	}
	row, err := m.to.rows.Get(rowkey.OfMemory(memoryOfComer, m.Organization))
	if err != nil || !bytes.Equal(row, m.row) {
		return 0, errors.Join(err, errors.New("nothing was moved: the organization's own row is not the same"))
	}
	m.Tell(Progress{Step: "compare figures"})
	return sameFigures(m.from, m.at.number, m.to, m.moving.Number, row)
}

// leave takes the organization out of the source, which remembers where it went.
func (m *mover) leave() error {
	m.Tell(Progress{Step: "let go"})
	text, err := json.Marshal(moved{To: m.to.id(), Directory: m.To, Token: m.moving.Token, At: m.Now.UTC()})
	if err != nil {
		return err
	}
	batch := m.from.rows.NewBatch()
	part.Wipe(batch, m.at.number)
	var at wire.Encoder
	at.Int(m.Now.UnixNano())
	_ = batch.Set(rowkey.Of(rowkey.Erased, m.at.number), at.Bytes, nil) // cannot fail before it is committed
	if err := m.from.memory(m.Organization, func(key, _ []byte, _ bool) { _ = batch.Delete(key, nil) }); err != nil {
		return err
	}
	_ = batch.Set(rowkey.OfMemory(memoryOfMoves, m.Organization), text, nil)
	_ = batch.Set(rowkey.MetaPurge, nil, nil) // older files have it until the next start
	return m.from.commit(batch)
}

// arrive makes the organization exist in the target.
func (m *mover) arrive() error {
	m.Tell(Progress{Step: "arrive"})
	comer := rowkey.OfMemory(memoryOfComer, m.Organization)
	row, err := m.to.rows.Get(comer)
	if err != nil || row == nil {
		return errors.Join(err, fmt.Errorf("ledger %s has not what its %s says; restore the backup of %s that was made before", m.To, movingFile, m.From))
	}
	batch := m.to.rows.NewBatch()
	_ = batch.Set(rowkey.Of(rowkey.Organization, m.moving.Number), row, nil) // cannot fail before it is committed
	_ = batch.Delete(rowkey.Of(rowkey.Erased, m.moving.Number), nil)
	_ = batch.Delete(rowkey.OfMemory(memoryOfMoves, m.Organization), nil) // of when it was here before
	_ = batch.Delete(comer, nil)
	if err := m.to.commit(batch); err != nil {
		return err
	}
	return m.to.endMoving()
}
