// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/repair"
)

func newRepairCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "repair DIRECTORY",
		Short: "Say what is left of a damaged ledger directory, and mend it",
		Long: `Reads a ledger directory that no process uses, and says which files are damaged or
missing, what is lost with them, and what helps. It changes nothing.

With --yes it does what it said, if all of it can be mended: files that it removes or
cuts off are kept in a directory beside, and what is lost is left out from then on.
Restoring a backup loses less where there is a recent one: look at both first.

The exit code is 0 where nothing is wrong or all was mended, 3 where something is.`,
		Example: `  usagectl repair /var/lib/otelcol-usage/ledger
  usagectl repair /var/lib/otelcol-usage/ledger --yes`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := repair.Look(args[0])
			if err != nil {
				return err
			}
			return errors.Join(answerRepair(cmd.OutOrStdout(), s, yes), s.Close())
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do what is said")
	return cmd
}

func answerRepair(out io.Writer, s *repair.Survey, yes bool) error {
	if len(s.Findings) == 0 {
		_, err := fmt.Fprintf(out, "%s: nothing is wrong\n", s.Directory)
		return err
	}
	for _, f := range s.Findings {
		lost := f.Lost
		if lost == "" {
			lost = "nothing"
		}
		if _, err := fmt.Fprintf(out, "%s\n  lost: %s\n  what helps: %s\n", f.What, lost, f.Remedy); err != nil {
			return err
		}
	}
	if !yes {
		return badInput{errors.New("something is wrong with the directory; nothing was changed")}
	}
	kept, err := s.Mend(time.Now())
	if err != nil {
		return err
	}
	if kept == "" {
		_, err = fmt.Fprintln(out, "done")
	} else {
		_, err = fmt.Fprintf(out, "done; what was there is in %s\n", kept)
	}
	return err
}
