// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// source is a file of lines, decompressed if need be.
type source struct {
	*bufio.Reader
	compressed bool
	close      func()
}

// counter counts what is read of a file.
type counter struct {
	io.Reader
	read *int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.read += int64(n)
	return n, err
}

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	byteOrder = []byte{0xef, 0xbb, 0xbf} // the mark before UTF-8
)

// openSource opens a file, told by its first bytes whatever its name, and adds
// what is read of it to read.
func openSource(name string, read *int64) (_ *source, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s := &source{close: func() { _ = file.Close() }} // read only: nothing is lost
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.Reader = bufio.NewReaderSize(counter{file, read}, 1<<20)
	magic, err := s.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err // says which file
	}
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		unzipped, err := gzip.NewReader(s.Reader)
		if err != nil {
			return nil, damaged{fmt.Errorf("no whole gzip file: %w", err)}
		}
		s.Reader, s.compressed = bufio.NewReaderSize(unzipped, 1<<20), true
	case bytes.HasPrefix(magic, zstdMagic):
		decoder, err := zstd.NewReader(s.Reader, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, damaged{fmt.Errorf("no whole zstd file: %w", err)}
		}
		s.Reader, s.compressed = bufio.NewReaderSize(decoder, 1<<20), true
		s.close = func() { decoder.Close(); _ = file.Close() } // as above
	}
	if mark, _ := s.Peek(len(byteOrder)); bytes.Equal(mark, byteOrder) {
		_, _ = s.Discard(len(byteOrder)) // they are there
	}
	return s, nil
}

// damaged is why a file, or the rest of it, is no text of lines.
type damaged struct{ error }

var errBinary = damaged{errors.New("binary, not lines of OTLP/JSON; record with `format: json` and without `compression` of the file exporter (a file that was compressed by gzip or zstd afterwards is read)")}

// binary reports whether the source is no text: control characters are in no
// JSON.
func (s *source) binary() bool {
	head, _ := s.Peek(512) // an error shows when it is read
	return bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}

// line returns the next line. An error that is not io.EOF ends the source.
func (s *source) line() ([]byte, error) {
	line, err := s.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) && s.compressed {
		err = damaged{fmt.Errorf("the compressed file is cut off or damaged here: %w", err)}
	}
	return line, err
}
