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
	"strings"
	"unicode"

	"github.com/tdewolff/canvas"
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
}

// New returns a Setter.
func New() *Setter {
	return &Setter{fonts: map[string]*canvas.Font{}, faces: map[faceKey]*face{}}
}

// Line is one that is set.
type Line struct {
	Width    float64
	text     *canvas.Text
	baseline float64 // below the upper edge
}

// Line sets a text; its line ends become blanks.
func (s *Setter) Line(text string, style Style) Line {
	text = plain(text)
	if text == "" {
		return Line{}
	}
	var before *face
	first := s.faceOf(&typefaces[0], style)
	rich := canvas.NewRichText(first.FontFace)
	for _, r := range text {
		before = s.face(r, style, before)
		rich.SetFace(before.FontFace)
		rich.WriteRune(r)
	}
	line := Line{text: rich.ToText(0, 0, canvas.Left, canvas.Top, nil)}
	line.text.WalkSpans(func(x, y float64, span canvas.TextSpan) {
		line.Width = math.Max(line.Width, x+span.Width)
		line.baseline = -y
	})
	return line
}

// Draw draws a line from x on, its baseline at y.
func (l Line) Draw(c *canvas.Context, x, y float64) {
	if l.text != nil {
		c.DrawText(x, y+l.baseline, l.text)
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
	for _, word := range strings.Fields(text) {
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
