// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// today is the first day of an epoch.
const today = uint16(20768) // 2026-11-11

const dir = "counted"

// diskSet is a Set with the file system that it is on.
type diskSet struct {
	*Set
	t  testing.TB
	fs vfs.FS
}

func newDiskSet(t testing.TB, fs vfs.FS) *diskSet {
	t.Helper()
	s := &diskSet{t: t, fs: fs}
	s.open()
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func (s *diskSet) open() {
	var err error
	s.Set, err = Open(s.fs, dir, parts)
	require.NoError(s.t, err)
}

func (s *diskSet) reopen() {
	require.NoError(s.t, s.Close())
	s.open()
}

func (s *diskSet) flush(day uint16) {
	s.Seal(day)
	require.NoError(s.t, s.Write())
	s.Flushed()
}

func (s *diskSet) seen(uid usage.UID) bool {
	seen, err := s.Seen(uid)
	require.NoError(s.t, err)
	return seen
}

// names are those of the runs that are looked into.
func (s *diskSet) names() (names []string) {
	for _, r := range s.runs {
		names = append(names, r.name())
	}
	return names
}

// files are those in the directory.
func (s *diskSet) files() []string {
	names, err := s.fs.List(dir)
	require.NoError(s.t, err)
	slices.Sort(names)
	return names
}

func uidOf(n int) usage.UID {
	h := uint64(n)*0x9e3779b97f4a7c15 + 1
	mix := func(h uint64) uint64 {
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		return h ^ h>>31
	}
	return usage.UID{mix(h), mix(^h)}
}

// addKeys adds the keys of some numbers.
func (s *diskSet) addKeys(from, to int) {
	for n := from; n < to; n++ {
		s.Add(uidOf(n))
	}
}

func (s *diskSet) requireKeys(from, to int) {
	s.t.Helper()
	for n := from; n < to; n++ {
		require.True(s.t, s.seen(uidOf(n)), "key %d", n)
	}
}

func TestAKeyIsSeenFromTheMomentItWasAdded(t *testing.T) {
	for name, uid := range map[string]usage.UID{
		"any": uidOf(1), "of zeros": {}, "first": {0, 1}, "last": {^uint64(0), ^uint64(0)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDiskSet(t, vfs.NewMem())
			require.False(t, s.seen(uid))
			s.Add(uid)
			require.True(t, s.seen(uid), "in memory")
			s.Seal(today)
			require.True(t, s.seen(uid), "on its way")
			s.Add(uidOf(2))
			require.NoError(t, s.Write())
			s.Flushed()
			n, _ := s.sealedKeys()
			require.Zero(t, n)
			require.True(t, s.seen(uid), "on disk")
			require.True(t, s.seen(uidOf(2)), "added while the other was written")
			require.False(t, s.seen(uidOf(3)))
			s.flush(today)
			s.reopen()
			require.True(t, s.seen(uid), "after a restart")
			require.True(t, s.seen(uidOf(2)))
			require.False(t, s.seen(uidOf(3)))
			require.Equal(t, 2, s.Len())
		})
	}
}

func TestAKeyThatWasNotWrittenIsGoneAfterARestart(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	s.Add(uidOf(1))
	s.reopen()
	require.False(t, s.seen(uidOf(1)))
}

func TestAKeyThatIsAddedAgainIsOneWhenItsRunsAreJoined(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	s.Add(uidOf(1))
	s.Add(uidOf(1))
	s.flush(today)
	require.Equal(t, 1, s.Len())
	s.Add(uidOf(1))
	require.Equal(t, 2, s.Len())
	s.flush(today)
	require.Equal(t, 1, s.Len())
}

func TestKeysAreTakenWhileOthersAreWritten(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	s.addKeys(0, 10_000)
	s.flush(today)
	s.addKeys(10_000, 20_000)
	s.Seal(today)
	written := make(chan error)
	go func() { written <- s.Write() }()
	for n := range 30_000 {
		if n >= 20_000 {
			s.Prefetch(uidOf(n))
			s.Add(uidOf(n))
		}
		require.True(t, s.seen(uidOf(n)))
	}
	require.NoError(t, <-written)
	s.Flushed()
	require.Equal(t, 30_000, s.Len())
	s.requireKeys(0, 30_000)
}

// A run is joined with later ones when they have as many keys; so runs are few,
// and a key is written again only a few times.
func TestRunsAreFewAndSeldomWrittenAgain(t *testing.T) {
	const writes, keys = 1000, 20
	s := newDiskSet(t, vfs.NewMem())
	most, written := 0, 0
	for n := range writes {
		s.addKeys(n*keys, (n+1)*keys)
		s.Seal(today)
		require.NoError(t, s.Write())
		written += s.written[0].keys
		s.Flushed()
		most = max(most, len(s.runs))
		later := 0
		for _, r := range slices.Backward(s.runs) {
			require.Greater(t, r.keys, later)
			later += r.keys
		}
	}
	require.LessOrEqual(t, most, 10, "the binary logarithm of the writes")
	require.LessOrEqual(t, written, 10*writes*keys, "each key as often")
	s.requireKeys(0, writes*keys)
	s.reopen()
	s.requireKeys(0, writes*keys)
	require.Equal(t, writes*keys, s.Len())
}

