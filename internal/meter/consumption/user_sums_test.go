// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func TestAChangedDefinitionHasAllPagesOfUsersWrittenAgain(t *testing.T) {
	kinds := []usage.Kind{usage.Day}
	old := &userSums{kinds: kinds}
	last := &sumPage{sums: wide.Make(pageUsers * old.stride())}
	old.pages = append(make([]*sumPage, 70), last) // beyond the first word of the bitmap
	old.user(last, 3).set(0, share{}.plus(wide.Of(5)))

	u := &userSums{kinds: kinds}
	u.adopt(old)

	require.Equal(t, wide.Of(5), u.user(u.pages[70], 3).at(0).sum())
	var dirty []uint32
	u.dirty.Each(func(n uint32) { dirty = append(dirty, n) })
	require.Equal(t, []uint32{70}, dirty)
}
