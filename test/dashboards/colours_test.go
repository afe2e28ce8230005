// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"fmt"
	"image/color"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Grafana's backgrounds of a panel, light and dark.
var backgrounds = []string{"#ffffff", "#181b1f"}

const (
	// apart is how far colours that stand for different things lie from each
	// other by CIEDE2000. Two patches side by side differ from about 2 on; lines
	// and words lie apart.
	apart = 12
	// contrast is that of WCAG 2 for graphics and large texts.
	contrast = 3
)

// visions are matrices of Machado, Oliveira and Fernandes (2009) on linear RGB.
var visions = map[string][3][3]float64{
	"all":          {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

var anyColour = regexp.MustCompile(`"(#[0-9a-fA-F]{6})"`)

// TestColoursOfAPanelDiffer: for each kind of colour vision, on both backgrounds.
func TestColoursOfAPanelDiffer(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			text, err := json.Marshal(p.FieldConfig)
			require.NoError(t, err)
			unique := map[string]bool{}
			for _, m := range anyColour.FindAllStringSubmatch(string(text), -1) {
				unique[m[1]] = true
			}
			require.NotEmpty(t, unique, "%s: %s", uid, p.Title)
			colours := slices.Sorted(maps.Keys(unique))
			for i, one := range colours {
				for _, background := range backgrounds {
					require.GreaterOrEqual(t, contrastOf(t, one, background), float64(contrast), "%s: %s: %s on %s", uid, p.Title, one, background)
				}
				for _, other := range colours[:i] {
					for vision, matrix := range visions {
						require.GreaterOrEqual(t, difference(seen(t, one, matrix), seen(t, other, matrix)), float64(apart),
							"%s: %s: %s and %s with %s", uid, p.Title, one, other, vision)
					}
				}
			}
		}
	}
}

// TestWhatStandsForDifferentThingsHasItsOwnColour: lines whose names are known,
// states, and values that a text stands for.
func TestWhatStandsForDifferentThingsHasItsOwnColour(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			name := uid + ": " + p.Title
			own := map[string]string{} // colour of a name
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					var of struct{ FixedColor string }
					if property.ID == "color" {
						require.NoError(t, json.Unmarshal(property.Value, &of), name)
						own[fmt.Sprint(o.Matcher.Options)] = of.FixedColor
					}
					if property.ID == "mappings" {
						distinct(t, name, property.Value)
					}
				}
			}
			mappings, err := json.Marshal(p.FieldConfig.Defaults.Mappings)
			require.NoError(t, err)
			distinct(t, name, mappings)
			if p.Type != "timeseries" {
				continue
			}
			taken := map[string]string{}
			for line, of := range own {
				require.Empty(t, taken[of], "%s: %s has the colour of %s", name, taken[of], line)
				taken[of] = line
			}
			require.Contains(t, []string{"fixed", "palette-classic-by-name"}, mode(t, p), name)
			for _, q := range p.Targets {
				for _, line := range linesOf(t, q.LegendFormat) {
					require.Contains(t, own, line, "%s: %s has no colour of its own", name, line)
				}
			}
		}
	}
}

func mode(t *testing.T, p *panel) string {
	t.Helper()
	var of struct{ Mode string }
	require.NoError(t, json.Unmarshal(p.FieldConfig.Defaults.Color, &of))
	return of.Mode
}

// linesOf are the lines of a query whose names are known: by a legend without
// labels, or with those of which all values are.
func linesOf(t *testing.T, legend string) (names []string) {
	t.Helper()
	for label, values := range map[string][]string{"{{class}}": classes(t), "{{outcome}}": outcomes(t)} {
		for _, value := range values {
			if strings.Contains(legend, label) {
				names = append(names, strings.ReplaceAll(legend, label, value))
			}
		}
	}
	if !strings.Contains(legend, "{{") {
		names = append(names, legend)
	}
	return names
}

// distinct holds that no two texts of a mapping have one colour.
func distinct(t *testing.T, name string, mappings json.RawMessage) {
	t.Helper()
	var all []struct {
		Type    string
		Options map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(mappings, &all))
	taken := map[string]string{}
	for _, m := range all {
		for value, text := range m.Options {
			var shown struct{ Text, Color string }
			if m.Type != "value" || json.Unmarshal(text, &shown) != nil || shown.Color == "" || value == "-Infinity" {
				continue
			}
			require.Empty(t, taken[shown.Color], "%s: %s has the colour of %s", name, shown.Text, taken[shown.Color])
			taken[shown.Color] = shown.Text
		}
	}
}

