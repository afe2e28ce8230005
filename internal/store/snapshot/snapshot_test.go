// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const dir = "/"

// model is what a snapshot has.
type model struct {
	parts map[Key][]byte
	meta  []byte
}

func (m model) clone() model { return model{maps.Clone(m.parts), m.meta} }

func open(t testing.TB, fs vfs.FS) *Store {
	t.Helper()
	s, err := Open(fs, dir, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// content reads everything back.
func content(s *Store) (m model, err error) {
	m = model{parts: map[Key][]byte{}, meta: bytes.Clone(s.Meta())}
	for _, owner := range s.Owners() {
		var last *Key
		err := s.Load(owner, func(key Key, data []byte) error {
			if key.Owner != owner || last != nil && last.Compare(key) >= 0 {
				return fmt.Errorf("%s of owner %d after %v", key, owner, last)
			}
			last, m.parts[key] = &key, bytes.Clone(data)
			return nil
		})
		if err != nil {
			return m, err
		}
		if last == nil {
			return m, fmt.Errorf("owner %d has nothing", owner)
		}
	}
	return m, nil
}

func (m model) equal(o model) bool {
	return bytes.Equal(m.meta, o.meta) && maps.EqualFunc(m.parts, o.parts, bytes.Equal)
}

func same(t testing.TB, want model, s *Store) {
	t.Helper()
	got, err := content(s)
	require.NoError(t, err)
	require.True(t, want.equal(got), "want %v, got %v", want, got)
}

func begin(t testing.TB, s *Store) *Writer {
	t.Helper()
	w, err := s.Begin()
	require.NoError(t, err)
	return w
}

// change does some things at random, with a writer and with the model.
func change(random *rand.Rand, w *Writer, m *model) error {
	owner := func() uint32 { return uint32(random.IntN(4)) * 0x55555555 }
	key := func() Key {
		return Key{owner(), uint8(random.IntN(3)), uint32(random.IntN(4))}
	}
	for range random.IntN(12) {
		switch n := random.IntN(16); {
		case n < 12:
			k, data := key(), bytes.Repeat([]byte{byte(random.Uint32())}, []int{0, random.IntN(40), random.IntN(9000)}[random.IntN(3)])
			if err := w.Put(k, data); err != nil {
				return err
			}
			m.parts[k] = data
		case n < 15:
			k := key()
			w.Drop(k)
			delete(m.parts, k)
		default:
			o := owner()
			w.DropOwner(o)
			maps.DeleteFunc(m.parts, func(k Key, _ []byte) bool { return k.Owner == o })
		}
	}
	if random.IntN(15) == 0 {
		w.Anew()
	}
	m.meta = fmt.Appendf(nil, "%d", random.Uint32())
	return nil
}

func TestTheNewestWriteIsInForce(t *testing.T) {
	for seed := range uint64(50) {
		fs, random := vfs.NewMem(), rand.New(rand.NewPCG(seed, 1))
		s := open(t, fs)
		s.slack = int64(random.IntN(60_000))
		m := model{parts: map[Key][]byte{}}
		most := 0
		for range 60 {
			w := begin(t, s)
			_, err := s.Begin()
			require.ErrorContains(t, err, "already")
			if random.IntN(8) == 0 {
				other := m.clone()
				require.NoError(t, change(random, w, &other))
				require.NoError(t, w.Abort())
				continue
			}
			require.NoError(t, change(random, w, &m))
			require.NoError(t, w.Commit(m.meta))
			same(t, m, s)
			most = max(most, len(s.manifest.files))
			total := int64(0)
			for i := range s.manifest.files {
				total += s.manifest.files[i].size()
			}
			require.LessOrEqual(t, total, 2*sizeOf(s.parts)+s.slack)
			require.True(t, ascending(s.parts, func(a, b part) int { return a.key().Compare(b.key()) }))
			again := open(t, fs)
			same(t, m, again)
			require.True(t, slices.Equal(s.parts, again.parts), "seed %d", seed)
			names, err := fs.List(dir)
			require.NoError(t, err)
			require.Len(t, names, len(s.manifest.files)+1, "nothing else is left")
		}
		require.LessOrEqual(t, most, manyFiles+8)
	}
}

// A life is a snapshot through crashes and failures.
type life struct {
	t       *testing.T
	random  *rand.Rand
	mem     *vfs.MemFS
	crashed *vfs.MemFS
	until   int
	fails   bool
	full    bool // the disk, from the failure on
}

func (l *life) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead || op.Kind == errorfs.OpFileClose {
		return nil
	}
	l.until--
	switch {
	case l.until < 0 && l.full && op.Kind != errorfs.OpRemove:
		return syscall.ENOSPC
	case l.until != 0:
		return nil
	case l.fails:
		return errorfs.ErrInjected
	}
	l.crashed = l.crash(l.mem)
	return nil
}

func (l *life) String() string { return "life" }

func (l *life) crash(fs *vfs.MemFS) *vfs.MemFS {
	percent := []int{0, 50, 100, l.random.IntN(101)}[l.random.IntN(4)]
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: l.random})
}

