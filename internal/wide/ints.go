// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package wide

import "slices"

// Ints is a list of numbers: one word each while all of them fit into that, and
// two from the first on that does not. The zero Ints is an empty list.
type Ints struct {
	low  []int64
	high []int64 // nil: all numbers are those of low; else low has their lower halves
}

// Make returns n zeros.
func Make(n int) Ints { return Ints{low: make([]int64, n)} }

// Len returns how many numbers there are.
func (s *Ints) Len() int { return len(s.low) }

// At returns the i-th number.
func (s *Ints) At(i int) Int {
	if s.high == nil {
		return Of(s.low[i])
	}
	return Int{s.high[i], uint64(s.low[i])}
}

// Set makes the i-th number a.
func (s *Ints) Set(i int, a Int) {
	n, fits := a.Int64()
	if !fits && s.high == nil {
		s.widen()
	}
	s.low[i] = n
	if s.high != nil {
		s.high[i] = a.hi
	}
}

// widen gives each number two words.
func (s *Ints) widen() {
	s.high = make([]int64, len(s.low), cap(s.low))
	for i, n := range s.low {
		s.high[i] = n >> 63
	}
}

// Add adds numbers to those from the i-th on.
func (s *Ints) Add(i int, numbers []int64) {
	k := 0
	if s.high == nil {
		low := s.low[i : i+len(numbers)]
		for ; k < len(numbers); k++ {
			sum := low[k] + numbers[k]
			if (sum^low[k])&(sum^numbers[k]) < 0 { // its sign is that of neither
				break
			}
			low[k] = sum
		}
	}
	for ; k < len(numbers); k++ {
		s.Set(i+k, s.At(i+k).Add(Of(numbers[k])))
	}
}

// AddFrom adds n numbers of another list, from its j-th on, to those from the
// i-th on.
func (s *Ints) AddFrom(i int, from *Ints, j, n int) {
	if from.high == nil {
		s.Add(i, from.low[j:j+n])
		return
	}
	for k := range n {
		s.Set(i+k, s.At(i+k).Add(from.At(j+k)))
	}
}

// SubFrom takes them off.
func (s *Ints) SubFrom(i int, from *Ints, j, n int) {
	for k := range n {
		s.Set(i+k, s.At(i+k).Sub(from.At(j+k)))
	}
}

// Append adds a number at the end.
func (s *Ints) Append(a Int) {
	s.Insert(s.Len(), 1)
	s.Set(s.Len()-1, a)
}

// Insert makes room for n zeros before the i-th number.
func (s *Ints) Insert(i, n int) {
	s.low = insert(s.low, i, n)
	if s.high != nil {
		s.high = insert(s.high, i, n)
	}
}

func insert(words []int64, i, n int) []int64 {
	words = slices.Grow(words, n)[:len(words)+n]
	copy(words[i+n:], words[i:])
	clear(words[i : i+n])
	return words
}

// Delete takes out the numbers from the i-th up to, but not, the j-th.
func (s *Ints) Delete(i, j int) {
	s.low = slices.Delete(s.low, i, j)
	if s.high != nil {
		s.high = slices.Delete(s.high, i, j)
	}
}

// Shift moves the numbers from the i-th up to, but not, the j-th by n places to
// the right; those at the end go, zeros come in.
func (s *Ints) Shift(i, j, n int) {
	shift(s.low[i:j], n)
	if s.high != nil {
		shift(s.high[i:j], n)
	}
}

func shift(words []int64, n int) {
	n = min(n, len(words))
	copy(words[n:], words)
	clear(words[:n])
}

// Clear makes n numbers from the i-th on 0.
func (s *Ints) Clear(i, n int) { s.Shift(i, i+n, n) }

// Empty takes out all numbers and keeps the memory.
func (s *Ints) Empty() { *s = Ints{low: s.low[:0]} }
