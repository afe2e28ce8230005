// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/backup"
)

func newBackupCommand() *cobra.Command {
	var client apiClient
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of the ledger of a running collector",
		Long: `Writes a copy of the whole ledger to a file, or to a file in a directory, while
the collector goes on. What was acknowledged before the backup began is in it.
It has the ids of users: keep it as you keep the ledger.`,
		Example: `  usagectl backup ledger.tar
  usagectl backup /var/backups/usage --header "Authorization: Bearer $TOKEN"`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := client.download(cmd.Context(), "backup", url.Values{}, args[0], io.Discard, cmd.ErrOrStderr())
			if err != nil {
				return fmt.Errorf("backup: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
			return err
		},
	}
	client.flags(cmd)
	return cmd
}

func newRestoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE DIRECTORY",
		Short: "Make a ledger directory of a backup",
		Long: `Makes a directory that a collector can be started on (usage_ledger::directory) of a
file that ` + "`usagectl backup`" + ` wrote; - is the standard input. The directory has to be
empty or missing, and is there as a whole afterwards or not at all.`,
		Example: `  usagectl restore ledger.tar /var/lib/otelcol-usage/ledger
  zstdcat ledger.tar.zst | usagectl restore - ./ledger`,
		Args: arguments(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			from := cmd.InOrStdin()
			size := int64(-1)
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer func() { _ = file.Close() }() // only read from
				if info, err := file.Stat(); err == nil {
					size = info.Size()
				}
				from = file
			}
			stderr := cmd.ErrOrStderr()
			bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(stderr), progressbar.OptionShowBytes(true),
				progressbar.OptionThrottle(terminalInterval), progressbar.OptionClearOnFinish(), progressbar.OptionSetVisibility(isTerminal(stderr)))
			if err := backup.Restore(io.TeeReader(from, bar), args[1]); err != nil {
				return err
			}
			_ = bar.Finish() // progress is no result
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is a ledger directory\n", args[1])
			return err
		},
	}
}