func TestACrashLeavesTheOneBeforeOrTheOneAfter(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 60
	}
	before, after, refused, retried := 0, 0, 0, 0
	for seed := range seeds {
		l := &life{t: t, random: rand.New(rand.NewPCG(uint64(seed), 3)), mem: vfs.NewCrashableMem()}
		m := model{parts: map[Key][]byte{}}
		next := m
		for range 12 {
			l.until, l.fails, l.full, l.crashed = 1+l.random.IntN(1+l.random.IntN(70)), l.random.IntN(3) == 0, false, nil
			if l.fails {
				l.full = l.random.IntN(2) == 0
			}
			s, err := Open(errorfs.Wrap(l.mem, l), dir, 0)
			require.True(t, err == nil || l.fails && l.until <= 0, "seed %d: %v", seed, err)
			for err == nil && l.crashed == nil {
				s.slack = 20_000
				got, failed := content(s)
				require.NoError(t, failed)
				if next.equal(got) && !m.equal(got) {
					after++
					m = next.clone()
				} else {
					before++
				}
				require.True(t, m.equal(got), "seed %d: want %d parts %s or %d %s, got %d %s, err %v", seed, len(m.parts), m.meta, len(next.parts), next.meta, len(got.parts), got.meta, err)
				next = m.clone()
				var w *Writer
				if w, err = s.Begin(); err != nil {
					break
				}
				if err = change(l.random, w, &next); err == nil {
					err = w.Commit(next.meta)
				} else {
					require.NoError(t, w.Abort())
				}
				if l.crashed == nil && err == nil {
					m = next.clone()
				}
				if l.crashed != nil || err == nil || l.random.IntN(2) == 0 {
					continue
				}
				// After a failure the store has what it had, or refuses.
				l.until = 1 << 30
				if w, failed = s.Begin(); failed != nil {
					refused++
					require.ErrorContains(t, failed, "open it anew")
					continue
				}
				retried++
				require.NoError(t, w.Abort())
				got, failed = content(s)
				require.NoError(t, failed)
				require.True(t, m.equal(got) || next.equal(got), "seed %d", seed)
				err = nil
				l.until = 1 + l.random.IntN(70)
			}
			if s != nil {
				require.NoError(t, s.Close())
			}
			switch {
			case l.crashed != nil:
				l.mem = l.crashed
			case l.random.IntN(2) == 0:
				l.mem = l.crash(l.mem)
			}
		}
	}
	t.Logf("%d times the one before, %d times the one after, %d refused, %d tried again", before, after, refused, retried)
	require.NotZero(t, after)
	require.NotZero(t, refused)
	require.NotZero(t, retried)
}

func put(t testing.TB, fs vfs.FS, path string, data []byte) {
	t.Helper()
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(bytes.Clone(data))
	require.NoError(t, errors.Join(err, f.Sync(), f.Close()))
}

func read(t testing.TB, fs vfs.FS, path string) []byte {
	t.Helper()
	data, err := store.ReadFile(fs, path)
	require.NoError(t, err)
	return data
}

// example is a snapshot of two files.
func example(t testing.TB) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	s := open(t, fs)
	for i := range 2 {
		w := begin(t, s)
		for n := range 3 {
			require.NoError(t, w.Put(Key{uint32(n), 1, uint32(i)}, bytes.Repeat([]byte{byte(n)}, 30)))
		}
		if i == 1 {
			w.Drop(Key{2, 1, 0})
			w.DropOwner(7)
		}
		require.NoError(t, w.Commit([]byte("meta")))
	}
	return fs
}

func TestDamageIsNamed(t *testing.T) {
	fs := example(t)
	names, err := fs.List(dir)
	require.NoError(t, err)
	require.Len(t, names, 3)
	damaged := func(fs vfs.FS) error {
		s, err := Open(fs, dir, 0)
		if err == nil {
			_, err = content(s)
			require.NoError(t, s.Close())
		}
		return err
	}
	for _, name := range names {
		data := read(t, fs, dir+name)
		for at := range data {
			for what, bad := range map[string][]byte{"changed": flipped(data, at), "cut short": data[:at]} {
				clone := vfs.NewMem()
				for _, other := range names {
					put(t, clone, dir+other, read(t, fs, dir+other))
				}
				put(t, clone, dir+name, bad)
				err := damaged(clone)
				var damage *store.Damage
				if name == "parts-0000000000000001" && at >= 60 && at < 90 && what == "changed" {
					require.NoError(t, err, "a part that is not in force any more")
					continue
				}
				require.ErrorAs(t, err, &damage, "%s %s at %d", name, what, at)
				require.Equal(t, dir+name, damage.Path)
				if name == "parts-0000000000000002" && at < 90 && what == "changed" {
					require.EqualValues(t, at-at%30, damage.Offset)
					require.Contains(t, damage.What, fmt.Sprintf("part %d/1/1", at/30))
				}
			}
		}
		clone := vfs.NewMem()
		for _, other := range names {
			if other != name {
				put(t, clone, dir+other, read(t, fs, dir+other))
			}
		}
		require.ErrorContains(t, damaged(clone), "missing")
	}
}

