// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what a release is called: its build sets it (-X main.version). Other
// builds have what Go knows of the repository.
var version string

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  usagectl version",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, revision := "(devel)", ""
			if info, known := debug.ReadBuildInfo(); known {
				name = info.Main.Version
				for _, setting := range info.Settings {
					if setting.Key == "vcs.revision" {
						revision = " " + setting.Value
					}
				}
			}
			if version != "" {
				name = version
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "usagectl %s%s %s %s/%s\n",
				name, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
