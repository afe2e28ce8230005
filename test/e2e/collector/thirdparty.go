// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// ThirdParty builds a program of another project, of the version that its
// module under test/thirdparty names, with the build tags that it needs, and returns
// where it is. A second call, of another test program too, finds it built.
//
//	ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert")
func ThirdParty(t *testing.T, module, command string, tags ...string) (program string) {
	t.Helper()
	directory := filepath.Join(Root(t), "build", "thirdparty")
	require.NoError(t, os.MkdirAll(directory, 0o755))
	program = filepath.Join(directory, path.Base(command))
	lock, err := os.OpenFile(program+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	defer func() { require.NoError(t, lock.Close()) }() // gives the lock back
	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))

	// promtool without the discoveries of all clouds, which take minutes to build
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", strings.Join(append(tags, "remove_all_sd"), ","), "-o", program, command)
	build.Dir = filepath.Join(Root(t), "test", "thirdparty", module)
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}
