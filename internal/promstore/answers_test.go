// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers are what a store has said to one query, asked again and again.
//
// Prometheus keeps the series that an operator makes over a range or a subquery in
// a map, so that their order is chance. With it are the last digits of what they add
// up to, which of two that are equal topk takes, and which two an error names. A part
// of an answer is held less strictly than to the byte only where one store alone does
// not answer alike each time.
type answers struct {
	asked int
	parts map[string]*part // by partsOf
}

// part is how often a part of an answer was said in which way; "": it was not there.
type part struct {
	said      map[string]int
	low, high float64 // of the numbers among them; low > high: there are none
}

// theOrder of series is a part of an answer.
const theOrder = "order"

// partsOf takes an answer apart: its status, its error, its notes, the order of its
// series, and the value of each series at each time.
func partsOf(w *httptest.ResponseRecorder) map[string]string {
	parts := map[string]string{"status": fmt.Sprintf("HTTP %d", w.Code)}
	var answer struct {
		Error, ErrorType string
		Data             struct {
			ResultType string
			Result     json.RawMessage
		}
		Warnings, Infos []string
	}
	if json.Unmarshal(w.Body.Bytes(), &answer) != nil {
		parts["body"] = w.Body.String()
		return parts
	}
	parts["error"] = strings.TrimSpace(answer.ErrorType + " " + answer.Error)
	for _, note := range append(answer.Warnings, answer.Infos...) {
		parts["note: "+note] = "there"
	}
	var series []struct {
		Metric json.RawMessage
		Value  *[2]any
		Values [][2]any
	}
	parts["type"] = answer.Data.ResultType
	if answer.Data.ResultType == "scalar" || json.Unmarshal(answer.Data.Result, &series) != nil {
		parts["result"] = string(answer.Data.Result)
		return parts
	}
	var order []string
	for _, s := range series {
		order = append(order, string(s.Metric))
		if s.Value != nil {
			s.Values = append(s.Values, *s.Value)
		}
		for _, v := range s.Values {
			parts[fmt.Sprintf("%s at %.0f", s.Metric, v[0])] = fmt.Sprint(v[1])
		}
	}
	parts[theOrder] = strings.Join(order, "\n")
	return parts
}

// add notes one more answer.
func (a *answers) add(said map[string]string) {
	if a.parts == nil {
		a.parts = map[string]*part{}
	}
	for name := range said {
		if a.parts[name] == nil {
			a.parts[name] = newPart()
			if a.asked > 0 {
				a.parts[name].said[""] = a.asked
			}
		}
	}
	for name, p := range a.parts {
		p.say(said[name])
	}
	a.asked++
}

func newPart() *part {
	return &part{said: map[string]int{}, low: math.Inf(1), high: math.Inf(-1)}
}

func (p *part) say(text string) {
	p.said[text]++
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
		p.low, p.high = min(p.low, v), max(p.high, v)
	}
}

// varies reports whether a store has not answered alike each time.
func (a *answers) varies() bool {
	for _, p := range a.parts {
		if len(p.said) > 1 {
			return true
		}
	}
	return false
}

// differ returns a part that two stores do not answer alike, or "".
func differ(x, y *answers) string {
	chance := x.varies() && y.varies()
	never := func(asked int) *part {
		p := newPart()
		p.said[""] = asked
		return p
	}
	of := func(a *answers, name string) *part {
		if p := a.parts[name]; p != nil {
			return p
		}
		return never(a.asked)
	}
	for _, parts := range []map[string]*part{x.parts, y.parts} {
		for name := range parts {
			one, other := of(x, name), of(y, name)
			if chance && (alike(name, one, other) || one.has(other, x.asked) && other.has(one, x.asked)) {
				continue
			}
			if chance || !maps.Equal(one.said, other.said) {
				return name
			}
		}
	}
	return ""
}

// alike reports whether a part that each of two stores varies is the same but for what is
// chance: the order of series, or the last digits of a number.
func alike(name string, x, y *part) bool {
	return len(x.said) > 1 && len(y.said) > 1 && (name == theOrder || x.low <= y.high && y.low <= x.high)
}

// has reports whether p has been said in all the ways that another store has said in at
// least a tenth of so many answers. What is rarer one store may happen not to say.
func (p *part) has(other *part, asked int) bool {
	for text, times := range other.said {
		if 10*times >= asked && p.said[text] == 0 {
			return false
		}
	}
	return true
}

// agree asks two stores, again for as long as they do not answer alike, and returns
// the part in which they do not after so many rounds, or "".
func agree(rounds int, one, other func() map[string]string) (differs string) {
	var x, y answers
	for range rounds {
		x.add(one())
		y.add(other())
		if differs = differ(&x, &y); differs == "" {
			break
		}
	}
	return differs
}

// TestWhatOneStoreAnswersAlikeIsComparedToTheByte is of the comparison itself: it has
// to find what a gate that leaks would change.
func TestWhatOneStoreAnswersAlikeIsComparedToTheByte(t *testing.T) {
	inTurn := func(values ...string) func() map[string]string {
		n := -1
		return func() map[string]string {
			n++
			return map[string]string{"series": values[n%len(values)]}
		}
	}
	for name, test := range map[string]struct {
		x, y  []string
		alike bool
	}{
		"the same":                           {[]string{"1"}, []string{"1"}, true},
		"another last digit":                 {[]string{"1"}, []string{"1.0000000000000002"}, false},
		"a last digit that one store varies": {[]string{"1.0000000000000002", "1"}, []string{"1"}, false},
		"a last digit that both vary":        {[]string{"1", "1.0000000000000004"}, []string{"1.0000000000000002", "1.0000000000000006"}, true},
		"others' among what is varied":       {[]string{"1", "1.0000000000000002"}, []string{"7", "7.0000000000000001"}, false},
		"one that is there":                  {[]string{""}, []string{"1"}, false},
		"one that is there at times":         {[]string{"", "1"}, []string{"1", ""}, true},
		"others' one, at times":              {[]string{"", "1"}, []string{"2", "3"}, false},
		"what is rare in one":                {append([]string{"c"}, slices.Repeat([]string{"a", "b"}, 30)...), []string{"a", "b"}, true},
		"others', half of the time":          {[]string{"c", "a"}, []string{"a", "b"}, false},
		"an error that names another":        {[]string{"found duplicate {a}", "found duplicate {b}"}, []string{"found duplicate {c}", "found duplicate {d}"}, false},
		"an error that names any of the two": {[]string{"found duplicate {a}", "found duplicate {b}"}, []string{"found duplicate {b}", "found duplicate {a}"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			differs := agree(50, inTurn(test.x...), inTurn(test.y...))
			require.Equal(t, test.alike, differs == "", differs)
		})
	}
}
