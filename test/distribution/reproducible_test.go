// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package distribution

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheSameSourcesGiveTheSameBytes builds usagectl where it is and from a copy in
// another directory, as on another machine. What of it is compiled is the same for
// both (-trimpath), so that the copy costs little more than linking.
func TestTheSameSourcesGiveTheSameBytes(t *testing.T) {
	here, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	elsewhere := filepath.Join(t.TempDir(), "sources of somebody else")
	require.NoError(t, os.MkdirAll(elsewhere, 0o700))
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(here, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(elsewhere, name), data, 0o600))
	}
	for _, name := range []string{"cmd", "internal"} {
		require.NoError(t, os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join(here, name))))
	}
	sum := func(directory string) [sha256.Size]byte {
		program := filepath.Join(t.TempDir(), "usagectl")
		// Without the commit: the copy is in no repository.
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", program, "./cmd/usagectl")
		build.Dir = directory
		said, err := build.CombinedOutput()
		require.NoError(t, err, "%s", said)
		bytes, err := os.ReadFile(program)
		require.NoError(t, err)
		return sha256.Sum256(bytes)
	}
	require.Equal(t, sum(here), sum(elsewhere), "the bytes depend on where they are built")
}
