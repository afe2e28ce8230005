// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// figure is a sample of a collection with all its labels.
type figure struct {
	name   string
	labels map[string]string
	value  float64
}

func figuresOf(c usage.Collection) []figure {
	var all []figure
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			labels := map[string]string{"organization": o.Organization}
			for _, l := range f.Series.Labels {
				labels[l.Name] = l.Value
			}
			all = append(all, figure{name: f.Series.Name, labels: labels, value: f.Value})
		}
	}
	return all
}

func (f figure) String() string {
	var labels []string
	for name, value := range f.labels {
		labels = append(labels, name+"="+strconv.Quote(value))
	}
	slices.Sort(labels)
	return fmt.Sprintf("%s{%s} %v", f.name, strings.Join(labels, ","), f.value)
}

// selector names figures by some of their labels.
type selector struct {
	name   string
	labels map[string]string
}

var (
	selectorForm = regexp.MustCompile(`^(usage_\w+)(\{[^}]*\})?$`)
	labelForm    = regexp.MustCompile(`^(\w+)="([^"]*)"$`)
)

// selector reads `name{label="value"}`; a value that begins with $ is one that
// was taken from an earlier figure.
func (r *run) selector(text string) (selector, error) {
	parts := selectorForm.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if parts == nil {
		return selector{}, fmt.Errorf("%q: write a series as usage_active_users{window=\"day\"}", text)
	}
	s := selector{name: parts[1], labels: map[string]string{}}
	for label := range strings.SplitSeq(strings.Trim(parts[2], "{}"), ",") {
		if label == "" {
			continue
		}
		l := labelForm.FindStringSubmatch(label)
		if l == nil {
			return selector{}, fmt.Errorf("%q: write a label as window=\"day\"", label)
		}
		s.labels[l[1]] = l[2]
		if strings.HasPrefix(l[2], "$") {
			value, known := r.taken[l[2]]
			if !known {
				return selector{}, fmt.Errorf("nothing was taken as %s", l[2])
			}
			s.labels[l[1]] = value
		}
	}
	return s, nil
}

func (s selector) matches(f figure) bool {
	if f.name != s.name {
		return false
	}
	for name, value := range s.labels {
		if f.labels[name] != value {
			return false
		}
	}
	return true
}

// find returns the one figure that a selector names; found is false where
// there is none.
func (r *run) find(s selector) (f figure, found bool, err error) {
	for _, candidate := range r.figures {
		switch {
		case !s.matches(candidate):
		case found:
			return f, true, fmt.Errorf("names several: %s and %s", f, candidate)
		default:
			f, found = candidate, true
		}
	}
	return f, found, nil
}

// expect checks one line under a collect: `series value`, `series absent`, or
// `$name = label of series`.
func (r *run) expect(line string) error {
	line = strings.TrimSpace(line)
	if variable, rest, found := strings.Cut(line, " = "); found && strings.HasPrefix(line, "$") {
		return r.takeLabel(variable, rest)
	}
	at := strings.LastIndexByte(line, ' ')
	if at < 0 {
		return fmt.Errorf("%q: write a series and its value, or absent", line)
	}
	s, err := r.selector(line[:at])
	if err != nil {
		return err
	}
	f, found, err := r.find(s)
	if err != nil {
		return err
	}
	if want := line[at+1:]; want == "absent" {
		if r.falsified() == found {
			return nil
		}
		return fmt.Errorf("is there: %s", f)
	}
	want, err := strconv.ParseFloat(line[at+1:], 64)
	if err != nil {
		return err
	}
	if r.falsified() {
		want = changed(want)
	}
	switch {
	case !found:
		return fmt.Errorf("is not there; of this name:%s", r.namesakes(s.name))
	case f.value != want:
		return fmt.Errorf("want %v, got %s", want, f)
	}
	return nil
}

// changed returns another number.
func changed(v float64) float64 {
	if math.IsInf(v, 0) {
		return 0
	}
	return v + 1
}

func (r *run) takeLabel(variable, text string) error {
	label, of, _ := strings.Cut(text, " of ")
	s, err := r.selector(of)
	if err != nil {
		return err
	}
	f, found, err := r.find(s)
	if err == nil && !found {
		err = fmt.Errorf("is not there; of this name:%s", r.namesakes(s.name))
	}
	r.taken[variable] = f.labels[label]
	return err
}

func (r *run) namesakes(name string) string {
	var b strings.Builder
	for _, f := range r.figures {
		if f.name == name {
			b.WriteString("\n    " + f.String())
		}
	}
	return b.String()
}

// outcomes checks what became of an organization's items: `counted=2 late=1`;
// those that are not named are 0.
func (r *run) outcomes(args []string) error {
	organization := args[0]
	if organization == "-" {
		organization = usage.NoOrganization
	}
	status, _ := r.ledger.Status(organization)
	got := map[string]uint64{}
	for _, outcomes := range status.Items {
		for outcome, n := range outcomes {
			if n > 0 {
				got[usage.Outcome(outcome).String()] += n
			}
		}
	}
	for _, arg := range args[1:] {
		outcome, text, _ := strings.Cut(arg, "=")
		want, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return err
		}
		if r.falsified() {
			want++
		}
		if got[outcome] != want {
			return fmt.Errorf("%s: want %d, got %v", outcome, want, got)
		}
		delete(got, outcome)
	}
	if len(got) > 0 {
		return fmt.Errorf("besides %s there are %v", args[1:], got)
	}
	return nil
}

// conserved checks that every item that was sent has exactly one outcome.
func (r *run) conserved() error {
	sum := 0
	for _, status := range r.ledger.Statuses() {
		for _, outcomes := range status.Items {
			for _, n := range outcomes {
				sum += int(n)
			}
		}
	}
	if sum != r.sent {
		return fmt.Errorf("%d items were sent, but the outcomes are of %d", r.sent, sum)
	}
	return nil
}

// hidden checks that a text is in no label, no note and no log line.
func (r *run) hidden(text string) error {
	for _, f := range r.figures {
		if strings.Contains(f.String(), text) {
			return fmt.Errorf("%q is in %s", text, f)
		}
	}
	for _, status := range r.ledger.Statuses() {
		if shown := fmt.Sprint(status); strings.Contains(shown, text) {
			return fmt.Errorf("%q is in the status %s", text, shown)
		}
	}
	if logged := r.log.String(); strings.Contains(logged, text) {
		return fmt.Errorf("%q is in the log:\n%s", text, logged)
	}
	return nil
}
