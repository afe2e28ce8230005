// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// shown is what a ledger shows of an organization at a minute, by series.
type shown struct {
	at      string
	figures map[string]float64
}

// apart are series of how something arrived and not of what: how often it was sent
// again, and where.
var apart = []string{"usage_items_total", "usage_meter_rejected_total"}

func show(api, organization string) (shown, error) {
	var data struct {
		At      string
		Figures []struct {
			Name   string
			Labels map[string]string
			Value  float64
		}
	}
	if err := collector.Ask("http://"+api+"/api/v1/organizations/"+url.PathEscape(organization)+"/figures", &data); err != nil {
		return shown{}, err
	}
	s := shown{data.At, map[string]float64{}}
	for _, f := range data.Figures {
		if !slices.Contains(apart, f.Name) {
			s.figures[collector.Series(f.Name, f.Labels)] = f.Value
		}
	}
	return s, nil
}

// known are the organizations of a ledger.
func known(api string) ([]string, error) {
	var data []struct{ ID string }
	err := collector.Ask("http://"+api+"/api/v1/organizations", &data)
	var ids []string
	for _, o := range data {
		if o.ID != "__none__" {
			ids = append(ids, o.ID)
		}
	}
	return ids, err
}

// same says where ledgers that share organizations differ from one that has all, in
// what compare compares.
func same(compare func(id, one, other string) error, whole string, parts ...string) error {
	ids, err := known(whole)
	if err != nil {
		return err
	}
	var owners []string
	owner := map[string]string{}
	for _, part := range parts {
		theirs, err := known(part)
		if err != nil {
			return err
		}
		for _, id := range theirs {
			if other, taken := owner[id]; taken {
				return fmt.Errorf("%s is on %s and %s", id, other, part)
			}
			owner[id] = part
		}
		owners = append(owners, theirs...)
	}
	slices.Sort(owners)
	if !slices.Equal(slices.Sorted(slices.Values(ids)), owners) {
		return fmt.Errorf("organizations %v here, %v there", ids, owners)
	}
	if len(ids) == 0 {
		return errors.New("nothing is counted yet")
	}
	for _, id := range ids {
		if err := compare(id, whole, owner[id]); err != nil {
			return err
		}
	}
	return nil
}

// equal holds the figures of an organization in two ledgers against each other,
// bit by bit.
func equal(id, one, other string) error {
	x, err := show(one, id)
	if err != nil {
		return err
	}
	y, err := show(other, id)
	if err != nil {
		return err
	}
	if x.at != y.at {
		return fmt.Errorf("%s: figures of %s and of %s", id, x.at, y.at)
	}
	var differ []string
	for _, series := range slices.Sorted(maps.Keys(x.figures)) {
		got, found := y.figures[series]
		if want := x.figures[series]; !found || math.Float64bits(got) != math.Float64bits(want) {
			differ = append(differ, fmt.Sprintf("%s is %v (%t), not %v", series, got, found, want))
		}
	}
	if len(x.figures) != len(y.figures) || len(differ) > 0 {
		return fmt.Errorf("%s at %s: %d and %d series, %d differ: %s", id, x.at, len(x.figures), len(y.figures), len(differ), strings.Join(differ[:min(5, len(differ))], "; "))
	}
	return nil
}

// becomeSame waits until ledgers agree. Figures are of whole minutes, of which
// some have to pass.
func becomeSame(t *testing.T, whole *ledger, parts ...*ledger) {
	t.Helper()
	whole.Within(t, limit, eachSecond(func() error { return same(equal, whole.api, apis(parts)...) }))
}

func apis(ledgers []*ledger) (all []string) {
	for _, l := range ledgers {
		all = append(all, l.api)
	}
	return all
}

// billSame closes all periods that have ended in ledgers that agree, and waits until
// their statements and bills are the same. It returns how many statements there are.
func billSame(t *testing.T, catalogue string, whole *ledger, parts ...*ledger) (statements int) {
	t.Helper()
	for _, l := range append([]*ledger{whole}, parts...) {
		l.closePeriods(t, catalogue)
	}
	whole.Within(t, limit, eachSecond(func() error {
		statements = 0
		return same(func(id, one, other string) error {
			n, err := equalOnPaper(id, one, other)
			statements += n
			return err
		}, whole.api, apis(parts)...)
	}))
	require.NotZero(t, statements)
	return statements
}

// made is when a ledger wrote something, which is not what it wrote.
var made = regexp.MustCompile(`"made":"[^"]+",?`)

// equalOnPaper holds statements and bills of an organization in two ledgers against
// each other, byte by byte. It returns how many statements there are. Of months before
// a ledger began there is no bill.
func equalOnPaper(id, one, other string) (statements int, err error) {
	for _, path := range []string{
		"/api/v1/organizations/" + url.PathEscape(id) + "/statements",
		"/api/v1/reports/billing?organization=" + url.QueryEscape(id) + "&period=current", // cycles that have ended in it

	} {
		var text [2]string
		for i, api := range []string{one, other} {
			body, err := read("http://" + api + path)
			if err != nil {
				return 0, err
			}
			text[i] = made.ReplaceAllString(body, "")
		}
		if text[0] != text[1] {
			at := 0
			for at < min(len(text[0]), len(text[1])) && text[0][at] == text[1][at] {
				at++
			}
			at = max(0, at-200)
			return 0, fmt.Errorf("%s: %s has %.400s\nand %s %.400s", path, one, text[0][at:], other, text[1][min(at, len(text[1])):])
		}
		statements += strings.Count(text[0], `"definition":`)
	}
	if statements == 0 {
		err = fmt.Errorf("%s has no statement yet", id)
	}
	return statements, err
}

// read returns what an address answers.
func read(address string) (string, error) {
	response, err := client.Get(address)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %s", address, response.StatusCode, body)
	}
	return string(body), err
}

// eachSecond looks at a condition no more often than that: looking costs what is
// looked at.
func eachSecond(condition func() error) func() error {
	var last error
	var next time.Time
	return func() error {
		if time.Now().Before(next) {
			return last
		}
		last, next = condition(), time.Now().Add(time.Second)
		return last
	}
}
