// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !peopledebug

package people

// With the build tag peopledebug every access is checked: that a view is not
// used after what it shows may have moved, that a field is one that was
// claimed, that Change came before a store, that a node of the spill is in use.
// Without it, all of this is nothing and takes no room.
type (
	guard struct{}
	moves struct{}
	freed struct{}
)

func (guard) check()               {}
func (guard) checkStore()          {}
func (guard) checkField(int, bool) {}

func (moves) block()                           {}
func (moves) entry()                           {}
func (moves) guardBlock(*Blocks, uint32) guard { return guard{} }
func (moves) guardEntry(*Blocks, uint32) guard { return guard{} }

func (freed) take(uint32)    {}
func (freed) release(uint32) {}
func (freed) check(uint32)   {}