func TestAnEpochThatIsOverBecomesOneRun(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	for i, keys := range []int{100, 50, 20} {
		s.addKeys(i*1000, i*1000+keys)
		s.flush(today + uint16(i))
	}
	require.Equal(t, []string{"20768-00000001-00000001.run", "20768-00000002-00000002.run", "20768-00000003-00000003.run"}, s.names())
	s.Add(uidOf(5000))
	s.flush(today + epochDays)
	require.Equal(t, []string{"20768-00000001-00000003.run", "20784-00000004-00000004.run"}, s.names())
	require.Equal(t, 171, s.Len())
	require.Len(t, s.files(), 5, "the old ones are removed later")
	require.NoError(t, s.Write())
	require.Equal(t, s.names(), s.files())
	s.requireKeys(0, 100)
	s.requireKeys(2000, 2020)
	s.Add(uidOf(5001))
	s.flush(today) // its clock went back
	require.Equal(t, []string{"20768-00000001-00000003.run", "20784-00000004-00000005.run"}, s.names())
}

func TestADroppedEpochLeavesNeitherMemoryNorFiles(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	for i := range 3 {
		s.Add(uidOf(i))
		s.flush(today + uint16(i)*epochDays)
	}
	s.Drop(today + epochDays - 1)
	require.Len(t, s.runs, 3, "the epoch's last day is still wanted")
	s.Drop(today + epochDays)
	require.Len(t, s.runs, 2)
	require.False(t, s.seen(uidOf(0)))
	require.True(t, s.seen(uidOf(1)))
	require.NoError(t, s.Write())
	require.Equal(t, s.names(), s.files())
	s.reopen()
	require.Equal(t, 2, s.Len())
	s.Drop(today + 100)
	require.Zero(t, s.Len())
	s.Add(uidOf(7))
	s.flush(today + 100)
	require.Equal(t, s.names(), s.files())
	s.reopen()
	require.True(t, s.seen(uidOf(7)))
}

func TestADirectoryThatLacksARunIsRefused(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	for i := range 3 {
		s.Add(uidOf(i))
		s.flush(today + uint16(i)*epochDays)
	}
	require.NoError(t, s.fs.Remove(s.runs[1].path))
	_, err := Open(s.fs, dir, parts)
	require.ErrorContains(t, err, "counted is damaged: it is missing: a run between 20768-00000001-00000001.run and 20800-00000003-00000003.run")
}

func TestADirectoryWithOtherFilesIsRefused(t *testing.T) {
	for _, name := range []string{"copy of 20768-00000001-00000001.run", "20768-1-1.run", "20768-00000002-00000001.run", "99999-00000001-00000001.run", ".run"} {
		s := newDiskSet(t, vfs.NewMem())
		f, err := s.fs.Create(s.fs.PathJoin(dir, name), vfs.WriteCategoryUnspecified)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		_, err = Open(s.fs, dir, parts)
		require.ErrorContains(t, err, name+" is no run")
	}
}

func TestAnUnreadableDiskIsAnErrorAndNotANewKey(t *testing.T) {
	failing := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt {
			return errorfs.ErrInjected
		}
		return nil
	})}
	s := newDiskSet(t, errorfs.Wrap(vfs.NewMem(), failing))
	s.addKeys(0, 1000)
	s.flush(today)
	failing.On()
	_, err := s.Seen(uidOf(1))
	require.ErrorIs(t, err, errorfs.ErrInjected)
	require.ErrorContains(t, err, "read counted/20768-00000001-00000001.run, byte ")
	s.addKeys(1000, 2000)
	s.Seal(today)
	require.ErrorIs(t, s.Write(), errorfs.ErrInjected)
	failing.Off()
	require.ErrorIs(t, s.Write(), errorfs.ErrInjected, "the set has to be opened anew")
	s.requireKeys(0, 2000)
}

func TestRunsAreNotJoinedWhileTheDiskIsFull(t *testing.T) {
	fs := vfs.NewMem()
	s := newDiskSet(t, fs)
	for i := range 3 {
		fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: []uint64{spare, spare, spare + 1000}[i]})
		s.addKeys(i, i+1)
		s.flush(today)
		require.Len(t, s.runs, []int{1, 2, 1}[i])
	}
	require.Equal(t, 3, s.Len())
}

