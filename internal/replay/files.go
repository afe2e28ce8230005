// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"
)

// ahead is how many requests are decoded ahead of the one that is counted.
const ahead = 64

// readAhead decodes the lines of files in their order. The channel is closed
// when all are read, after a fatal error or when ctx ends.
func readAhead(ctx context.Context, files []string) <-chan request {
	requests := make(chan request, ahead)
	go func() {
		defer close(requests)
		var read int64
		for _, file := range files {
			for next := range decoded(file, &read) {
				select {
				case requests <- next:
				case <-ctx.Done():
					return
				}
				if next.fatal != nil {
					return
				}
			}
		}
	}()
	return requests
}

// decoded returns the requests of a file and adds their size to read.
func decoded(name string, read *int64) iter.Seq[request] {
	return func(yield func(request) bool) {
		file, err := os.Open(name)
		if err != nil {
			yield(request{fatal: err})
			return
		}
		defer func() { _ = file.Close() }() // read only: nothing is lost
		buffer := bufio.NewReaderSize(file, 1<<20)
		for number := 1; ; number++ {
			line, err := buffer.ReadBytes('\n')
			*read += int64(len(line))
			if text := bytes.TrimSpace(line); len(text) > 0 {
				next := request{file: name, line: number, read: *read}
				next.decode(text)
				if !yield(next) {
					return
				}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(request{fatal: fmt.Errorf("read %s: %w", name, err)})
				}
				return
			}
		}
	}
}

// Size returns the number of bytes of all files.
func Size(files []string) (int64, error) {
	var size int64
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, nil
}

// End returns the latest time in the last request of the files, which is where
// a recording that is in order of time ends: the whole minute after it.
// Requests from the future of now are passed over.
func End(files []string, now time.Time) (time.Time, error) {
	var end time.Time
	for _, name := range files {
		line, err := lastLine(name)
		if err != nil {
			return end, err
		}
		var r request
		if r.decode(line); r.bad != nil {
			continue
		}
		if _, last := r.span(end, now); last.After(end) {
			end = last
		}
	}
	if end.IsZero() {
		return end, errors.New("the last lines of the files hold no item with a time in the past; say where the recording ends with --until")
	}
	return end.Add(time.Minute - 1).Truncate(time.Minute), nil
}

// Begin returns where the clock of a replay begins: at the latest time in the
// first request that has one not after until.
func Begin(files []string, until time.Time) (time.Time, error) {
	var read int64
	for _, name := range files {
		for r := range decoded(name, &read) {
			if r.fatal != nil {
				return time.Time{}, r.fatal
			}
			if _, last := r.span(time.Time{}, until); !last.IsZero() {
				return last, nil
			}
		}
	}
	return until, nil
}

// lastLine returns the last line of a file that is not blank.
func lastLine(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only: nothing is lost
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	for length := int64(1 << 16); ; length *= 4 {
		length = min(length, size)
		tail := make([]byte, length)
		if _, err := file.ReadAt(tail, size-length); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		tail = bytes.TrimSpace(tail)
		if i := bytes.LastIndexByte(tail, '\n'); i >= 0 {
			return tail[i+1:], nil
		}
		if length == size {
			return tail, nil
		}
	}
}
