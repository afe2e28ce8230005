// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeFiles puts the files of a message into its folder. Each appears as a
// whole or not at all, and replaces the one that an earlier try has left.
func writeFiles(directory string, m *Message) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("directory of reports: %w", err)
	}
	root, err := os.OpenRoot(directory) // whatever a name says, it leads nowhere else
	if err != nil {
		return fmt.Errorf("directory of reports: %w", err)
	}
	defer func() { _ = root.Close() }()
	folder := safeName(m.Folder)
	if err := root.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("directory of reports: %w", err)
	}
	for _, f := range m.Files {
		if err := writeFile(root, filepath.Join(folder, safeName(f.Name)), f.Data); err != nil {
			return fmt.Errorf("directory of reports: %w", err)
		}
	}
	return sync(root, folder)
}

func writeFile(root *os.Root, name string, data []byte) error {
	partial := name + ".part"
	f, err := root.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, root.Remove(partial))
	}
	return root.Rename(partial, name)
}

// sync makes the names in a folder last.
func sync(root *os.Root, folder string) error {
	f, err := root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// maxFileName is what every file system takes, in bytes.
const maxFileName = 120

// safeName makes a text a file's name anywhere: letters, digits, dots, dashes
// and underlines of ASCII, not hidden. What has lost something by that has a
// part of its hash, so that two names stay two.
func safeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, name)
	safe = strings.TrimLeft(safe, ".")
	if safe == name && name != "" && len(name) <= maxFileName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	extension := filepath.Ext(safe)
	if len(extension) > 8 {
		extension = ""
	}
	stem := strings.TrimSuffix(safe, extension)
	return stem[:min(len(stem), maxFileName-30)] + "-" + hex.EncodeToString(sum[:6]) + extension
}
