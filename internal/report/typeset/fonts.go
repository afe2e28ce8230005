// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package typeset

import (
	"embed"
	"unicode"

	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/text"
)

//go:embed fonts/*.ttf
var files embed.FS

// typeface is a font of some scripts. A font without a bold one is bold by a
// stroke around its glyphs.
type typeface struct {
	regular, bold string
	scripts       []*unicode.RangeTable
	wide          bool // its blanks are not for words
}

// typefaces in the order in which they are asked for a character. The first has
// what no script claims, and the last what it lacks of that.
var typefaces = []typeface{
	{regular: "NotoSans-Regular", bold: "NotoSans-Bold", scripts: []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic}},
	{regular: "NotoSansArabic-Regular", bold: "NotoSansArabic-Bold", scripts: []*unicode.RangeTable{unicode.Arabic}},
	{regular: "NotoSansHebrew-Regular", scripts: []*unicode.RangeTable{unicode.Hebrew}},
	{regular: "NotoSansDevanagari-Regular", scripts: []*unicode.RangeTable{unicode.Devanagari}},
	{regular: "NotoSansBengali-Regular", scripts: []*unicode.RangeTable{unicode.Bengali}},
	{regular: "NotoSansTamil-Regular", scripts: []*unicode.RangeTable{unicode.Tamil}},
	{regular: "NotoSansThai-Regular", scripts: []*unicode.RangeTable{unicode.Thai}},
	{regular: "NotoSansGeorgian-Regular", scripts: []*unicode.RangeTable{unicode.Georgian}},
	{regular: "NotoSansArmenian-Regular", scripts: []*unicode.RangeTable{unicode.Armenian}},
	{regular: "NotoEmoji-Regular", scripts: []*unicode.RangeTable{pictures}, wide: true},
	{regular: "DroidSansFallback", scripts: []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}},
}

// pictures are the blocks of symbols that most emoji are in.
var pictures = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2600, Hi: 0x27bf, Stride: 1}, {Lo: 0x2b00, Hi: 0x2bff, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x1f000, Hi: 0x1faff, Stride: 1}},
}

// font returns one of a typeface. What is in the binary and does not load is a
// fault of the build, which a test finds.
func (s *Setter) font(t *typeface, bold bool) (font *canvas.Font, stroked bool) {
	name, style := t.regular, canvas.FontRegular
	if bold && t.bold != "" {
		name, style = t.bold, canvas.FontBold
	}
	font, loaded := s.fonts[name]
	if !loaded {
		data, err := files.ReadFile("fonts/" + name + ".ttf")
		if err != nil {
			panic(err)
		}
		if font, err = canvas.LoadFont(data, 0, style); err != nil {
			panic(err)
		}
		if t == &typefaces[0] {
			font.SetFeatures("liga=0") // a letter that stands for two is not found in a PDF
		}
		s.fonts[name] = font
	}
	return font, bold && t.bold == ""
}

// face returns what a character is set in, after another one.
func (s *Setter) face(r rune, style Style, leftwards bool, before *face) *face {
	if before != nil && before.leftwards == leftwards {
		if unicode.In(r, unicode.Cf, unicode.M) || !before.wide && joins(r) && before.has(r) {
			return before
		}
	}
	for i := range typefaces {
		if unicode.In(r, typefaces[i].scripts...) {
			if f := s.faceOf(&typefaces[i], style, leftwards); f.has(r) {
				return f
			}
		}
	}
	first := s.faceOf(&typefaces[0], style, leftwards)
	if first.has(r) {
		return first
	}
	if last := s.faceOf(&typefaces[len(typefaces)-1], style, leftwards); last.has(r) {
		return last
	}
	return first
}

// joins reports whether a character is of no script, and best looks like that
// before it.
func joins(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

type faceKey struct {
	typeface  *typeface
	style     Style
	leftwards bool
}

type face struct {
	*canvas.FontFace
	leftwards bool
	wide      bool
	advances  map[rune]float64
}

func (f *face) has(r rune) bool { return f.Font.GlyphIndex(r) != 0 }

func (s *Setter) faceOf(t *typeface, style Style, leftwards bool) *face {
	key := faceKey{t, style, leftwards}
	if f, ok := s.faces[key]; ok {
		return f
	}
	font, stroked := s.font(t, style.Bold)
	f := &face{font.Face(style.Size, style.Colour), leftwards, t.wide, map[rune]float64{}}
	f.Direction = text.LeftToRight
	if leftwards {
		f.Direction = text.RightToLeft
	}
	if stroked {
		f.FauxBold = f.Size * 0.01
	}
	s.faces[key] = f
	return f
}
