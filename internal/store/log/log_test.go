// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
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

// small are options by which a few records fill a segment.
func small(fs vfs.FS) Options {
	return Options{FS: fs, Dir: dir, SegmentBytes: 3 * pageSize, Spares: 2}
}

// history is what Open hands over.
type history struct {
	first   uint64
	records [][]byte
}

func (h *history) replay(number uint64, record []byte) error {
	if len(h.records) == 0 {
		h.first = number
	}
	if number != h.first+uint64(len(h.records)) {
		return fmt.Errorf("record %d after %d", number, h.first+uint64(len(h.records))-1)
	}
	h.records = append(h.records, bytes.Clone(record))
	return nil
}

func open(t testing.TB, o Options, from uint64) (*Log, history) {
	t.Helper()
	var h history
	l, err := Open(o, from, h.replay)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l, h
}

func add(t testing.TB, l *Log, records ...[]byte) {
	t.Helper()
	for _, r := range records {
		want := l.Next()
		number, err := l.Append(r)
		require.NoError(t, err)
		require.Equal(t, want, number)
	}
}

// texts are records of n bytes each, all different.
func texts(from, until, n int) (records [][]byte) {
	for i := from; i < until; i++ {
		records = append(records, bytes.Repeat(fmt.Appendf(nil, "%08d", i), n/8))
	}
	return records
}

func files(t testing.TB, fs vfs.FS) []string {
	t.Helper()
	names, err := fs.List(dir)
	require.NoError(t, err)
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

func content(t testing.TB, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	require.NoError(t, err)
	info, err := f.Stat()
	require.NoError(t, err)
	data := make([]byte, info.Size())
	if len(data) > 0 {
		_, err = f.ReadAt(data, 0)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	return data
}

// put replaces a file.
func put(t testing.TB, fs vfs.FS, path string, data []byte) {
	t.Helper()
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(bytes.Clone(data))
	require.NoError(t, errors.Join(err, f.Sync(), f.Close()))
}

func TestWhatWasAppendedComesBack(t *testing.T) {
	for _, n := range []int{0, 8, 1000, 4 * pageSize, 3 * bufferSize} {
		fs := vfs.NewMem()
		l, h := open(t, small(fs), 1)
		require.Empty(t, h.records)
		want := texts(0, 20, n)
		add(t, l, want...)
		require.NoError(t, l.Close())
		for _, from := range []uint64{1, 7, 20, 21} {
			clone := copied(t, fs)
			l, h := open(t, small(clone), from)
			require.Len(t, h.records, 21-int(from))
			for i, r := range h.records {
				require.True(t, bytes.Equal(want[int(from)-1+i], r), "%d bytes, record %d", n, i)
			}
			require.EqualValues(t, 21, l.Next())
		}
	}
}

// copied is a copy of a file system's segments.
// Records begin anywhere in a page and end anywhere in the buffer.
func TestARecordOfAnyLengthAtAnyPlace(t *testing.T) {
	fs := vfs.NewMem()
	o := Options{FS: fs, Dir: dir, SegmentBytes: 64 * bufferSize}
	l, _ := open(t, o, 0)
	var want [][]byte
	for _, place := range []int{0, 1, 100, pageSize / 2, pageSize - headerSize - 1} {
		for _, left := range []int{0, 1, headerSize, headerSize + 1, pageSize - 1, pageSize, pageSize + 1} {
			want = append(want, make([]byte, place), bytes.Repeat([]byte{byte(left)}, 2*bufferSize-left))
		}
	}
	add(t, l, want...)
	require.NoError(t, l.Close())
	_, h := open(t, o, 0)
	require.True(t, slices.EqualFunc(want, h.records, bytes.Equal))
}

func copied(t testing.TB, fs vfs.FS) vfs.FS {
	t.Helper()
	clone := vfs.NewMem()
	for _, name := range files(t, fs) {
		put(t, clone, dir+name, content(t, fs, dir+name))
	}
	return clone
}

func TestReleasedSegmentsAreUsedAgain(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	most := 0
	for range 50 {
		add(t, l, texts(0, 5, 4000)...)
		require.NoError(t, l.Release(l.Next()))
		most = max(most, len(files(t, fs)))
	}
	require.LessOrEqual(t, most, 5, "two spares, those in use, and the last")
	require.EqualValues(t, 251, l.Next())
	require.NoError(t, l.Close())
	_, h := open(t, small(fs), 251)
	require.Empty(t, h.records)
	require.Len(t, files(t, fs), 2, "what is not needed is removed by a start")
}

func TestARecordLongerThanASegment(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	_, err := l.Append(make([]byte, MaxRecord+1))
	require.ErrorContains(t, err, "268435457 bytes")
	want := append(texts(0, 1, 8), texts(1, 2, 10*pageSize)[0], []byte("after"))
	add(t, l, want...)
	require.Len(t, files(t, fs), 3)
	require.NoError(t, l.Release(4))
	require.Len(t, files(t, fs), 2, "a long one is not kept")
}

func TestAFailureIsTheEnd(t *testing.T) {
	for name, kind := range map[string]errorfs.OpKind{"write": errorfs.OpFileWriteAt, "sync": errorfs.OpFileSyncData} {
		for _, cause := range []error{errorfs.ErrInjected, syscall.ENOSPC} {
			t.Run(name+" "+cause.Error(), func(t *testing.T) {
				mem, failing, after := vfs.NewCrashableMem(), false, 0
				l, _ := open(t, small(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
					if failing && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
						after++
						if op.Kind == kind {
							return cause
						}
					}
					return nil
				}))), 1)
				add(t, l, []byte("one"))
				failing = true
				_, err := l.Append([]byte("two"))
				require.ErrorIs(t, err, cause)
				after = 0
				_, err = l.Append([]byte("three"))
				require.ErrorIs(t, err, cause)
				require.ErrorIs(t, l.Release(2), cause)
				require.ErrorIs(t, l.Scrub(), cause)
				require.ErrorIs(t, l.Copy("/to"), cause)
				require.Zero(t, after, "no write and no sync after a failure")
				failing = false
				require.NoError(t, l.Close())
				l, h := open(t, small(mem), 1)
				require.Equal(t, "one", string(h.records[0]))
				require.LessOrEqual(t, len(h.records), 2)
				// What was read holds, whatever of the failed sync did.
				add(t, l, []byte("four"))
				_, again := open(t, small(mem.CrashClone(vfs.CrashCloneCfg{})), 1)
				require.Equal(t, append(h.records, []byte("four")), again.records)
			})
		}
	}
}

