// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// A page on disk has its records one after the other, without what is zero:
//
//	page    64 records
//	record  0, where nobody's; else 1 + classes that have something: uint | stamp - that of the last one: int | those classes
//	class   number uint | stamp - last: int | periods: one bit for each byte that is not 0, then those bytes, lowest first
//
// Until format 2 of the state it was the words as they are, a multiple of
// rawStep bytes; what is packed is padded where it has such a length.
const RawStep = 8 * PageSize

// EncodePage appends a page.
func (p *Population) EncodePage(page uint32, e *wire.Encoder) {
	stamp := period.Minute(0)
	for slot := page * PageSize; slot < (page+1)*PageSize; slot++ {
		r := p.Peek(slot)
		if !r.Exists() {
			e.Uint(0)
			continue
		}
		used := uint64(0)
		for class := range uint8(r.Classes) {
			if r.has(class) {
				used++
			}
		}
		e.Uint(1 + used)
		e.Int(int64(r.stamp()) - int64(stamp))
		stamp = r.stamp()
		for class := range uint8(r.Classes) {
			if r.has(class) {
				e.Uint(uint64(class))
				e.Int(int64(stamp) - int64(r.Last(class)))
				e.Sparse(r.Bits(class))
			}
		}
	}
}

// has reports whether there is anything to say of a class.
func (r Record) has(class uint8) bool { return r.Last(class) != 0 || r.Bits(class) != 0 }

// decodePage reads a page of as many classes or fewer.
func (p *Population) decodePage(page uint32, d *wire.Decoder) {
	words := make([]uint64, PageSize*p.stride)
	stamp := int64(0)
	for n := range PageSize {
		used := d.Uint()
		if used == 0 {
			continue
		}
		r := Record{Words: words[n*p.stride:][:p.stride], Classes: p.classes}
		stamp += d.Int()
		if stamp <= 0 || stamp != int64(period.Minute(stamp)) {
			d.Fail()
			return
		}
		r.setStamp(period.Minute(stamp))
		for range used - 1 {
			class, last, periods := d.Uint(), stamp-d.Int(), d.Sparse()
			if class >= uint64(p.classes) || last != int64(period.Minute(last)) || d.Err() != nil {
				d.Fail()
				return
			}
			r.SetLast(uint8(class), period.Minute(last))
			r.SetBits(uint8(class), periods)
		}
	}
	if d.Err() == nil {
		p.setPage(page, words)
	}
}

// decodeRaw reads a page of format 2.
func (p *Population) decodeRaw(page uint32, b []byte) error {
	if len(b) != RawStep*p.stride {
		return wire.ErrCorrupt
	}
	words := make([]uint64, PageSize*p.stride)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	p.setPage(page, words)
	return nil
}

func (p *Population) setPage(page uint32, words []uint64) {
	for int(page) >= len(p.Pages) {
		p.Pages = append(p.Pages, nil)
	}
	p.Pages[page] = words
}

// Flush calls f with every page that changed since the last call; the data are
// good until f returns. more appends what else a page has.
func (p *Population) Flush(f func(page uint32, data []byte), more func(page uint32, e *wire.Encoder)) {
	var e wire.Encoder
	p.dirty.Each(func(page uint32) {
		e.Bytes = e.Bytes[:0]
		p.EncodePage(page, &e)
		more(page, &e)
		if len(e.Bytes)%RawStep == 0 {
			e.Uint(0)
		}
		f(page, e.Bytes)
	})
	clear(p.dirty)
}

// RestorePage reads what flush gave.
func (p *Population) RestorePage(page uint32, b []byte, more func(d *wire.Decoder)) error {
	if len(b)%RawStep == 0 {
		return p.decodeRaw(page, b)
	}
	d := &wire.Decoder{Bytes: b}
	p.decodePage(page, d)
	more(d)
	return d.Err()
}
