// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// OnBehalfOf is the header by which a delegate names the person that it asks
// for: claim=value, with the value as in the query of a URL, as
// "email=jane%40example.com". There may be several, in lines of their own or
// with commas between them.
const OnBehalfOf = "Usage-On-Behalf-Of"

// errNobodyNamed says that a header names nobody. It is no person without rights,
// since what was meant is not known.
var errNobodyNamed = errors.New("names nobody: write a claim of the person, as email=jane%40example.com")

// OnBehalf are the values of [OnBehalfOf] that name a person, which Person reads.
func (c Claims) OnBehalf() (header []string) {
	for _, claim := range slices.Sorted(maps.Keys(c)) {
		for _, value := range c[claim] {
			header = append(header, claim+"="+url.QueryEscape(value))
		}
	}
	return header
}

// Person returns the claims in the values of [OnBehalfOf].
func Person(header []string) (Claims, error) {
	person := Claims{}
	for _, line := range header {
		for text := range strings.SplitSeq(line, ",") {
			claim, value, _ := strings.Cut(strings.TrimSpace(text), "=")
			value, err := url.QueryUnescape(value)
			switch {
			case err != nil:
				return nil, fmt.Errorf("%s: %q: %w: escape the value as in the query of a URL", OnBehalfOf, text, err)
			case claim == "" || value == "":
				return nil, fmt.Errorf("%s: %q %w", OnBehalfOf, text, errNobodyNamed)
			}
			person[claim] = append(person[claim], value)
		}
	}
	if len(person) == 0 {
		return nil, fmt.Errorf("%s: %w", OnBehalfOf, errNobodyNamed)
	}
	return person, nil
}
