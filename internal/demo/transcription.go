// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"math"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var models = []weighted{{"standard", 6}, {"enhanced", 3}, {"custom", 1}}

// accuracy is what a model reaches on average.
var accuracy = map[string]float64{"standard": 0.882, "enhanced": 0.934, "custom": 0.957}

// transcription tells the day's transcriptions, each a span that ends when the
// text is there, and the document that each is written to.
func (d *day) transcription() {
	members := d.group(member, d.members, d.index)
	if d.jobs == 0 || len(members) == 0 {
		return
	}
	size := float64(len(members)) / float64(d.members.present)
	for range d.some(d.jobs * size * d.office()) {
		// A few do most of the work.
		p := &members[int(float64(len(members))*math.Pow(d.rng.Float64(), 2.5))]
		if p.present(d.index) {
			d.transcribe(p)
		}
	}
}

func (d *day) transcribe(p *person) {
	at := d.at(d.officeHour())
	model := d.pick(models)
	minutes := math.Round(1800*math.Exp(0.8*d.rng.NormFloat64())) / 100
	reached := math.Round(1000*min(accuracy[model]+0.02*d.rng.NormFloat64(), 0.999)) / 1000
	language := Attribute{Key: "transcription.language", Text: d.pick(d.languages)}
	feature := "transcription"
	if model == "custom" {
		feature = "custom_models"
	}
	done := d.log(at, p.id, "transcription.finished", used(feature),
		Attribute{Key: "transcription.minutes", Number: minutes}, language,
		Attribute{Key: "transcription.model", Text: model},
		Attribute{Key: "transcription.accuracy", Number: reached})
	done.Signal = usage.Traces

	kind, format := "transcript", d.pick([]weighted{{"docx", 3}, {"pdf", 2}})
	if d.rng.Float64() < 0.4 {
		kind, format, feature = "caption", d.pick([]weighted{{"srt", 2}, {"vtt", 3}}), "captions"
	}
	d.log(at.Add(time.Duration(1+d.rng.IntN(90))*time.Second), p.id, "document.created", used(feature),
		Attribute{Key: "document.kind", Text: kind}, Attribute{Key: "document.format", Text: format},
		Attribute{Key: "document.length", Number: math.Round(minutes * 130)}, // words
		language)
	if p.seed%3 == 0 && d.rng.Float64() < 0.25 {
		d.log(at.Add(2*time.Minute), p.id, "translation.finished", used("translation"), language)
	}
	if p.seed%5 == 0 && d.rng.Float64() < 0.2 {
		d.log(at.Add(-time.Minute), p.id, "glossary.applied", used("glossaries"))
	}
	if p.seed%11 == 0 && d.rng.Float64() < 0.3 {
		d.log(at.Add(3*time.Minute), p.id, "api.called", used("api"))
	}
}

// used says which feature of the product an event tells of.
func used(feature string) Attribute { return Attribute{Key: "app.feature", Text: feature} }