func TestATornEndIsLeftOut(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	want := texts(0, 3, 600)
	add(t, l, want...)
	require.NoError(t, l.Close())
	path := dir + files(t, fs)[0]
	data := content(t, fs, path)
	begin, end := 2*620, 3*620
	for at := begin; at < end; at++ {
		for name, torn := range map[string][]byte{
			"cut short": data[:at],
			"zeros":     append(bytes.Clone(data[:at]), make([]byte, len(data)-at)...),
			"other":     append(bytes.Clone(data[:at]), bytes.Repeat([]byte{0xa5}, len(data)-at)...),
		} {
			clone := vfs.NewMem()
			put(t, clone, path, torn)
			l, h := open(t, small(clone), 1)
			require.Equal(t, want[:2], h.records, "%s at %d", name, at)
			add(t, l, []byte("next"))
			_, h = open(t, small(clone), 1)
			require.Equal(t, append(slices.Clone(want[:2]), []byte("next")), h.records)
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	add(t, l, texts(0, 60, 800)...)
	require.NoError(t, l.Close())
	names := files(t, fs)
	require.Len(t, names, 5)
	const length = 820
	for i, name := range names {
		data := content(t, fs, dir+name)
		records := 14
		if i == len(names)-1 {
			records = 60 - 4*14 - 1 // the very last one would be torn
		}
		for at := 0; at < records*length; at += 37 {
			clone := copied(t, fs)
			bad := bytes.Clone(data)
			bad[at] ^= 0x10
			put(t, clone, dir+name, bad)
			_, err := Open(small(clone), 1, func(uint64, []byte) error { return nil })
			var damage *store.Damage
			require.ErrorAs(t, err, &damage, "%s at %d", name, at)
			if at >= length { // the first record is not known to be one of that file
				require.Equal(t, dir+name, damage.Path)
				require.EqualValues(t, at-at%length, damage.Offset)
			}
			require.Equal(t, files(t, fs), files(t, clone), "nothing is changed")
			// What is not needed may be damaged.
			open(t, small(clone), uint64(14*(i+1)+1))
		}
		clone := copied(t, fs)
		require.NoError(t, clone.Remove(dir+name))
		_, err := Open(small(clone), 1, func(uint64, []byte) error { return nil })
		if i < len(names)-1 {
			require.ErrorContains(t, err, "are missing")
		}
	}
}

func TestAnUnreadableFileIsNoTornEnd(t *testing.T) {
	mem := vfs.NewMem()
	l, _ := open(t, small(mem), 1)
	add(t, l, texts(0, 60, 800)...)
	for _, kind := range []errorfs.OpKind{errorfs.OpOpen, errorfs.OpFileReadAt, errorfs.OpFileStat, errorfs.OpList} {
		for skipped := 0; ; skipped++ {
			n := 0
			l, err := Open(small(errorfs.Wrap(copied(t, mem), errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == kind {
					if n++; n == skipped+1 {
						return errorfs.ErrInjected
					}
				}
				return nil
			}))), 1, func(uint64, []byte) error { return nil })
			if err == nil {
				require.NoError(t, l.Close())
				require.Less(t, n, skipped+1)
				break
			}
			require.ErrorIs(t, err, errorfs.ErrInjected)
		}
	}
}

