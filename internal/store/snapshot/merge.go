// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"errors"
	"fmt"
	"slices"
)

// What was replaced or dropped stays in its file, so that files are written anew
// now and then, without a look at what parts mean: all of them when they have
// become twice as large as what is in force, or the last few where there are
// many.
const (
	// slack is how many bytes more than twice what is in force there may be.
	slack = 8 << 20
	// manyFiles is how many files there may be before some are put together.
	manyFiles = 16
	// keptFree is how much room on disk merging leaves to the log.
	keptFree = 64 << 20
)

// since returns the index of the first file that is to be written anew with all
// after it; len(files) where none is.
func since(files []file, live, slack int64) int {
	total := int64(0)
	for i := range files {
		total += files[i].size()
	}
	if total > 2*live+slack {
		return 0
	}
	if len(files) <= manyFiles {
		return len(files)
	}
	// A file is put together with those after it that have as much together, so
	// that a part is written again a few times only, and few files remain.
	rest := total
	for i := range files {
		rest -= files[i].size()
		if i > 0 && files[i].size() <= rest {
			return i
		}
	}
	return len(files)
}

// merge puts one file in the place of the last ones, where that is due; anew
// says that it is, for all. It is put off while there is no room on the disk.
func (e *edition) merge(s *Store, anew bool) error {
	from := since(e.files, sizeOf(e.parts), s.slack)
	if anew {
		from = 0
	}
	if from == len(e.files) {
		return nil
	}
	moved := slices.DeleteFunc(slices.Clone(e.parts), func(p part) bool { return int(p.file) < from })
	if disk, err := s.fs.GetDiskUsage(s.dir); err == nil {
		needed := uint64(sizeOf(moved)) + keptFree
		switch {
		case disk.AvailBytes >= needed:
		case anew:
			return fmt.Errorf("%d MiB are left on the disk; %d MiB are needed to write it anew", disk.AvailBytes>>20, needed>>20)
		default:
			return nil
		}
	}
	return e.rewrite(s, from, moved)
}

// rewrite writes the parts that are in files from one on to a new file.
func (e *edition) rewrite(s *Store, from int, moved []part) error {
	var all gather
	if from > 0 { // what older files have may be dropped in these
		for i := from; i < len(e.files); i++ {
			c, err := s.readChanges(&e.files[i], i)
			if err != nil {
				return err
			}
			for _, owner := range c.owners {
				all.drops = append(all.drops, ownerDrop{owner: owner})
			}
			for _, p := range c.parts {
				if p.dropped {
					all.parts = append(all.parts, p)
				}
			}
		}
	}
	out, err := s.create(e.next)
	if err != nil {
		return err
	}
	e.next++
	written := make([]part, 0, len(moved))
	err = s.readParts(e.files, moved, func(p *part, data []byte) error {
		n, err := out.add(p.key(), data)
		n.file = uint16(from)
		written = append(written, n)
		return err
	})
	if err != nil {
		return errors.Join(err, out.discard())
	}
	all.parts = append(all.parts, written...)
	c := all.changes()
	f, err := out.finish(&c)
	if err != nil {
		return err
	}
	e.unused = slices.Clone(e.files[from:])
	e.files, e.made = append(e.files[:from], f), append(e.made, f)
	e.parts = slices.Clone(e.parts)
	for i := range e.parts {
		if int(e.parts[i].file) >= from {
			e.parts[i], written = written[0], written[1:]
		}
	}
	return nil
}
