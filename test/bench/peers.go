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

// comparison sets what the processor adds beside what the peers add.
func (b *bench) comparison(ctx context.Context) error {
	if b.peers == nil {
		b.say("\nthe peers are left out")
		return nil
	}
	p, err := b.peers(ctx, b.sampleFile())
	if err != nil {
		return err
	}
	b.say("\npeers on the %d records of the first round, medians of rounds after one that makes the streams", p.Records)
	b.say("  %-45s %7.0f ns", "decode (pdata)", p.Decode)
	b.say("  %-45s %7.0f ns  %.2fx decode", "countconnector{organization,user}", p.Count, p.Count/p.Decode)
	b.say("  %-45s %7.0f ns  %.2fx decode", "countconnector{organization,user} -> deltatocumulative", p.CountToCumulative, p.CountToCumulative/p.Decode)
	times := p.CountToCumulative / p.Decode / b.added
	b.table.add(row{
		what:     "countconnector -> deltatocumulative / CPU added",
		measured: fmt.Sprintf("%.1fx", times), goal: ">= 3x", going: "10x", met: times >= 3,
		note: "a ratio of ratios, since the peers run in a process of their own: %.2fx of their decoding beside %.2fx of ours",
		args: []any{p.CountToCumulative / p.Decode, b.added},
	})
	return nil
}
