// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import "strings"

// Refusals are what is wrong with a form, by the name of its field; what is of
// no field is under "".
type Refusals map[string][]string

// add notes what an error says, a line each problem. A line begins with the key
// that it is of; fields says which field that is.
func (r *Refusals) add(err error, fields map[string]string) {
	if *r == nil {
		*r = Refusals{}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key := line[:len(line)-len(strings.TrimLeft(line, "abcdefghijklmnopqrstuvwxyz"))]
		(*r)[fields[key]] = append((*r)[fields[key]], line)
	}
}
