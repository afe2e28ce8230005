// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command archive makes the archive of the Grafana plugin from its directory:
//
//	archive build/otelcol-usage-app build/otelcol-usage-app.zip
//
// It makes none of a directory that Grafana would not take whole. Two archives
// of the same files are the same.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: archive DIRECTORY ARCHIVE.zip")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory, archive string) error {
	if wrong := check(os.DirFS(directory)); len(wrong) > 0 {
		return fmt.Errorf("%s is no plugin:\n  %s", directory, strings.Join(wrong, "\n  "))
	}
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	return errors.Join(write(file, os.DirFS(directory)), file.Close())
}

// write packs files below a folder of the plugin's id, as Grafana unpacks it.
func write(to io.Writer, plugin fs.FS) error {
	packed := zip.NewWriter(to)
	err := fs.WalkDir(plugin, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		header := &zip.FileHeader{Name: path.Join(id, name), Method: zip.Deflate, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		if strings.HasPrefix(filepath.Base(name), executable) {
			header.SetMode(0o755)
		}
		into, err := packed.CreateHeader(header)
		if err != nil {
			return err
		}
		from, err := plugin.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(into, from)
		return errors.Join(err, from.Close())
	})
	return errors.Join(err, packed.Close())
}