func TestScrubLeavesNothing(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	secret := []byte("somebody")
	for i := range 40 {
		add(t, l, bytes.Repeat(secret, 20+i))
	}
	require.NoError(t, l.Release(l.Next()))
	for i := range 3 {
		add(t, l, fmt.Appendf(nil, "kept %d", i))
	}
	found := func() (n int) {
		for _, name := range files(t, fs) {
			n += bytes.Count(content(t, fs, dir+name), secret)
		}
		return n
	}
	require.NotZero(t, found())
	require.NoError(t, l.Scrub())
	require.Zero(t, found())
	add(t, l, []byte("kept 3"))
	require.NoError(t, l.Close())
	_, h := open(t, small(fs), 41)
	require.Equal(t, [][]byte{[]byte("kept 0"), []byte("kept 1"), []byte("kept 2"), []byte("kept 3")}, h.records)
}

func TestACopyIsWhatWasAcknowledged(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	want := texts(0, 30, 1000)
	for i, r := range want {
		add(t, l, r)
		to := fmt.Sprintf("/copy%d", i)
		require.NoError(t, fs.MkdirAll(to, 0o700))
		require.NoError(t, l.Copy(to))
	}
	for i := range want {
		o := small(fs)
		o.Dir = fmt.Sprintf("/copy%d", i)
		_, h := open(t, o, 1)
		require.Equal(t, want[:i+1], h.records)
	}
}

func TestEqualRecordsGiveEqualFiles(t *testing.T) {
	var all [2][][]byte
	for i := range all {
		fs, random := vfs.NewMem(), rand.New(rand.NewPCG(1, 2))
		l, _ := open(t, small(fs), 1)
		for range 100 {
			add(t, l, bytes.Repeat([]byte{byte(random.IntN(256))}, random.IntN(5000)))
			if random.IntN(10) == 0 {
				require.NoError(t, l.Release(l.Next()-uint64(random.IntN(5))))
			}
		}
		for _, name := range files(t, fs) {
			all[i] = append(all[i], []byte(name), content(t, fs, dir+name))
		}
	}
	require.Equal(t, all[0], all[1])
}

func TestAppendTakesNoMemory(t *testing.T) {
	l, _ := open(t, Options{FS: vfs.Default, Dir: t.TempDir()}, 1)
	record := make([]byte, 8<<10)
	require.Zero(t, testing.AllocsPerRun(50, func() { _, _ = l.Append(record) }))
	require.EqualValues(t, 52, l.Next(), "they were appended")
}

