// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestTheHeapGrowsIntoHugePages asks the kernel: what is allocated next lies in a mapping
// that was advised, where there is anything to advise, and nothing is used up by it.
//
// It is a process of its own: what other tests left free would be advised first.
func TestTheHeapGrowsIntoHugePages(t *testing.T) {
	const alone = "USAGE_TEST_ALONE"
	if os.Getenv(alone) == "" {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), alone+"=yes")
		output, err := again.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return
	}
	before := mostResident(t)
	preferHugePages()
	require.Less(t, mostResident(t)-before, 64<<10, "KiB that were in use meanwhile")
	next := make([]byte, 256<<20)
	require.Equal(t, advisable() > 0, slices.Contains(flags(t, uintptr(unsafe.Pointer(&next[len(next)/2]))), "hg"))
	runtime.KeepAlive(next)
}

func TestABoundOfTheHeapBoundsWhatIsAdvised(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(64 << 20))
	require.LessOrEqual(t, advisable(), int64(32<<20))
	debug.SetMemoryLimit(16 << 20)
	require.Zero(t, advisable(), "less than a piece")
}

func TestGoIsToldToLeaveHugePagesAlone(t *testing.T) {
	t.Setenv("GODEBUG", "madvdontneed=1,disablethp=1")
	require.Zero(t, advisable())
}

// mostResident returns the most that the process ever had in memory, KiB.
func mostResident(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(data), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(t, err)
	return n
}

// flags returns what the kernel notes of the mapping in which an address is.
func flags(t *testing.T, address uintptr) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/smaps")
	require.NoError(t, err)
	inside := false
	for line := range strings.Lines(string(data)) {
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		}
		if noted, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			return strings.Fields(noted)
		}
	}
	require.Fail(t, "no mapping has the address")
	return nil
}
