// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// eraseFlags say what is to be erased, and whether that has been thought over.
type eraseFlags struct {
	api apiClient
	yes bool
}

func newEraseCommand() *cobra.Command {
	var f eraseFlags
	cmd := &cobra.Command{
		Use:   "erase ORGANIZATION [USER]",
		Short: "Remove an organization, or the id of a user, for good",
		Long: `Removes everything that the ledger has of an organization: what was counted, its
users with their ids, its statements and which of them were billed. Its series
end at the next collection; what the store has of them stays there as long as it
keeps it. An organization that the catalogue lists is not removed: take it out of
the catalogue first. One that sends again afterwards begins anew.

Of a user, it removes the id, and those that an alias made one with it. What they
did still counts, under no name. For as long as that lies in an open period a keyed
hash is kept, so that a user who comes back is not counted twice.

Nothing brings either back but a backup, and backups still have them.`,
		Example: `  usagectl erase acme-test
  usagectl erase acme-test --yes                    # does not ask
  usagectl erase acme ann@example.org`,
		Args: arguments(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.api.flags(cmd)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	return cmd
}

func (f *eraseFlags) run(ctx context.Context, args []string, in io.Reader, out, ask io.Writer) error {
	if !f.yes {
		if err := confirm(args, in, ask); err != nil {
			return err
		}
	}
	path := "organizations/" + site.Segment(args[0])
	if len(args) > 1 {
		path += "/users/" + site.Segment(args[1])
	}
	var erased struct{ Users, IDs int }
	if err := f.api.call(ctx, http.MethodDelete, path, &erased); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	if len(args) > 1 {
		_, err := fmt.Fprintf(out, "%s of %s is erased, with %d ids in all\n", args[1], args[0], erased.IDs)
		return err
	}
	_, err := fmt.Fprintf(out, "%s is erased, with %d users\n", args[0], erased.Users)
	return err
}

// confirm has the last of the ids typed again on a terminal.
func confirm(args []string, in io.Reader, ask io.Writer) error {
	if !isTerminal(in) {
		return wrongUsage{errors.New("nobody can be asked here whether this is meant: add --yes if it is")}
	}
	what := fmt.Sprintf("Everything of %s will be gone: figures, users and statements.", args[0])
	if len(args) > 1 {
		what = fmt.Sprintf("The user %s of %s will have no name any more.", args[1], args[0])
	}
	_, _ = fmt.Fprintf(ask, "%s\nType its id to go on: ", what) // the terminal has gone if it fails
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimRight(typed, "\r\n") != args[len(args)-1] {
		return errors.New("that is another id; nothing was removed")
	}
	return nil
}
