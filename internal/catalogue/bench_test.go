// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	_, list, _ := strings.Cut(everything, "organizations:\n")
	one, _, _ := strings.Cut(list, "  - id: globex")
	for _, n := range []int{10_000, 100_000} {
		var text strings.Builder
		text.WriteString("organizations:\n")
		for i := range n {
			text.WriteString(strings.Replace(one, "id: acme", fmt.Sprint("id: acme-", i), 1))
		}
		data := []byte(text.String())
		b.Run(fmt.Sprint("organizations=", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
