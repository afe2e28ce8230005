// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// errandFlag turns a run into a process that does one errand.
const errandFlag = "errand"

// errand is what a process of its own does to one ledger, so that nothing else
// is in its memory.
type errand struct {
	Grow   *grow   // make a ledger of many users
	Reopen *reopen // or open one that is there
	Config string
	Say    bool // tell on standard error how far it has come
}

// elsewhere runs this program again for an errand and reads what came of it.
func elsewhere[Result any](ctx context.Context, e errand) (r Result, err error) {
	program, err := os.Executable()
	if err != nil {
		return r, err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return r, err
	}
	command := exec.CommandContext(ctx, program, "-"+errandFlag+"="+string(text))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return r, fmt.Errorf("in a process of its own: %w", err)
	}
	return r, gob.NewDecoder(bytes.NewReader(out)).Decode(&r)
}

// runErrand does an errand and writes its result.
func runErrand(ctx context.Context, text string, out io.Writer) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return fmt.Errorf("-%s: %w", errandFlag, err)
	}
	b := bench{began: time.Now()}
	b.progress = io.Discard
	if e.Say {
		b.progress = os.Stderr
	}
	var result any
	var err error
	switch {
	case e.Grow != nil:
		result, err = e.Grow.run(ctx, e.Config, b.say)
	case e.Reopen != nil:
		result, err = e.Reopen.run(ctx, e.Config)
	default:
		err = errors.New("-" + errandFlag + ": neither Grow nor Reopen")
	}
	if err != nil {
		return err
	}
	return gob.NewEncoder(out).Encode(result)
}

// grow makes a ledger of many users in an empty directory.
type grow struct {
	Directory            string
	Organizations, Users int
	Meter                string // the only one; "": all
	Requests             int    // after every user has come
}

// grown is what it is then like.
type grown struct {
	Heap, OffHeap float64 // live bytes more than the empty ledger has
	RSS, Peak     uint64  // bytes, after the requests
	Minute        time.Time
	Figures       usage.Collection // of the minute
}

func (g *grow) run(ctx context.Context, config string, say func(string, ...any)) (out grown, err error) {
	p, err := openPipeline(config, pipelineSettings{directory: g.Directory, meter: g.Meter})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	before, err := liveMemory()
	if err != nil {
		return out, err
	}
	who := greetings
	if g.Meter != "" {
		who = []act{{write: (*traffic).learner}}
	}
	t := newTraffic(evenly(g.Organizations, g.Users))
	if err := errors.Join(t.everyone(ctx, who, p, say), p.list(ctx, t)); err != nil {
		return out, err
	}
	for range g.Requests {
		ld := t.request()
		if err := p.take(ctx, t.now, ld); err != nil {
			return out, err
		}
	}
	out.Minute = nextMinute(t.now)
	if out.Figures, err = p.Collect(ctx, out.Minute); err != nil {
		return out, err
	}
	rss, err := residentMemory()
	if err != nil {
		return out, err
	}
	p.batch, t = usage.Batch{}, nil
	after, err := liveMemory()
	out.RSS, out.Peak = rss.all, rss.peak
	out.Heap, out.OffHeap = float64(after.heap)-float64(before.heap), float64(after.offHeap)-float64(before.offHeap)
	return out, err
}

func nextMinute(t time.Time) time.Time { return t.Truncate(time.Minute).Add(time.Minute) }

// reopen opens a ledger and collects its figures of a minute. Paced is how long
// it then takes requests, with checkpoints.
type reopen struct {
	Directory            string
	Meter                string // the only one; "": all
	Minute               time.Time
	Live                 bool // measure live bytes
	Organizations, Users int
	Paced                time.Duration
	FoldBytes            int64
}

// reopened is what came of it.
type reopened struct {
	Took    time.Duration // opening and collecting
	CPU     time.Duration // of the process until then
	RSS     uint64        // bytes, then
	Heap    float64       // live bytes, of the process
	OffHeap float64
	Figures usage.Collection
	Waits   []time.Duration // of the requests, sorted
}

func (r *reopen) run(ctx context.Context, config string) (out reopened, err error) {
	start := time.Now()
	p, err := openPipeline(config, pipelineSettings{directory: r.Directory, meter: r.Meter, foldBytes: r.FoldBytes})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if out.Figures, err = p.Collect(ctx, r.Minute); err != nil {
		return out, err
	}
	out.Took, out.CPU = time.Since(start), cpuTime()
	if rss, err := residentMemory(); err == nil { // else it stays 0, and the row that wants it has failed before
		out.RSS = rss.all
	}
	if r.Live {
		after, err := liveMemory()
		if err != nil {
			return out, err
		}
		out.Heap, out.OffHeap = float64(after.heap), float64(after.offHeap)
	}
	if r.Paced == 0 {
		return out, nil
	}
	t := newTraffic(evenly(r.Organizations, r.Users))
	t.now, t.uids = r.Minute, 1<<40
	requests, err := newPool(t, pooled)
	if err != nil {
		return out, err
	}
	pace, err := steady(ctx, p, requests, r.Paced/10)
	if err != nil {
		return out, err
	}
	out.Waits, err = paced(ctx, p, requests, pace, r.Paced)
	return out, err
}