// TestTheSetIsExact walks at random beside a map: adds, resends, writes, failed
// ones, restarts, days that pass.
func TestTheSetIsExact(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			s, now := newDiskSet(t, vfs.NewMem()), today
			onDisk, recent, sealed := map[usage.UID]uint16{}, map[usage.UID]uint16{}, map[usage.UID]uint16{}
			known := func(uid usage.UID) bool {
				for _, m := range []map[usage.UID]uint16{onDisk, recent, sealed} {
					if _, in := m[uid]; in {
						return true
					}
				}
				return false
			}
			seal := func() {
				s.Seal(now)
				for uid := range recent {
					sealed[uid] = now
				}
				clear(recent)
			}
			write := func() {
				require.NoError(t, s.Write())
				s.Flushed()
				maps.Copy(onDisk, sealed)
				clear(sealed)
			}
			for range 8000 {
				uid := uidOf(r.IntN(3000))
				require.Equal(t, known(uid), s.seen(uid))
				if !known(uid) {
					s.Add(uid)
					recent[uid] = 0
				}
				switch r.IntN(300) {
				case 0, 1:
					if len(sealed) == 0 {
						seal()
					}
				case 2, 3:
					write()
				case 4:
					s.reopen()
					clear(recent)
					clear(sealed)
				case 5:
					write()
					now += uint16(r.IntN(12))
					s.Drop(now - 37)
					write() // removes the files, else a restart has them again
					maps.DeleteFunc(onDisk, func(_ usage.UID, day uint16) bool {
						return day-day%epochDays < (now-37)-(now-37)%epochDays
					})
				}
			}
			require.Equal(t, len(onDisk)+len(recent)+len(sealed), s.Len())
		})
	}
}

// crashing lets the power go at one operation that changes files.
type crashing struct {
	fs    *vfs.MemFS
	left  int // operations before it
	clone *vfs.MemFS
	cfg   vfs.CrashCloneCfg
}

func (c *crashing) String() string { return "crashing" }

func (c *crashing) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	if c.left--; c.left < 0 {
		if c.clone == nil {
			c.clone = c.fs.CrashClone(c.cfg)
		}
		return errorfs.ErrInjected
	}
	return nil
}

// After a power cut at any operation, what was Flushed before is there, nothing
// is that was not sealed, and the set goes on.
func TestAPowerCutAtAnyWriteLosesNothing(t *testing.T) {
	cuts := 0
	for _, unsynced := range []int{0, 50, 100} {
		for at, done := 0, false; !done; at++ {
			power := &crashing{fs: vfs.NewCrashableMem(), left: at, cfg: vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced}}
			power.cfg.RNG = rand.New(rand.NewPCG(uint64(at), 1))
			s := &Set{}
			flushed, sealed := 0, 0
			walk := func() (err error) {
				fs := errorfs.Wrap(power.fs, power)
				if s, err = Open(fs, dir, parts); err != nil {
					s = &Set{}
					return err
				}
				for i, day := range []uint16{0, 1, 2, 16, 17, 60} {
					for range []int{400, 300, 100, 1, 2, 3}[i] {
						s.Add(uidOf(sealed))
						sealed++
					}
					s.Seal(today + day)
					s.Drop(today + day - 37)
					if err := s.Write(); err != nil {
						return err
					}
					s.Flushed()
					flushed = sealed
				}
				return s.Write()
			}
			err := walk()
			require.NoError(t, s.Close())
			if done = err == nil; done {
				cuts += at
				continue
			}
			require.ErrorIs(t, err, errorfs.ErrInjected)
			after := newDiskSet(t, power.clone)
			kept := 0
			if flushed >= 803 { // the last Write drops the first epoch
				kept = 800
			}
			after.requireKeys(kept, flushed)
			require.False(t, after.seen(uidOf(sealed)))
			for _, name := range after.files() {
				require.False(t, strings.HasSuffix(name, temporary))
			}
			require.ElementsMatch(t, after.names(), after.files())
			after.addKeys(kept, sealed)
			after.flush(today + 60)
			after.requireKeys(kept, sealed)
			after.reopen()
			after.requireKeys(kept, sealed)
		}
	}
	t.Logf("%d power cuts", cuts)
	require.Greater(t, cuts, 100)
}

func TestSeenAndAddDoNotAllocateInTheSteadyState(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	n := 0
	for range 4 {
		s.addKeys(n, n+50_000)
		n += 50_000
		s.flush(today)
	}
	allocs := testing.AllocsPerRun(20_000, func() {
		n++
		s.Prefetch(uidOf(n))
		if seen, err := s.Seen(uidOf(n)); err == nil && !seen {
			s.Add(uidOf(n))
		}
	})
	require.Zero(t, allocs)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		n--
		_, err := s.Seen(uidOf(n % 200_000))
		require.NoError(t, err)
	}), "on disk")
}

func TestALinkedDirectoryHasTheSameKeys(t *testing.T) {
	s := newDiskSet(t, vfs.NewMem())
	for _, keys := range []int{1000, 100} {
		s.addKeys(keys, 2*keys)
		s.flush(today)
	}
	require.NoError(t, s.fs.MkdirAll("copy", 0o700))
	require.NoError(t, s.Link("copy/counted"))
	copied, err := Open(s.fs, "copy/counted", parts)
	require.NoError(t, err)
	require.Equal(t, s.Len(), copied.Len())
	require.NoError(t, copied.Close())
}
