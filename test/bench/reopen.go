// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// reopenFlag turns a run into the process that restarts a ledger.
const reopenFlag = "reopen"

// reopened is what that process writes.
type reopened struct {
	Took    time.Duration // opening and collecting
	CPU     time.Duration // of the process until then
	Figures usage.Collection
}

// reopenElsewhere runs reopen in a process of its own: this program again.
func reopenElsewhere(ctx context.Context, config, dir string, minute time.Time) (r reopened, err error) {
	program, err := os.Executable()
	if err != nil {
		return r, err
	}
	command := exec.CommandContext(ctx, program,
		"-config="+config, "-directory="+dir, "-"+reopenFlag+"="+minute.Format(time.RFC3339))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return r, fmt.Errorf("reopen %s in a process of its own: %w", dir, err)
	}
	return r, gob.NewDecoder(bytes.NewReader(out)).Decode(&r)
}

// reopen opens the ledger of the settings' directory, collects its figures of a
// minute and writes them, with what this took.
func reopen(ctx context.Context, s settings, minute time.Time, out io.Writer) (err error) {
	start := time.Now()
	b, err := openBook(s, bookSettings{directory: s.directory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	figures, err := b.Collect(ctx, minute)
	if err != nil {
		return err
	}
	return gob.NewEncoder(out).Encode(reopened{Took: time.Since(start), CPU: cpuTime(), Figures: figures})
}
