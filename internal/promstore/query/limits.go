// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Limits bound what a query may cost, so that none keeps the process from
// what it is for. Whatever can be known of a query's cost before it runs is held
// against them then, and the query refused by its shape; the rest while it runs.
type Limits struct {
	// Timeout is the time that a query may take, from its arrival. Default 10s.
	Timeout time.Duration `mapstructure:"timeout"`
	// Concurrency is how many requests are worked on at a time; others wait for
	// their turn within their Timeout. Default half of the
	// processors, 8 at most, so that the others count what comes in.
	Concurrency int `mapstructure:"concurrency"`
	// PrincipalTimeout is how long a principal's query may run once it has a place,
	// so that those of others that wait for the place have time to run. Default 5s.
	PrincipalTimeout time.Duration `mapstructure:"principal_timeout"`
	// PrincipalShare is for which part of the time each of a principal's places may be
	// used in the long run. Default 0.25.
	PrincipalShare float64 `mapstructure:"principal_share"`
	// PrincipalBurst is for how long a principal's queries may run
	// before the share binds: a page of dashboards, of which that of 300
	// organizations over 90 days takes 2 s. Default 2s.
	PrincipalBurst time.Duration `mapstructure:"principal_burst"`
	// Length of a query in bytes. Default 65536.
	Length int `mapstructure:"max_length"`
	// Depth is how many expressions of a query may lie within each other.
	// Default 250.
	Depth int `mapstructure:"max_depth"`
	// Selectors is how often a query may read series. Default 250.
	Selectors int `mapstructure:"max_selectors"`
	// Steps is at how many instants an expression is evaluated, subqueries
	// included. Default 50000.
	Steps int `mapstructure:"max_steps"`
	// Samples is how many samples a query may hold at once. Default 5000000.
	Samples int `mapstructure:"max_samples"`
	// Memory in MiB that a query may need for series, labels that it makes,
	// samples and its answer, as far as that is foreseen. Default 128.
	Memory int `mapstructure:"max_memory_mib"`
}

// DefaultLimits are enough for the dashboards of some ten thousand
// organizations and leave room to everything else in a process of 1 GiB.
func DefaultLimits() Limits {
	return Limits{
		PrincipalTimeout: 5 * time.Second, PrincipalShare: 0.25, PrincipalBurst: 2 * time.Second,
		Timeout: 10 * time.Second, Concurrency: min(max(1, runtime.GOMAXPROCS(0)/2), 8),
		Length: 64 << 10, Depth: 250, Selectors: 250, Steps: 50_000,
		Samples: 5_000_000, Memory: 128,
	}
}

// Validate says which limits allow nothing at all.
func (l Limits) Validate() error {
	var errs []error
	if l.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("timeout: %s is no time: write it as 10s", l.Timeout))
	}
	if l.PrincipalTimeout <= 0 {
		errs = append(errs, fmt.Errorf("principal_timeout: %s is no time: write it as 5s", l.PrincipalTimeout))
	}
	if l.PrincipalBurst < 0 {
		errs = append(errs, fmt.Errorf("principal_burst: %s is before it begins: write it as 2s, or 0s for none", l.PrincipalBurst))
	}
	if !(l.PrincipalShare > 0 && l.PrincipalShare <= 1) { // NaN is not, either
		errs = append(errs, fmt.Errorf("principal_share: %v: write a part of the time, more than 0 and at most 1", l.PrincipalShare))
	}
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"concurrency", l.Concurrency}, {"max_length", l.Length}, {"max_depth", l.Depth}, {"max_selectors", l.Selectors},
		{"max_steps", l.Steps}, {"max_samples", l.Samples}, {"max_memory_mib", l.Memory},
	} {
		if limit.value <= 0 {
			errs = append(errs, fmt.Errorf("%s: %d allows no query: write 1 or more", limit.key, limit.value))
		}
	}
	return errors.Join(errs...)
}

const (
	// regexSize is how many steps the regular expressions of a query may compile
	// to beyond their length, by repetition. Matching costs steps times the length
	// of a label's value, and memory much the same.
	regexSize = 16 << 10
	// maxJoints is how many operators and brackets a query may have: the parser
	// takes a tenth of a second for them. The largest of our dashboards has 640.
	maxJoints = 5000
	// maxWork is how many points or steps of regular expressions are gone
	// through between two moments at which a query can be interrupted: a second
	// or a few.
	maxWork = 200_000_000
)

// refusal is a query that needs more than a limit allows.
func refusal(key string, limit, needs any, what, remedy string) error {
	return fmt.Errorf("query refused: %s is %v, more than the %v that query::%s allows: %s", what, needs, limit, key, remedy)
}
