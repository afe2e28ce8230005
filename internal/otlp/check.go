// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ErrMalformed says that a request is not what OTLP calls one.
var ErrMalformed = errors.New("the body is no OTLP request of this signal: send what an OTLP exporter writes")

// errShort says that a message goes on beyond the bytes that there are.
var errShort = errors.New("cut short")

// Limits bound a request.
type Limits struct {
	// Elements is how many entries all lists of a request may have together:
	// resources, scopes, records, attributes, values of lists, buckets.
	Elements int
	// Nesting is how many lists and maps may lie in one another.
	Nesting int
	// Aside, where there is one, is called now and then by what goes through a
	// request.
	Aside func()
}

// Shape is how large a request is.
type Shape struct {
	Elements int
	Items    int   // of usage, at most; 0 where that was not found out
	Events   int   // of spans, which are Items too
	Decoded  int64 // how many bytes of memory pdata would take for it, rounded up
}

// Request is the bytes of a protobuf request that Check has gone through.
type Request struct {
	Shape
	Signal usage.Signal
	Bytes  []byte
}

// Check reads a request of protobuf without decoding it. An error names what
// is wrong and the remedy.
func Check(signal usage.Signal, request []byte, limits Limits) (Request, error) {
	c := checker{limits: limits}
	switch err := c.request(signal, request); {
	case errors.Is(err, errShort):
		return Request{}, fmt.Errorf("%w (it is %w)", ErrMalformed, errShort)
	case err != nil:
		return Request{}, err
	}
	c.Decoded += int64(len(request)) // strings are copied
	return Request{c.Shape, signal, request}, nil
}

// CheckSoFar is Check for the beginning of a request of which more is to come:
// it finds what is beyond limits before the rest is read.
func CheckSoFar(signal usage.Signal, beginning []byte, limits Limits) error {
	c := checker{limits: limits, more: true}
	if err := c.request(signal, beginning); !errors.Is(err, errShort) {
		return err
	}
	return nil
}

// checker measures one request.
type checker struct {
	Shape
	limits Limits
	more   bool // the request goes on after these bytes
}

func (c *checker) request(signal usage.Signal, b []byte) error {
	err := c.message(b, &requests[signal], 0)
	if errors.Is(err, errShort) {
		return cmp.Or(c.bounded(), err)
	}
	return err
}

//nolint:gocognit // a switch over the kinds of fields, in one piece: each byte of each request goes through it
func (c *checker) message(b []byte, m *message, depth int) error {
	for len(b) > 0 {
		tag, n := prefix(b)
		if n <= 0 {
			return broken(n)
		}
		b = b[n:]
		number := int32(tag >> 3)
		if number <= 0 {
			return ErrMalformed
		}
		f := m.field(number)
		switch Wire(tag & 7) {
		case Varint:
			if _, n = prefix(b); n <= 0 {
				return broken(n)
			}
			if f.kind == varints {
				c.Elements++
				c.Decoded += wordCost
			} else if f.kind != varint && f.kind != unknown {
				return ErrMalformed
			}
		case Fixed64:
			if n = 8; len(b) < n {
				return errShort
			}
			if f.kind == fixed64s {
				c.Elements++
				c.Decoded += wordCost
			} else if f.kind != fixed64 && f.kind != unknown {
				return ErrMalformed
			}
		case Fixed32:
			if n = 4; len(b) < n {
				return errShort
			}
			if f.kind != fixed32 && f.kind != unknown {
				return ErrMalformed
			}
		case Bytes:
			length, from := prefix(b)
			switch {
			case from <= 0:
				return broken(from)
			case int64(length) < 0:
				return ErrMalformed
			case length > uint64(len(b)-from):
				if c.more {
					if err := c.bytes(b[from:], f, depth); err != nil {
						return err
					}
				}
				return errShort
			}
			n = from + int(length)
			if err := c.bytes(b[from:n], f, depth); err != nil {
				return err
			}
		default:
			return ErrMalformed
		}
		b = b[n:]
	}
	return c.bounded()
}

// elementsPerAside are gone through in some microseconds.
const elementsPerAside = 1024

// wordCost is a number of a list of numbers that grows.
const wordCost = 24

// bytes checks what is length-delimited.
func (c *checker) bytes(b []byte, f *field, depth int) error {
	switch f.kind {
	case nested:
		c.Elements += f.element
		c.Items += f.item
		c.Events += f.event
		c.Decoded += int64(f.cost)
		if c.Elements > c.limits.Elements {
			return c.bounded()
		}
		if c.Elements%elementsPerAside == 0 && c.limits.Aside != nil {
			c.limits.Aside()
		}
		if depth += f.deeper; depth > c.limits.Nesting {
			return fmt.Errorf("lists and maps lie in one another more than %d deep (limits::nesting): flatten the values, or raise it", c.limits.Nesting)
		}
		return c.message(b, f.message, depth)
	case unknown, text:
		return nil
	case texts:
		c.Elements++
		c.Decoded += 2 * wordCost
		return c.bounded()
	case traceID:
		return c.id(b, 16)
	case spanID:
		return c.id(b, 8)
	case fixed64s:
		c.Elements += len(b) / 8
		c.Decoded += int64(len(b))
		if len(b)%8 != 0 && !c.more {
			return ErrMalformed
		}
		return c.bounded()
	case varints:
		return c.packed(b)
	case varint, fixed64, fixed32:
	}
	return ErrMalformed
}

func (c *checker) id(b []byte, size int) error {
	if len(b) != 0 && len(b) != size && !c.more {
		return fmt.Errorf("%w: an id of %d bytes should have %d", ErrMalformed, len(b), size)
	}
	return nil
}

func (c *checker) packed(b []byte) error {
	for len(b) > 0 {
		_, n := prefix(b)
		if n <= 0 {
			return broken(n)
		}
		c.Elements++
		c.Decoded += wordCost
		b = b[n:]
	}
	return c.bounded()
}

func (c *checker) bounded() error {
	if c.Elements > c.limits.Elements {
		return tooMany(c.limits.Elements)
	}
	return nil
}

func tooMany(limit int) error {
	return fmt.Errorf("the request has more than %d records, attributes and other elements (limits::elements): send smaller batches, or raise it", limit)
}

// prefix reads a varint and returns its length: 0 where there is more to come,
// negative where it is longer than any is.
func prefix(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	var v uint64
	for i, x := range b {
		if i == maxVarint {
			return 0, -1
		}
		v |= uint64(x&0x7f) << (7 * i)
		if x < 0x80 {
			return v, i + 1
		}
	}
	if len(b) >= maxVarint {
		return 0, -1
	}
	return 0, 0
}

func broken(n int) error {
	if n < 0 {
		return ErrMalformed
	}
	return errShort
}
