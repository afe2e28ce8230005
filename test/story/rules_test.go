// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// each runs a test on every story, under the name of its rule.
func each(t *testing.T, test func(t *testing.T, s *story)) {
	t.Helper()
	n := 0
	err := fs.WalkDir(os.DirFS("testdata"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		n++
		t.Run(strings.TrimSuffix(path, ".txt"), func(t *testing.T) {
			s, err := readStory(filepath.Join("testdata", path))
			require.NoError(t, err)
			test(t, s)
		})
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, n)
}

func TestRules(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		t.Helper()
		_, err := s.tell(0)
		require.NoError(t, err, "the rule:\n%s", s.rule)
	})
}

// Every expectation of every story can fail: changed by one, the story does.
func TestEveryStoryHasTeeth(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		t.Helper()
		expectations, err := s.tell(0)
		require.NoError(t, err)
		require.Positive(t, expectations, "a story without an expectation proves nothing")
		for lie := 1; lie <= expectations; lie++ {
			_, err := s.tell(lie)
			require.Error(t, err, "expectation %d of %d was changed and the story still held", lie, expectations)
		}
	})
}
