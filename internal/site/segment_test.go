// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package site

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnIDIsASegmentThatNobodyTakesForAStep(t *testing.T) {
	base, err := url.Parse("http://usage.example/api/v1/")
	require.NoError(t, err)
	for _, id := range []string{".", "..", "=.", "==..", "=", "=a", "...", ".a", "a/..", "%2E%2E", "你", "a b?c#d", "=%2E"} {
		link, err := base.Parse("organizations/" + Segment(id) + "/figures") // as a browser resolves it
		require.NoError(t, err)
		segment, err := url.PathUnescape(link.EscapedPath()[len("/api/v1/organizations/") : len(link.EscapedPath())-len("/figures")])
		require.NoError(t, err, id)
		require.Equal(t, id, ID(segment))
	}
	require.Equal(t, "..", ID(".."), "who could write it so")
}
