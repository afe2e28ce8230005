// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// peerFigures are what the peers' program prints, ns a record.
type peerFigures struct {
	Records           int     `json:"records"`
	Decode            float64 `json:"decode"`
	Count             float64 `json:"countconnector"`
	CountToCumulative float64 `json:"countconnector_deltatocumulative"`
}

// peersFunc measures the peers with the requests of a file.
type peersFunc func(ctx context.Context, file string) (peerFigures, error)

// peersModule runs the program of a module.
func peersModule(directory string) peersFunc {
	return func(ctx context.Context, file string) (p peerFigures, err error) {
		if file, err = filepath.Abs(file); err != nil {
			return p, err
		}
		command := exec.CommandContext(ctx, "go", "run", "-C", directory, ".", file)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			return p, fmt.Errorf("peers in %s: %w; with -peers '' they are left out", directory, err)
		}
		return p, json.Unmarshal(out, &p)
	}
}

// keep appends requests to the file that the peers are given.
func (b *bench) keep(requests [][]byte) (err error) {
	if b.peers == nil {
		return nil
	}
	f, err := os.OpenFile(b.sampleFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	for _, r := range requests {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(r)))
		_, _ = w.Write(length[:]) // Flush returns the first error
		_, _ = w.Write(r)
	}
	return w.Flush()
}

func (b *bench) sampleFile() string { return filepath.Join(b.directory, "requests") }

// comparison sets what the processor adds, in times of decoding, beside what
// the peers add.
func (b *bench) comparison(ctx context.Context, added spread) error {
	if b.peers == nil {
		b.say("  the peers are left out")
		return nil
	}
	b.say("  peers")
	p, err := b.peers(ctx, b.sampleFile())
	if err != nil {
		return err
	}
	t := b.report.section("Peers", "CPU a record", "median", "x decoding")
	t.line("decode (pdata)", nanoseconds(p.Decode), ratio(1))
	t.line("countconnector{organization,user}", nanoseconds(p.Count), ratio(p.Count/p.Decode))
	t.line("countconnector{organization,user} -> deltatocumulative", nanoseconds(p.CountToCumulative), ratio(p.CountToCumulative/p.Decode))
	t.note("The %d records of the first uniform round, in a process of their own; rounds after one that makes the streams. What is compared is times of each process's own decoding.", p.Records)
	var times spread
	for _, ours := range added {
		times = append(times, p.CountToCumulative/p.Decode/max(ours, 1e-9))
	}
	b.report.measured(peersAdded, times)
	return nil
}
