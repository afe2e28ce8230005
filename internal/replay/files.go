// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// queued is how many requests are decoded before the one that is counted.
const queued = 64

// readAhead decodes the requests of files in their order. The channel is closed
// when all are read, after a fatal error or when ctx ends.
func readAhead(ctx context.Context, files []string) <-chan request {
	requests := make(chan request, queued)
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

var errEmpty = errors.New("no OTLP request in it: the file is empty")

// decoded returns the requests of a file, bad ones among them, and adds what is
// read of it to read. A file without any has one bad one that says so.
func decoded(name string, read *int64) iter.Seq[request] {
	return func(yield func(request) bool) {
		yieldBad := func(line int, err error) { yield(request{file: name, line: line, read: *read, bad: err}) }
		from, err := openSource(name, read)
		if _, isDamaged := errors.AsType[damaged](err); isDamaged {
			yieldBad(0, err)
			return
		}
		if err != nil {
			yield(request{fatal: err})
			return
		}
		defer from.close()
		if from.binary() {
			yieldBad(0, errBinary)
			return
		}
		empty := true
		for number := 1; ; number++ {
			line, err := from.line()
			for text := bytes.TrimSpace(line); len(text) > 0; empty = false {
				next := request{file: name, line: number, read: *read}
				var (
					object []byte
					keys   []string
				)
				if object, keys, text, next.bad = cutObject(text); next.bad == nil {
					next.decode(object, keys)
				}
				if !yield(next) {
					return
				}
			}
			_, isDamaged := errors.AsType[damaged](err)
			switch {
			case err == nil:
				continue
			case isDamaged:
				yieldBad(number, err)
			case !errors.Is(err, io.EOF):
				yield(request{fatal: fmt.Errorf("read %s: %w", name, err)})
			case empty:
				yieldBad(0, errEmpty)
			}
			return
		}
	}
}

// size returns the number of bytes of all files, and refuses what is none.
func size(files []string) (int64, error) {
	var size int64
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		switch {
		case info.IsDir():
			return 0, fmt.Errorf("%s is a directory; name the files in it, in the order of time", name)
		case !info.Mode().IsRegular():
			return 0, fmt.Errorf("%s is no regular file; it is read twice, so write what comes from it into one", name)
		}
		size += info.Size()
	}
	return size, nil
}
