// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/otelcol-usage/otelcol-usage/internal/replay"
)

// replayProgress shows how far a replay is: a bar on a terminal, elsewhere a
// line every few seconds.
type replayProgress struct {
	bar     *progressbar.ProgressBar // nil: no terminal
	line    statusLine
	started time.Time
}

// promille is what the bar counts.
const promille = 1000

func newReplayProgress(w io.Writer) *replayProgress {
	p := &replayProgress{line: statusLine{w: w}, started: time.Now()}
	if isTerminal(w) {
		p.bar = progressbar.NewOptions64(promille, progressbar.OptionSetWriter(w), progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(terminalInterval), progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(true))
	}
	return p
}

func (p *replayProgress) update(now replay.Progress) {
	text := "reading"
	if !now.Clock.IsZero() {
		text = now.Clock.Format("2006-01-02 15:04")
	}
	text += fmt.Sprintf("  %d items/s", int(float64(now.Items)/max(time.Since(p.started).Seconds(), 0.001)))
	if p.bar == nil {
		p.line.set(fmt.Sprintf("%3.0f %%  %s", 100*now.Share, text))
		return
	}
	p.bar.Describe(text)
	_ = p.bar.Set64(int64(promille * now.Share)) // progress is no result
}

func (p *replayProgress) end() {
	p.line.end()
	if p.bar != nil {
		_ = p.bar.Exit() // as above
		_, _ = fmt.Fprintln(p.line.w)
	}
}
