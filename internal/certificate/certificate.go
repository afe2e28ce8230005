// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// Certificate says what a ledger directory consists of, all of it on disk.
type Certificate struct {
	// ID tells ledgers apart, 16 hexadecimal digits.
	ID string
	// Serial grows with each certificate of a ledger.
	Serial uint64
	// Format is that of the directory.
	Format int
	// At is the ledger's time at its last checkpoint.
	At time.Time
	// Needed is the first record of the log that a start reads, Reached the
	// number behind the last one that is known to be on disk.
	Needed, Reached uint64
	// Rows is how far the store had come.
	Rows rows.Mark
	// Snapshot is the edition of the snapshot that was in force; 0: there was none.
	Snapshot uint64
	// Counted are the runs of counted items, by name.
	Counted []string
	// Damaged are files that were found damaged: nothing is built on the
	// directory while they are as they were found.
	Damaged []string `json:",omitempty"`
}

// The file is a line that says what it is, the certificate as JSON in one line, and
// the checksum of the two, CRC-32C in hexadecimal.
const (
	title     = "otelcol-usage certificate 1\n"
	sumFormat = "%08x\n"
	sumLength = 9
)

func (c *Certificate) encode() []byte {
	text, _ := json.Marshal(c) // of plain fields, cannot fail
	text = append(append([]byte(title), text...), '\n')
	return fmt.Appendf(text, sumFormat, crc32.Checksum(text, store.Checksum))
}

// decode reads what encode has written, all of it.
func (c *Certificate) decode(text []byte) error {
	if !bytes.HasPrefix(text, []byte(title)) || len(text) < len(title)+sumLength {
		return fmt.Errorf("it does not begin with %q", title)
	}
	body := text[:len(text)-sumLength]
	if want := fmt.Sprintf(sumFormat, crc32.Checksum(body, store.Checksum)); want != string(text[len(body):]) {
		return fmt.Errorf("its checksum is wrong")
	}
	return json.Unmarshal(body[len(title):], c)
}

// Read returns the certificate in a file, nil where there is none. bad says why one
// that is there cannot be read.
func Read(fs vfs.FS, path string) (c *Certificate, bad, err error) {
	text, err := store.ReadFile(fs, path)
	if err != nil || text == nil {
		return nil, nil, err
	}
	c = &Certificate{}
	if err := c.decode(text); err != nil {
		return nil, &store.Damage{Path: path, What: err.Error()}, nil
	}
	return c, nil, nil
}
