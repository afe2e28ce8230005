// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var ofTests = identity{epoch: today, first: 3, last: 17}

// runOf returns the bytes of a run of keys.
func runOf(t testing.TB, keys int) []byte {
	t.Helper()
	fs, all := vfs.NewMem(), table{}
	require.NoError(t, makeDir(fs, dir))
	for n := range keys {
		all.add(uidOf(n))
	}
	r, err := writeRun(fs, dir, ofTests, keys, all.inOrder()...)
	require.NoError(t, err)
	text, err := io.ReadAll(io.NewSectionReader(r.file, 0, 1<<30))
	require.NoError(t, err)
	require.NoError(t, r.close())
	return text
}

// openBytes opens a run of bytes.
func openBytes(t testing.TB, text []byte) (*run, error) {
	t.Helper()
	fs := vfs.NewMem()
	require.NoError(t, makeDir(fs, dir))
	f, err := fs.Create(fs.PathJoin(dir, ofTests.name()), vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(bytes.Clone(text))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return openRun(fs, dir, ofTests)
}

// readAll reads all keys of a run, and looks for each.
func readAll(r *run) (keys int, err error) {
	var block [blockSize]byte
	err = merge([]source{r.inOrder()}, func(uid usage.UID) error {
		keys++
		_, err := r.has(uid, &block)
		return err
	})
	return keys, err
}

func TestARunHasItsKeysInOrder(t *testing.T) {
	for _, keys := range []int{1, 2, 254, 255, 256, 510, 511, 10_000} {
		r, err := openBytes(t, runOf(t, keys))
		require.NoError(t, err)
		var block [blockSize]byte
		var last usage.UID
		n := 0
		require.NoError(t, merge([]source{r.inOrder()}, func(uid usage.UID) error {
			require.Positive(t, compare(uid, last))
			last = uid
			n++
			return nil
		}))
		require.Equal(t, keys, n)
		for n := range keys {
			require.True(t, r.filter.has(uidOf(n)))
			found, err := r.has(uidOf(n), &block)
			require.NoError(t, err)
			require.True(t, found)
			found, err = r.has(uidOf(keys+n), &block)
			require.NoError(t, err)
			require.False(t, found)
		}
		require.NoError(t, r.close())
	}
}

func TestEqualKeysGiveEqualBytes(t *testing.T) {
	once, again := runOf(t, 1000), runOf(t, 1000)
	require.Equal(t, once, again)
}

// Whichever byte is damaged, it is an error that names the file and the byte, or
// does not matter.
func TestAnyDamagedByteIsFound(t *testing.T) {
	text := runOf(t, 300)
	for at := range text {
		text[at] ^= 1 << (at % 8)
		r, err := openBytes(t, text)
		if err == nil {
			_, err = readAll(r)
			require.NoError(t, r.close())
		}
		require.ErrorContains(t, err, "counted/20768-00000003-00000017.run is damaged", "byte %d", at)
		require.ErrorContains(t, err, store.Remedy)
		text[at] ^= 1 << (at % 8)
	}
	for size := range text {
		_, err := openBytes(t, text[:size])
		require.Error(t, err)
	}
}

func TestARunUnderAnotherNameIsRefused(t *testing.T) {
	text := runOf(t, 3)
	text[len(text)-tailSize+24]++
	checked := text[len(text)-tailSize : len(text)-4]
	binary.LittleEndian.PutUint32(text[len(text)-4:], crc32.Checksum(checked, store.Checksum))
	_, err := openBytes(t, text)
	require.ErrorContains(t, err, "this is run 20768-00000003-00000018.run under another name")
}

// FuzzRun reads damaged runs whose checksums are right.
func FuzzRun(f *testing.F) {
	for _, keys := range []int{1, 3, 256} {
		text := runOf(f, keys)
		f.Add(text[:len(text)-tailSize], uint64(keys))
	}
	f.Fuzz(func(t *testing.T, body []byte, keys uint64) {
		body = bytes.Clone(body)
		blocks := int(min(keys, uint64(len(body)))+blockKeys-1) / blockKeys
		end := tail{identity: ofTests, keys: keys}
		if fences := len(body) - blocks*keySize; fences >= blocks*blockSize {
			for n := range blocks {
				block := (*[blockSize]byte)(body[n*blockSize:])
				binary.LittleEndian.PutUint32(block[blockSize-4:], blockChecksum(n, block))
			}
			end.filter = crc32.Checksum(body[blocks*blockSize:fences], store.Checksum)
			end.fences = crc32.Checksum(body[fences:], store.Checksum)
		}
		r, err := openBytes(t, append(body, end.encode()[:]...))
		if err != nil {
			return
		}
		read, err := readAll(r)
		if err == nil {
			require.Equal(t, int(keys), read)
		}
		require.NoError(t, r.close())
	})
}
