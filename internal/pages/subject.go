// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Organization is one that reports may be about.
type Organization struct {
	ID, Name, Reseller string
	Zone               *time.Location // nil: UTC
}

// Called is what people call it.
func (o Organization) Called() string { return cmp.Or(o.Name, o.ID) }

// Subjects are those that reports may be about, which the client may see.
type Subjects []Organization

// Sorted returns them by what people call them.
func (s Subjects) Sorted() Subjects {
	return slices.SortedFunc(slices.Values(s), func(x, y Organization) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Called()), strings.ToLower(y.Called())), strings.Compare(x.ID, y.ID))
	})
}

const (
	// mostListed is how many organizations are offered in a list to choose
	// from: of more, one is typed.
	mostListed = 200
	// mostSuggested is how many are suggested to whoever types.
	mostSuggested = 2000
	// mostMatches is how many are named where a text means several.
	mostMatches = 10
)

// Listed reports whether there are few enough to choose from a list.
func (s Subjects) Listed() bool { return len(s) <= mostListed }

// Suggested are those that are suggested to whoever types, if that is possible.
func (s Subjects) Suggested() Subjects {
	if len(s) > mostSuggested {
		return nil
	}
	return s
}

// Resellers are those of the organizations, by name.
func (s Subjects) Resellers() (names []string) {
	for _, o := range s {
		if o.Reseller != "" {
			names = append(names, o.Reseller)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// find returns the id of the organization that a text means: an id, a name, or a
// part of those that only one has. "": all. Where it means none the id is the
// text, so that whoever knows more spellings may find it.
func (s Subjects) find(typed string) (id string, matches Subjects) {
	typed = strings.TrimSpace(typed)
	if typed == "" || slices.ContainsFunc(s, func(o Organization) bool { return o.ID == typed }) {
		return typed, nil
	}
	wanted := strings.ToLower(typed)
	for _, meant := range []func(text string) bool{
		func(text string) bool { return text == wanted },
		func(text string) bool { return strings.Contains(text, wanted) },
	} {
		for _, o := range s {
			if meant(strings.ToLower(o.ID)) || meant(strings.ToLower(o.Name)) {
				matches = append(matches, o)
			}
		}
		switch len(matches) {
		case 0:
		case 1:
			return matches[0].ID, nil
		default:
			return "", matches
		}
	}
	return typed, nil
}
