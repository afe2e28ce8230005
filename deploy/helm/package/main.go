// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command package writes the chart as `helm package` would have it in its archive:
// with files in place of links, and without those of .helmignore. scripts/release.sh
// makes the archive, which has the time of the commit and not of now.
//
//	go run ./package CHART DIRECTORY
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: package CHART DIRECTORY")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

func write(chart, directory string) error {
	log.SetOutput(io.Discard) // Helm tells of each link
	c, err := loader.Load(chart)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	return chartutil.SaveDir(c, directory)
}