// linear is a colour's linear RGB, from 0 to 1.
func linear(t *testing.T, text string) (rgb [3]float64) {
	t.Helper()
	var c color.RGBA
	_, err := fmt.Sscanf(text, "#%02x%02x%02x", &c.R, &c.G, &c.B)
	require.NoError(t, err, text)
	for i, v := range []uint8{c.R, c.G, c.B} {
		if s := float64(v) / 255; s <= 0.04045 {
			rgb[i] = s / 12.92
		} else {
			rgb[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return rgb
}

func times(m [3][3]float64, v [3]float64) (product [3]float64) {
	for i, row := range m {
		product[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return product
}

// toXYZ is of sRGB's primaries at D65.
var toXYZ = [3][3]float64{{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}

func contrastOf(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := times(toXYZ, linear(t, a))[1]+0.05, times(toXYZ, linear(t, b))[1]+0.05
	return max(la, lb) / min(la, lb)
}

// seen is a colour in CIELAB as a kind of colour vision sees it.
func seen(t *testing.T, text string, vision [3][3]float64) [3]float64 {
	t.Helper()
	rgb := times(vision, linear(t, text))
	for i := range rgb {
		rgb[i] = min(1, max(0, rgb[i]))
	}
	xyz := times(toXYZ, rgb)
	for i, white := range []float64{0.95047, 1, 1.08883} {
		if xyz[i] /= white; xyz[i] > 216./24389 {
			xyz[i] = math.Cbrt(xyz[i])
		} else {
			xyz[i] = (24389./27*xyz[i] + 16) / 116
		}
	}
	return [3]float64{116*xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])}
}

// difference is CIEDE2000 of two colours in CIELAB.
func difference(a, b [3]float64) float64 {
	const degree = math.Pi / 180
	seventh := func(c float64) float64 { c = math.Pow(c, 7); return math.Sqrt(c / (c + math.Pow(25, 7))) }
	g := 1 + 0.5*(1-seventh((math.Hypot(a[1], a[2])+math.Hypot(b[1], b[2]))/2))
	polar := func(c [3]float64) (chroma, hue float64) {
		if chroma = math.Hypot(g*c[1], c[2]); chroma > 0 {
			hue = math.Mod(math.Atan2(c[2], g*c[1])/degree+360, 360)
		}
		return chroma, hue
	}
	c1, h1 := polar(a)
	c2, h2 := polar(b)
	turn, hue := h2-h1, h1+h2
	switch {
	case c1*c2 == 0:
		turn = 0
	case math.Abs(turn) <= 180:
		hue /= 2
	case hue < 360:
		turn, hue = turn-math.Copysign(360, turn), hue/2+180
	default:
		turn, hue = turn-math.Copysign(360, turn), hue/2-180
	}
	l, c := (a[0]+b[0])/2, (c1+c2)/2
	cos := func(factor, offset float64) float64 { return math.Cos((factor*hue + offset) * degree) }
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc := 1 + 0.045*c
	sh := 1 + 0.015*c*(1-0.17*cos(1, -30)+0.24*cos(2, 0)+0.32*cos(3, 6)-0.20*cos(4, -63))
	rt := -2 * seventh(c) * math.Sin(60*degree*math.Exp(-(hue-275)*(hue-275)/(25*25)))
	dl, dc, dh := (b[0]-a[0])/sl, (c2-c1)/sc, 2*math.Sqrt(c1*c2)*math.Sin(turn/2*degree)/sh
	return math.Sqrt(dl*dl + dc*dc + dh*dh + rt*dc*dh)
}

// TestDifferenceIsCIEDE2000 by pairs of Sharma, Wu and Dalal (2005).
func TestDifferenceIsCIEDE2000(t *testing.T) {
	for _, pair := range []struct {
		a, b [3]float64
		want float64
	}{
		{[3]float64{50, 2.6772, -79.7751}, [3]float64{50, 0, -82.7485}, 2.0425},
		{[3]float64{50, 2.5, 0}, [3]float64{50, 0, -2.5}, 4.3065},
		{[3]float64{50, 2.5, 0}, [3]float64{73, 25, -18}, 27.1492},
		{[3]float64{50, -0.001, 2.49}, [3]float64{50, 0.0011, -2.49}, 4.7461},
		{[3]float64{2.0776, 0.0795, -1.135}, [3]float64{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		require.InDelta(t, pair.want, difference(pair.a, pair.b), 0.0001)
	}
}
