// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
	exitBad   = 3 // done, but some input was left out
)

// badInput is the error of a command that did its work and left some input
// out.
type badInput struct{ error }

// wrongUsage is an error in how a command was called.
type wrongUsage struct{ error }

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	called, err := root.ExecuteContextC(ctx)
	var (
		usage wrongUsage
		bad   badInput
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &bad):
		_, _ = fmt.Fprintln(stderr, "usagectl:", err) // nothing is left to report it to
		return exitBad
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "usagectl: %v\nSee `%s --help`.\n", err, called.CommandPath()) // as above
		return exitUsage
	default:
		_, _ = fmt.Fprintln(stderr, "usagectl:", err) // as above
		return exitError
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "usagectl",
		Short:         "Work with the usage that otelcol-usage counts",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUsage{err} })
	root.AddCommand(
		newReportCommand(), newScheduleCommand(), newUsersCommand(), newExplainCommand(), newStatementCommand(),
		newDoctorCommand(), newReplayCommand(), newDemoCommand(), newCatalogueCommand(), newAlertCommand(), newEraseCommand(),
		newBackupCommand(), newRestoreCommand(), newRepairCommand(), newMoveCommand(), newRebuildCommand(), newReadyCommand(), newVersionCommand(),
	)
	return root
}

// arguments marks the errors of a check of arguments as wrong usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return wrongUsage{err}
		}
		return nil
	}
}

// newGroup returns a command that only holds others.
func newGroup(name, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use: name, Short: short, Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(commands...)
	return group
}
