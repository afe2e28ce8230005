// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// statusLine shows what a command is doing: on a terminal as one line that is
// written over, elsewhere as a line every few seconds.
type statusLine struct {
	w     io.Writer
	shown time.Time
	text  string // not shown yet
	wrote bool
}

// Intervals between two lines.
const (
	terminalInterval = 100 * time.Millisecond
	logInterval      = 5 * time.Second
)

func (s *statusLine) set(text string) {
	s.text = text
	interval := logInterval
	if isTerminal(s.w) {
		interval = terminalInterval
	}
	if time.Since(s.shown) >= interval {
		s.show()
	}
}

func (s *statusLine) show() {
	before, after := "", "\n"
	if isTerminal(s.w) {
		before, after = "\r\x1b[K", ""
	}
	_, _ = fmt.Fprint(s.w, before, s.text, after) // progress is no result
	s.shown, s.text, s.wrote = time.Now(), "", true
}

// say writes a line that stays.
func (s *statusLine) say(text string) {
	s.end()
	_, _ = fmt.Fprintln(s.w, text) // as show
	s.wrote = false
}

// end shows what is not shown yet and leaves the line.
func (s *statusLine) end() {
	if s.text != "" {
		s.show()
	}
	if s.wrote && isTerminal(s.w) {
		_, _ = fmt.Fprintln(s.w) // as above
	}
}

func isTerminal(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
