// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import "strings"

// maxKnown bounds the ids of one organization: of the top users of a few meters and
// periods, and of who came among them in the last minutes.
const maxKnown = 250

// Known is the ids of some users by slot, who are named often or soon.
type Known map[uint32]string

// Keep keeps a user's id, of which the caller may change the bytes. When there are too
// many, it begins anew.
func (k Known) Keep(user uint32, id string) {
	if _, known := k[user]; known {
		return
	}
	if len(k) >= maxKnown {
		clear(k)
	}
	k[user] = strings.Clone(id)
}
