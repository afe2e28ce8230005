// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
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

	// Types are the types of attributes, organization.id, user.id and
	// log.record.uid among them, whose value is no string: int, double, bool
	// or array.
	Types map[string]string `json:"types,omitempty"`
	// Cumulative is a data point whose value is the sum since Start.
	Cumulative bool `json:"cumulative,omitempty"`
	// Start is when what a data point counts began, where it says so.
	Start time.Time `json:"start,omitzero"`
	// What else a resend repeats: attributes of resource and scope, and of a
	// log record its body, severity and the span that it belongs to.
	Resource map[string]string `json:"resource,omitempty"`
	Scope    map[string]string `json:"scope,omitempty"`
	Body     string            `json:"body,omitempty"`
	Severity string            `json:"severity,omitempty"`
	Span     string            `json:"span,omitempty"`

	identity string // see identify
	nobody   bool   // a placeholder stands where the user should
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

// identify returns what duplicates of an item share: its uid, or all that a
// resend repeats. A data point has no uid.
func (e Event) identify() string {
	if uid := written(e.UID, e.Types["log.record.uid"]); uid != "" && e.signal() != usage.Metrics.String() {
		return "uid " + uid
	}
	return fmt.Sprintf("content %q %q %q %d %q %q %d %q %q %q %s %s %s %s", e.Organization, e.User, e.UID, e.Time.UnixNano(), e.Action, e.Value,
		e.Start.UnixNano(), e.Body, e.Severity, e.Span, inOrder(e.Attributes), inOrder(e.Types), inOrder(e.Resource), inOrder(e.Scope))
}

func inOrder(m map[string]string) string {
	var b strings.Builder
	for _, key := range sortedKeys(m) {
		fmt.Fprintf(&b, "%q=%q ", key, m[key])
	}
	return b.String()
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