func TestAnErrorOfReplayEndsOpen(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	add(t, l, []byte("x"))
	cause := errors.New("unknown entry")
	_, err := Open(small(fs), 1, func(uint64, []byte) error { return cause })
	require.ErrorIs(t, err, cause)
}

func TestALogThatIsMissing(t *testing.T) {
	o := small(vfs.NewMem())
	o.Exists = true
	_, err := Open(o, 7, func(uint64, []byte) error { return nil })
	require.ErrorContains(t, err, "missing")
	o.Exists = false
	open(t, o, 7)
	o.Exists = true
	l, _ := open(t, o, 7)
	require.EqualValues(t, 7, l.Next())
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	fs := vfs.NewMem()
	names := []string{"log-", "log-1", "log-000000000000000g", "log-00000000000000001", "000001.log", "log.new"}
	for _, name := range names {
		put(t, fs, dir+name, []byte("other"))
	}
	l, _ := open(t, small(fs), 1)
	add(t, l, []byte("x"))
	require.NoError(t, l.Scrub())
	for _, name := range names {
		require.Equal(t, "other", string(content(t, fs, dir+name)))
	}
}

func FuzzSegment(f *testing.F) {
	fs := vfs.NewMem()
	l, _ := open(f, small(fs), 1)
	add(f, l, texts(0, 4, 80)...)
	seed := content(f, fs, dir+files(f, fs)[0])
	f.Add(seed)
	f.Add(seed[:150])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > headerSize && data[0]%2 == 0 { // any number and length, under a checksum that is right
			data = bytes.Clone(data)
			binary.LittleEndian.PutUint32(data, (&binder{generation: 1}).sum(data))
		}
		fs := vfs.NewMem()
		put(t, fs, dir+"log-0000000000000001", data)
		var h history
		l, err := Open(small(fs), 1, h.replay)
		if err != nil {
			var damage *store.Damage
			require.ErrorAs(t, err, &damage)
			return
		}
		defer func() { require.NoError(t, l.Close()) }()
		add(t, l, []byte("next"))
		_, again := open(t, small(fs), 1)
		require.Len(t, again.records, len(h.records)+1)
	})
}

// Housekeeping goes on beside appends; what is copied opens, with all that was
// acknowledged before.
func TestHousekeepingBesideAppends(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	var appending sync.WaitGroup
	appending.Go(func() {
		for range 600 {
			if _, err := l.Append(make([]byte, 700)); err != nil {
				t.Error(err)
			}
		}
	})
	released := uint64(1)
	for i := 0; l.Next() <= 600; i++ {
		to, next := fmt.Sprintf("/beside%d", i), l.Next()
		require.NoError(t, fs.MkdirAll(to, 0o700))
		require.NoError(t, l.Copy(to))
		o := small(fs)
		o.Dir = to
		copied, _ := open(t, o, released)
		require.GreaterOrEqual(t, copied.Next(), next)
		released = next - (next-released)/2
		require.NoError(t, l.Release(released))
		if i%5 == 0 {
			require.NoError(t, l.Scrub())
		}
	}
	appending.Wait()
	require.NoError(t, l.Close())
	_, h := open(t, small(fs), released)
	require.Len(t, h.records, 601-int(released))
}

func TestReadHandsOverWhatIsNeeded(t *testing.T) {
	fs := vfs.NewMem()
	l, _ := open(t, small(fs), 1)
	records := texts(1, 21, 2*pageSize)
	add(t, l, records...)
	require.NoError(t, l.Release(8))
	require.NoError(t, l.Close())
	l, _ = open(t, small(fs), 8) // which has the last record in two segments
	var h history
	require.NoError(t, l.Read(h.replay))
	require.Equal(t, history{first: 8, records: records[7:]}, h)

	more := texts(21, 23, 8)
	add(t, l, more...)
	stop := errors.New("stop")
	last := uint64(0)
	require.ErrorIs(t, l.Read(func(number uint64, _ []byte) error {
		if last = number; number == 22 {
			return stop
		}
		return nil
	}), stop)
	require.EqualValues(t, 22, last)
}
