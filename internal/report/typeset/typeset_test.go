// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package typeset

import (
	"bytes"
	"image/color"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers/pdf"
)

var black = Style{Size: 9, Colour: color.RGBA{A: 255}}

func TestEveryFontLoads(t *testing.T) {
	s := New()
	for i := range typefaces {
		for _, bold := range []bool{false, true} {
			font, stroked := s.font(&typefaces[i], bold)
			require.NotNil(t, font)
			require.Equal(t, bold && typefaces[i].bold == "", stroked)
		}
	}
}

// missing returns the characters of a line that no font has.
func missing(l Line) string {
	var b strings.Builder
	for _, r := range l.runs {
		for _, g := range r.face.Glyphs(r.text) {
			if g.ID == 0 {
				b.WriteRune(g.Text)
			}
		}
	}
	return b.String()
}

func TestNamesOfAnyScriptHaveLetters(t *testing.T) {
	s := New()
	for _, name := range []string{
		"Zoë O’Neill – 25\u202f% …", "Ελένη", "Юлия Щербакова", "شركة النور للتجارة", "نور (Nour) 12", "חברת אור", "北京大学 123", "東京ガス「株」", "ひらがなカタカナー", "한국어 회사",
		"हिन्दी संस्था", "বাংলা", "தமிழ்", "บริษัทไทย", "ქართული", "Հայերեն", "Team 🚀 😀 ✅ 👩‍🚀", "Ａ＝１", "Nguyễn Thị Ánh", "€ £ ¥ ₹ ₿",
	} {
		for _, style := range []Style{black, {Size: 9, Bold: true}} {
			line := s.Line(name, style)
			require.Empty(t, missing(line), name)
			require.Positive(t, line.Width, name)
		}
	}
}

// shown returns the glyphs of a line from the left, and what they stand for.
func shown(l Line) (glyphs []uint16, text string) {
	var letters []rune
	for _, r := range l.runs {
		for _, g := range r.face.Glyphs(r.text) {
			glyphs = append(glyphs, g.ID)
			letters = append(letters, g.Text)
		}
	}
	return glyphs, string(letters)
}

func TestArabicIsShapedAndRunsFromTheRight(t *testing.T) {
	s := New()
	for text, want := range map[string]string{
		"نور":                "رون",
		"شركة النور 35 GmbH": "GmbH 35 رونلا ةكرش",
		"Nour (نور) 12":      "Nour (رون) 12",
		"אור ישראל":          "לארשי רוא",
		"Zoë 北京":             "Zoë 北京",
	} {
		_, letters := shown(s.Line(text, black))
		require.Equal(t, want, letters)
	}
	joined, _ := shown(s.Line("نور", black))
	var alone []uint16
	for _, letter := range []string{"ر", "و", "ن"} {
		glyphs, _ := shown(s.Line(letter, black))
		alone = append(alone, glyphs...)
	}
	require.NotEqual(t, alone, joined, "letters join")
}

// together returns the text of lines without its blanks.
func together(t *testing.T, lines []Line, width float64) string {
	t.Helper()
	var all strings.Builder
	for _, l := range lines {
		require.LessOrEqual(t, l.Width, width)
		all.WriteString(l.Text)
	}
	return strings.Join(strings.Fields(all.String()), "")
}

func TestLongTextsAreWrappedOrShortened(t *testing.T) {
	s := New()
	const width = 30.0
	for _, text := range []string{
		"A sentence of many words that does not fit into a line", strings.Repeat("x", 200), strings.Repeat("北京", 40), strings.Repeat("شركة النور ", 20), "a\nb\r\nc", "x", "invalid \xff\n\nbytes of UTF-8",
	} {
		words := strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), "")
		require.Equal(t, words, together(t, s.Wrap(text, black, width, 1000), width), "nothing is lost")
		few := s.Wrap(text, black, width, 2)
		require.LessOrEqual(t, len(few), 2)
		if shown := together(t, few, width); !strings.HasSuffix(shown, "…") {
			require.Equal(t, words, shown)
		}
		short := s.Fit(text, black, width)
		require.LessOrEqual(t, short.Width, width, text)
	}
	require.Empty(t, s.Wrap(" \n", black, width, 3))
	require.Equal(t, "A ", s.Fit("A\n", black, width).Text+" ")
}

// What no document needs is not in it.
func TestFontsAreSubset(t *testing.T) {
	var b bytes.Buffer
	document := pdf.New(&b, 100, 100, nil)
	s := New()
	s.Line("北京大学 نور Zoë", black).Draw(canvas.NewContext(document), 10, 50)
	require.NoError(t, document.Close())
	require.Less(t, b.Len(), 40_000)
}

// Simple texts are measured letter by letter, which is what shaping them gives,
// but for pairs that are set closer.
func TestWhatIsNotShapedIsAsWide(t *testing.T) {
	s := New()
	for _, text := range []string{"1,234,567.89 EUR", "12.5\u202f%", "31 Oct 2026 14:05", "Zoë O’Neill – “x”", "Юлия Щербакова", "Ελένη", "–"} {
		line := s.Line(text, black)
		require.Len(t, line.runs, 1, text)
		require.InDelta(t, line.runs[0].face.TextWidth(text), line.Width, 0.5, text)
	}
}