func flipped(data []byte, at int) []byte {
	bad := bytes.Clone(data)
	bad[at] ^= 4
	return bad
}

func TestACopyIsTheSame(t *testing.T) {
	fs := example(t)
	s := open(t, fs)
	want, err := content(s)
	require.NoError(t, err)
	require.NoError(t, fs.MkdirAll("/copy", 0o700))
	require.NoError(t, s.Copy("/copy"))
	w := begin(t, s)
	require.NoError(t, w.Put(Key{}, []byte("later")))
	w.Anew()
	require.NoError(t, w.Commit(nil))
	copied, err := Open(fs, "/copy", 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, copied.Close()) }()
	same(t, want, copied)
}

func TestAnewLeavesNothing(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, fs)
	for i := range 6 {
		w := begin(t, s)
		require.NoError(t, w.Put(Key{1, 1, uint32(i)}, []byte("somebody")))
		require.NoError(t, w.Put(Key{2, 1, uint32(i)}, []byte("another")))
		require.NoError(t, w.Commit(nil))
	}
	w := begin(t, s)
	w.DropOwner(1)
	w.Anew()
	require.NoError(t, w.Commit(nil))
	names, err := fs.List(dir)
	require.NoError(t, err)
	require.Len(t, names, 2)
	for _, name := range names {
		require.NotContains(t, string(read(t, fs, dir+name)), "somebody")
	}
	require.Equal(t, []uint32{2}, s.Owners())
}

func TestEqualPartsGiveEqualFiles(t *testing.T) {
	var files [2][]byte
	for i := range files {
		fs := vfs.NewMem()
		s := open(t, fs)
		keys := []Key{{1, 0, 0}, {1, 0, 1}, {1, 2, 0}, {3, 0, 0}}
		if i == 1 {
			slices.Reverse(keys)
		}
		w := begin(t, s)
		for _, k := range keys {
			require.NoError(t, w.Put(k, []byte(k.String())))
		}
		w.Anew()
		require.NoError(t, w.Commit(nil))
		files[i] = read(t, fs, dir+fileName(2))
	}
	require.Equal(t, files[0], files[1])
}

func TestMergingIsPutOffWhileThereIsNoRoom(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, mem)
	s.slack = 0
	commit := func(anew bool) error {
		w := begin(t, s)
		require.NoError(t, w.Put(Key{}, make([]byte, 1000)))
		if anew {
			w.Anew()
		}
		return w.Commit(nil)
	}
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20})
	for range 4 {
		require.NoError(t, commit(false))
	}
	require.Len(t, s.manifest.files, 4)
	require.ErrorContains(t, commit(true), "1 MiB are left on the disk; 64 MiB are needed")
	require.LessOrEqual(t, s.manifest.files[0].size(), s.Room(1, 1000))
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, commit(false))
	require.Len(t, s.manifest.files, 1)
}

func FuzzManifest(f *testing.F) {
	f.Add((&manifest{next: 3, meta: []byte("meta"), files: []file{{number: 1, length: 5}, {number: 2, parts: 1, owners: 2, sum: 7}}}).encode())
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, b := range [][]byte{data, sealed(data)} {
			m, err := decodeManifest(b)
			if err == nil {
				require.True(t, bytes.Equal(b, m.encode()))
			}
		}
	})
}

func FuzzChanges(f *testing.F) {
	c := changes{owners: []uint32{1, 2}, parts: []part{{owner: 1, length: 3}, {owner: 1, number: 1, dropped: true}}}
	f.Add(uint8(2), c.encode())
	f.Fuzz(func(t *testing.T, owners uint8, data []byte) {
		x := file{length: 10, owners: uint32(owners), sum: checksum(data)}
		rest := len(data) - int(owners)*ownerSize
		if rest < 0 || rest%entrySize != 0 {
			return
		}
		x.parts = uint32(rest / entrySize)
		c, err := decodeChanges(data, &x, 0)
		if err != nil {
			return
		}
		require.True(t, bytes.Equal(data, c.encode()))
		require.True(t, ascending(c.apply(c.apply(nil)), func(a, b part) int { return a.key().Compare(b.key()) }))
	})
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, store.Checksum) }

// sealed gives bytes the checksum that a manifest of them has.
func sealed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(data), checksum(data))
}
