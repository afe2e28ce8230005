// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Event is an item as the vectors write it.
type Event struct {
	Organization string    `json:"organization"` // "": it names none
	User         string    `json:"user"`         // "": it names none
	Action       string    `json:"action"`
	Time         time.Time `json:"time"`
	UID          string    `json:"uid"`
	// Value is the number of a metric's data point. Logs and traces bring
	// their value in an attribute.
	Value      Number            `json:"value"`
	Attributes map[string]string `json:"attributes"`
	Signal     string            `json:"signal,omitempty"` // logs unless set
}

// Number is a decimal as it was written.
type Number string

// UnmarshalJSON takes a JSON number or a string.
func (n *Number) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*n = Number(s)
		return nil
	}
	*n = Number(data)
	return nil
}

func (e Event) signal() string {
	if e.Signal == "" {
		return usage.Logs.String()
	}
	return e.Signal
}

// identity is what duplicates of an item share: its uid, or all that it says.
// A point has no uid: to it that is an attribute like others.
func (e Event) identity() string {
	if e.UID != "" && e.signal() != usage.Metrics.String() {
		return "uid " + e.UID
	}
	var attributes []string
	for k, v := range e.Attributes {
		attributes = append(attributes, fmt.Sprintf("%q=%q", k, v))
	}
	slices.Sort(attributes)
	return fmt.Sprintf("content %q %q %q %d %q %s", e.UID, e.User, e.Action, e.Time.UnixNano(), e.Value, strings.Join(attributes, " "))
}

var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$`)

// micros reads the value of an item, in millionths.
func micros(s string, negative bool) (*big.Int, usage.Reason) {
	n, ok := millionths(s)
	switch {
	case !ok:
		return nil, usage.ReasonBadValue
	case n.CmpAbs(big.NewInt(math.MaxInt64)) > 0:
		return nil, usage.ReasonOverflow
	case n.Sign() < 0 && !negative:
		return nil, usage.ReasonNegative
	}
	return n, usage.ReasonNone
}

// millionths reads a decimal and rounds it half-even.
func millionths(s string) (n *big.Int, ok bool) {
	if !decimal.MatchString(s) {
		return nil, false
	}
	exact, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, false
	}
	exact.Mul(exact, big.NewRat(usage.Micro, 1))
	// Twice the value, floored, tells on which side of the half it lies.
	quotient, rest := new(big.Int).DivMod(exact.Num(), exact.Denom(), new(big.Int))
	switch rest.Lsh(rest, 1).Cmp(exact.Denom()) {
	case 1:
		quotient.Add(quotient, big.NewInt(1))
	case 0:
		quotient.Add(quotient, big.NewInt(int64(quotient.Bit(0))))
	}
	return quotient, true
}
