// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"bytes"
	"fmt"
	"go/doc"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors are the rooms of the heart, from the ground up. A room uses those on
// lower floors; rooms of one floor do not know of one another.
var floors = [][]string{
	{"internal/usage", "internal/wide", "internal/prefetch", "internal/lanes"},
	{"internal/wire", "internal/calendar", "internal/store"},
	{"internal/period", "internal/store/log", "internal/store/rows", "internal/store/snapshot"},
	{"internal/series", "internal/person", "internal/store/group"},
	{"internal/pace", "internal/people"},
	{"internal/meter"},
	{"internal/meter/active", "internal/meter/concurrent", "internal/meter/consumption", "internal/quota", "internal/closing"},
	{"internal/organization"},
	{"internal/intake", "internal/redo", "internal/archive", "internal/dedupe", "internal/versions", "internal/certificate"},
	{"internal/rowkey", "internal/trust"},
	{"internal/part"},
	{"internal/book"},
	{"internal/inquiry", "internal/backup", "internal/move"},
	{"internal/ledger"},
	{"internal/transfer"},
}

// floorOf returns the floor of a room, -1 of what is no room of the heart.
func floorOf(room string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, room) })
}

func TestHouseHasNoStairsUpward(t *testing.T) {
	hold(t, downward, "internal/period/x.go", `package period; import _ "github.com/otelcol-usage/otelcol-usage/internal/ledger"`)
	hold(t, downward, "internal/meter/active/x.go", `package active; import _ "github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"`)
}

func downward(f file) []string {
	here := floorOf(f.pkg())
	if here < 0 || f.test() {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		switch there := floorOf(p); {
		case there > here:
			offences = append(offences, fmt.Sprintf("imports %s, which is %d floors above: what both need belongs below both", p, there-here))
		case there == here && p != f.pkg():
			offences = append(offences, fmt.Sprintf("imports %s, which is on its own floor: rooms of one floor are changed without looking at each other", p))
		}
	}
	return offences
}

// maxRoom is how many lines a package may have, tests not counted: more is a
// hall, in which nobody knows where a line belongs.
const maxRoom = 2500

func TestNoPackageIsAHall(t *testing.T) {
	lines := roomLines(t)
	lines["internal/x"] = maxRoom + 1
	require.Equal(t, []string{"internal/x"}, halls(lines), "split them by responsibility, along what is changed for one reason")
}

// halls returns the packages that have too many lines, sorted backwards.
func halls(lines map[string]int) (found []string) {
	for room, n := range lines {
		if n > maxRoom {
			found = append(found, room)
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

func roomLines(t *testing.T) map[string]int {
	t.Helper()
	lines := map[string]int{}
	for _, f := range tree(t) {
		if f.in("internal") && !f.test() && !f.generated() {
			lines[f.pkg()] += bytes.Count(f.source, []byte("\n"))
		}
	}
	return lines
}

// TestHouseIsDrawn prints the rooms and floors, the upper ones first: go test -run
// House ./test/arch -v.
func TestHouseIsDrawn(t *testing.T) {
	lines, synopsis := roomLines(t), map[string]string{}
	for _, f := range tree(t) {
		if f.syntax.Doc != nil && !f.test() {
			synopsis[f.pkg()] = new(doc.Package).Synopsis(f.syntax.Doc.Text())
		}
	}
	var house strings.Builder
	for floor, rooms := range slices.Backward(floors) {
		fmt.Fprintf(&house, "\nfloor %d\n", floor)
		for _, room := range rooms {
			require.NotZero(t, lines[room], "%s is on a floor and not there", room)
			require.NotEmpty(t, synopsis[room], "%s has no package comment that says what it is", room)
			what := strings.TrimPrefix(synopsis[room], "Package "+path.Base(room)+" ")
			fmt.Fprintf(&house, "  %-24s %5d lines  %s\n", strings.TrimPrefix(room, "internal/"), lines[room], what)
		}
	}
	t.Log(house.String())
}
