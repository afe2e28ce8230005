// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package sheet writes tables that people open in a spreadsheet. It is the only
// writer of CSV: what senders wrote into names and attributes gets into tables,
// and a text that begins with = is a program to a spreadsheet.
//
// So cells have a type. A number is written as it is; a text that a spreadsheet
// would calculate is guarded by an apostrophe.
package sheet

import (
	"encoding/csv"
	"io"
	"regexp"
	"time"
)

// Cell is a value of one type. The zero Cell is empty.
type Cell struct{ written string }

// Text is a cell that is to be read as it is.
func Text(text string) Cell { return Cell{guarded(text)} }

// number is how decimal numbers are written in JSON and in Go.
var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// Number is a cell of a decimal number; what is none is a text.
func Number(decimal string) Cell {
	if !number.MatchString(decimal) {
		return Text(decimal)
	}
	return Cell{decimal}
}

// Time is a cell of an instant, in RFC 3339.
func Time(at time.Time) Cell { return Cell{at.Format(time.RFC3339)} }

// CSV writes rows by RFC 4180, in UTF-8, with lines that end in LF alone.
type CSV struct {
	out *csv.Writer
	row []string
}

// NewCSV makes a CSV, with a first row of names.
func NewCSV(w io.Writer, names ...string) *CSV {
	c := &CSV{out: csv.NewWriter(w)}
	for _, name := range names {
		c.row = append(c.row, Text(name).written)
	}
	c.write()
	return c
}

// Row writes a row.
func (c *CSV) Row(cells ...Cell) {
	for _, cell := range cells {
		c.row = append(c.row, cell.written)
	}
	c.write()
}

func (c *CSV) write() {
	_ = c.out.Write(c.row) // Close returns it
	c.row = c.row[:0]
}

// Err returns the first error of what was written so far, as far as it is known:
// rows are buffered.
func (c *CSV) Err() error { return c.out.Error() }

// Close writes what is buffered, and returns the first error of all that was
// written. It leaves the writer below open.
func (c *CSV) Close() error {
	c.out.Flush()
	return c.out.Error()
}
