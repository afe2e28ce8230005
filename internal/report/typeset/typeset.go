// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package typeset sets lines of text in any of the scripts that it has fonts for,
// mixed as they come: Arabic is shaped and runs from the right, and each
// character is of the first font that has it.
//
// Lengths are in millimetres, sizes of letters in points.
package typeset

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/text"
)

// Style is how letters look.
type Style struct {
	Size   float64
	Bold   bool
	Colour color.RGBA
}

// Leading is the distance of the baselines of two lines.
func (s Style) Leading() float64 { return 1.4 * s.Size * millimetres }

const millimetres = 25.4 / 72 // of a point

// Setter has the fonts of one document. It loads those that are needed, and is
// for one user at a time.
type Setter struct {
	fonts map[string]*canvas.Font
	faces map[faceKey]*face
	lines map[lineKey]Line // the last ones: tables say the same again and again
}

type lineKey struct {
	text  string
	style Style
}

const mostLines = 4096

// New returns a Setter.
func New() *Setter {
	return &Setter{fonts: map[string]*canvas.Font{}, faces: map[faceKey]*face{}, lines: map[lineKey]Line{}}
}

// Line is one that is set.
type Line struct {
	Text  string
	Width float64
	runs  []run // from the left
}

// run is a part of a line that is of one face and direction.
type run struct {
	text  string
	face  *face
	level int // odd: from the right
	x     float64
}

// Line sets a text; its line ends become blanks.
func (s *Setter) Line(text string, style Style) Line {
	text = plain(text)
	key := lineKey{text, style}
	line, ok := s.lines[key]
	if !ok {
		if len(s.lines) == mostLines {
			clear(s.lines)
		}
		line = Line{Text: text, runs: s.runs(text, style)}
		for i := range line.runs {
			r := &line.runs[i]
			r.x = line.Width
			line.Width += r.face.width(r.text)
		}
		s.lines[key] = line
	}
	return line
}

// runs returns the parts of a text as they stand from the left.
func (s *Setter) runs(line string, style Style) []run {
	var runs []run
	characters := []rune(line)
	levels := make([]int, len(characters))
	if strings.IndexFunc(line, involved) >= 0 {
		levels = text.EmbeddingLevels(characters)
	}
	from := 0
	var before *face
	for i, r := range characters {
		f := s.face(r, style, levels[i]%2 == 1, before)
		if i > 0 && (f != before || levels[i] != levels[i-1]) {
			runs = append(runs, run{text: string(characters[from:i]), face: before, level: levels[i-1]})
			from = i
		}
		before = f
	}
	if before != nil {
		runs = append(runs, run{text: string(characters[from:]), face: before, level: levels[len(levels)-1]})
	}
	reorder(runs)
	return runs
}

// width returns that of a text. Simple characters stand side by side, but for a
// hair that some pairs are closer, and need no shaping: tables have a hundred
// thousand cells.
func (f *face) width(line string) float64 {
	if strings.IndexFunc(line, involved) >= 0 {
		return f.TextWidth(line)
	}
	width := 0.0
	for _, r := range line {
		advance, ok := f.advances[r]
		if !ok {
			advance = f.TextWidth(string(r))
			f.advances[r] = advance
		}
		width += advance
	}
	return width
}

// involved reports whether a character may join others, or run from the right: all
// but European letters, their punctuation and signs of currencies.
func involved(r rune) bool {
	letter := r < 0x300 || 0x370 <= r && r < 0x483 || 0x48a <= r && r < 0x590
	sign := 0x2010 <= r && r <= 0x2027 || r == 0x202f || 0x20a0 <= r && r <= 0x20cf
	return !letter && !sign
}

// reorder brings runs from the order of reading to that from the left: rule L2 of
// Unicode's bidirectional algorithm.
func reorder(runs []run) {
	highest := 0
	for _, r := range runs {
		highest = max(highest, r.level)
	}
	for level := highest; level > 0; level-- {
		for i := 0; i < len(runs); i++ {
			end := i
			for end < len(runs) && runs[end].level >= level {
				end++
			}
			slices.Reverse(runs[i:end])
			i = max(i, end)
		}
	}
}

// Draw draws a line from x on, its baseline at y.
func (l Line) Draw(c *canvas.Context, x, y float64) {
	for _, r := range l.runs {
		c.DrawText(x+r.x, y, canvas.NewTextLine(r.face.FontFace, r.text, canvas.Left))
	}
}

// Fit sets a text, which is shortened where it is wider than that.
func (s *Setter) Fit(text string, style Style, width float64) Line {
	line := s.Line(text, style)
	if line.Width <= width {
		return line
	}
	_, kept := s.longest([]rune(plain(text)), style, width, "…")
	return kept
}

// longest returns how many characters of a text fit into a width together with an
// end, and the line of them; at least one.
func (s *Setter) longest(text []rune, style Style, width float64, end string) (int, Line) {
	low, high := 1, max(len(text), 1)
	for low < high {
		middle := (low + high + 1) / 2
		if s.Line(string(text[:middle])+end, style).Width <= width {
			low = middle
		} else {
			high = middle - 1
		}
	}
	for low > 1 && low < len(text) && unicode.In(text[low], unicode.M, unicode.Cf) {
		low-- // what belongs together
	}
	return low, s.Line(strings.TrimRightFunc(string(text[:min(low, len(text))]), unicode.IsSpace)+end, style)
}

// Wrap sets a text in lines of a width, and shortens it where it has more than
// that many.
func (s *Setter) Wrap(text string, style Style, width float64, most int) []Line {
	var lines []Line
	for rest := strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd")); rest != ""; {
		if len(lines) == most-1 {
			return append(lines, s.Fit(rest, style, width))
		}
		paragraph, _, _ := strings.Cut(rest, "\n")
		n := s.fitting([]rune(paragraph), style, width)
		line := string([]rune(paragraph)[:n])
		lines = append(lines, s.Line(strings.TrimSpace(line), style))
		rest = strings.TrimSpace(rest[len(line):])
	}
	return lines
}

// fitting returns how many characters of a text are of its first line: up to the
// last blank that fits, or within a word that is longer than the line.
func (s *Setter) fitting(text []rune, style Style, width float64) int {
	if s.Line(string(text), style).Width <= width {
		return len(text)
	}
	n, _ := s.longest(text, style, width, "")
	if n < len(text) && unicode.IsSpace(text[n]) {
		return n
	}
	for i := n - 1; i > 0; i-- {
		if unicode.IsSpace(text[i]) || text[i] == '-' || text[i] == '/' {
			return i + 1
		}
	}
	return n
}

// Word returns the width of the widest word of a text.
func (s *Setter) Word(text string, style Style) float64 {
	widest := 0.0
	for word := range strings.FieldsSeq(text) {
		widest = math.Max(widest, s.Line(word, style).Width)
	}
	return widest
}

// plain makes one line of a text: what ends lines and steers devices, and what
// stands for an object, becomes a blank.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		default:
			return r
		}
	}, strings.TrimRight(text, "\r\n"))
}
