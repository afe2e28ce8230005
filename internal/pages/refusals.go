// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"errors"
	"strings"
)

// Refusals are what is wrong with a form, by the name of its field; what is of
// no field is under "".
type Refusals map[string][]string

// add notes an error, each one of those that it joins by itself. They begin with
// the key that they are of; fields says which field that is.
func (r *Refusals) add(err error, fields map[string]string) {
	if *r == nil {
		*r = Refusals{}
	}
	all := []error{err}
	var joined interface {
		error
		Unwrap() []error
	}
	if errors.As(err, &joined) && joined.Error() == err.Error() {
		all = joined.Unwrap()
	}
	for _, one := range all {
		text := one.Error()
		key := strings.TrimRight(text[:len(text)-len(strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz_"))], "_")
		(*r)[fields[key]] = append((*r)[fields[key]], text)
	}
}
