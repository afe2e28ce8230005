// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package identity is the rule by which two ids are one, and some are nobody's,
// for users, organizations and standing keys, in telemetry and catalogue alike
// (SEMANTICS 1).
package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// MaxLength bounds what is taken for an id, in bytes. Organizations become
// labels of every figure and ids become keys; a longer one is a mistake of its
// sender, or worse.
const MaxLength = 1024

var fold = cases.Fold()

// Spell returns an id in the spelling by which it is compared, "" where that
// leaves nothing of it. Spelling it again changes nothing. It allocates only
// where bytes change, or where it folds an id that is not ASCII.
func Spell(id string, n usage.Normalization) string {
	if n != usage.Trim && n != usage.Fold {
		return id
	}
	id = trim(id)
	switch ascii := isASCII(id); {
	case n == usage.Fold && ascii:
		return strings.ToLower(id) // itself where it has no capital letters
	case ascii:
		return id
	case n == usage.Fold && utf8.ValidString(id): // folding would make one of all bytes that are no text
		// Folding takes canonical forms apart and may leave what composes anew.
		return trim(norm.NFC.String(fold.String(norm.NFC.String(id))))
	}
	return norm.NFC.String(id)
}

// trim takes blanks and invisible characters off both ends, in any mixture.
// Inside an id they stay: some scripts need joiners there.
func trim(id string) string {
	if id == "" || visible(id[0]) && visible(id[len(id)-1]) {
		return id
	}
	return strings.TrimFunc(id, unseen)
}

// visible reports whether a byte is a character of ASCII other than a blank.
func visible(c byte) bool { return ' ' < c && c < utf8.RuneSelf }

// isASCII reports whether an id is ASCII. It looks at eight bytes at a time: every record
// has ids.
func isASCII(id string) bool {
	const above = 0x8080808080808080
	for ; len(id) >= 8; id = id[8:] {
		if (uint64(id[0])|uint64(id[1])<<8|uint64(id[2])<<16|uint64(id[3])<<24|
			uint64(id[4])<<32|uint64(id[5])<<40|uint64(id[6])<<48|uint64(id[7])<<56)&above != 0 {
			return false
		}
	}
	for i := range len(id) {
		if id[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unseen reports whether a character is a blank or takes no room.
func unseen(r rune) bool { return unicode.IsSpace(r) || unicode.Is(invisible, r) }

// invisible are the characters of no width that are no part of a letter or a
// symbol: soft hyphen, marks and embeddings of direction, joiners, invisible
// operators, byte order mark.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1},
		{Lo: 0x061c, Hi: 0x061c, Stride: 1},
		{Lo: 0x180e, Hi: 0x180e, Stride: 1},
		{Lo: 0x200b, Hi: 0x200f, Stride: 1},
		{Lo: 0x202a, Hi: 0x202e, Stride: 1},
		{Lo: 0x2060, Hi: 0x206f, Stride: 1},
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
	},
	LatinOffset: 1,
}
