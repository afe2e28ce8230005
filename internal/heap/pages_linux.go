// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A record reads memory of its organization and of its user, anywhere in the heap. On pages
// of 4 KiB the processor has to find the page of nearly each of them in a table, which it
// waits for as well. Pages of 2 MiB are few enough to be known. Linux gives them to who asks
// for them by madvise; Go's runtime does not ask.
//
// The runtime takes memory from the lowest addresses that are free, and what an address was
// advised stays so when memory behind it is given back. So a large piece of the heap that is
// taken, advised and left again without a byte in it having been touched is what the heap
// grows into.
//
// It is taken in pieces: where a part of one was in use before, the runtime clears it all.

const (
	// most is how much is advised at most, bytes: the runtime notes 1/1024 of it.
	most  = 8 << 30
	piece = 16 << 20
	// largest is how large a huge page may be, bytes. Some kernels for ARM have such of
	// 512 MiB, of which a small heap would have one.
	largest = 2 << 20
)

// preferHugePages advises Linux to give the heap huge pages. Where they are switched off
// (transparent_hugepage/enabled is never) nothing comes of it.
func preferHugePages() {
	n := advisable()
	if n == 0 {
		return
	}
	// No collection of garbage comes between, which would be due by so much.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	pieces := make([][]byte, 0, n/piece)
	for ; n > 0; n -= piece {
		pieces = append(pieces, make([]byte, piece))
		_ = unix.Madvise(pieces[len(pieces)-1], unix.MADV_HUGEPAGE) // a kernel without them refuses it
	}
	runtime.KeepAlive(pieces)
	debug.FreeOSMemory()
}

// advisable returns how much of the heap to advise, bytes: half of the machine's memory, or of
// what the operator bounds the heap to (GOMEMLIMIT). It is none where unused addresses count
// (ulimit -v, overcommit_memory 2), since the process could be refused the rest, where there
// are few (32 bits), and where Go's own switch says so (GODEBUG=disablethp=1).
func advisable() int64 {
	if strconv.IntSize < 64 || strings.Contains(os.Getenv("GODEBUG"), "disablethp=1") {
		return 0
	}
	var addresses unix.Rlimit
	var machine unix.Sysinfo_t
	if unix.Getrlimit(unix.RLIMIT_AS, &addresses) != nil || addresses.Cur != unix.RLIM_INFINITY || unix.Sysinfo(&machine) != nil {
		return 0
	}
	size, known := number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
	if overcommit, _ := number("/proc/sys/vm/overcommit_memory"); overcommit == 2 || !known || size > largest {
		return 0
	}
	n := min(most, int64(machine.Totalram)*int64(machine.Unit)/2, debug.SetMemoryLimit(-1)/2)
	return n / piece * piece
}

// number reads a file that has nothing but a number in it.
func number(file string) (n int64, ok bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	return n, err == nil
}
