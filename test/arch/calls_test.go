// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"go/ast"
	"slices"
	"testing"
)

// pure packages turn arguments into results: no clock, no goroutine, no file,
// no log.
var pure = []string{"internal/usage", "internal/wide", "internal/millionths", "internal/identity", "internal/calendar", "internal/wire", "internal/period", "internal/intern", "internal/series", "internal/person", "internal/people", "internal/pace", "internal/meter", "internal/quota", "internal/closing", "internal/organization", "internal/billing", "internal/report", "internal/access", "internal/schedule", "internal/doctor"}

var impureImports = []string{"crypto/rand", "log", "math/rand", "math/rand/v2", "net", "os", "syscall", zap}

// parsers are below packages that do what is impure, and only read texts.
var parsers = []string{"net/mail", "net/netip", "net/url"}

var clockCalls = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

func TestPurePackagesAreCalculations(t *testing.T) {
	hold(t, purity, "internal/meter/x.go", `package meter; import "time"; var now = time.Now()`)
	hold(t, purity, "internal/meter/x.go", `package meter; func f() { go f() }`)
	hold(t, purity, "internal/meter/x.go", `package meter; import _ "log/slog"`)
	hold(t, purity, "internal/meter/x.go", `package meter; import "hash/maphash"; var seed = maphash.MakeSeed()`)
}

func purity(f file) []string {
	if f.test() || !f.in(pure...) {
		return nil
	}
	var offences []string
	for _, p := range f.imports() {
		if !slices.Contains(parsers, p) && slices.ContainsFunc(impureImports, func(impure string) bool { return below(p, impure) }) {
			offences = append(offences, "imports "+p+": figures must be the same for the same events, whatever the machine")
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if statement, ok := n.(*ast.GoStmt); ok {
			offences = append(offences, f.at(statement, "starts a goroutine: a pure package has one owner, who calls it"))
		}
		if name, ok := callOf(n, "time"); ok && slices.Contains(clockCalls, name) {
			offences = append(offences, f.at(n, "uses time.%s: time is an argument, so that replaying a month gives what living it gave", name))
		}
		if name, ok := callOf(n, "maphash"); ok && name == "MakeSeed" {
			offences = append(offences, f.at(n, "makes a random seed: like the time, that is an argument"))
		}
		return true
	})
	return offences
}

func TestTestsDoNotSleep(t *testing.T) {
	hold(t, sleepless, "internal/ledger/x_test.go", `package ledger; import "time"; func f() { time.Sleep(1) }`)
}

// sleepless lets files that use testing/synctest sleep: their time is not real.
func sleepless(f file) []string {
	if !f.test() && !f.in("test") || slices.Contains(f.imports(), "testing/synctest") {
		return nil
	}
	var offences []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if name, ok := callOf(n, "time"); ok && name == "Sleep" {
			offences = append(offences, f.at(n, "sleeps: a slow machine fails it and a fast one waits; wait for the thing itself, or use testing/synctest"))
		}
		return true
	})
	return offences
}

// callOf returns the name that a node selects from a package.
func callOf(n ast.Node, pkg string) (string, bool) {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	of, ok := selector.X.(*ast.Ident)
	return selector.Sel.Name, ok && of.Name == pkg
}
