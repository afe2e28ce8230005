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
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

// eraseFlags say what is to be erased, and whether that has been thought over.
type eraseFlags struct {
	api          apiClient
	organization string
	yes          bool
}

func newEraseCommand() *cobra.Command {
	var f eraseFlags
	cmd := &cobra.Command{
		Use:   "erase --organization ID",
		Short: "Remove an organization from the ledger, for good",
		Long: `Remove everything that the ledger has of an organization: what was counted, its
users with their ids, its statements and which of them were billed. Nothing
brings it back but a backup. Its series end at the next collection; what the
store has of them stays there as long as it keeps it.

An organization that the catalogue lists is not removed: take it out of the
catalogue first. One that sends again afterwards begins anew.`,
		Example: `  usagectl erase --organization acme-test
  usagectl erase --organization acme-test --yes      # does not ask`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.api.flags(cmd)
	cmd.Flags().StringVar(&f.organization, "organization", "", "id of the organization")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	return cmd
}

func (f *eraseFlags) run(ctx context.Context, in io.Reader, out, ask io.Writer) error {
	if f.organization == "" {
		return wrongUsage{errors.New("--organization is missing: name the organization to remove")}
	}
	if !f.yes {
		if err := f.confirm(in, ask); err != nil {
			return err
		}
	}
	var erased struct{ Users int }
	if err := f.api.call(ctx, http.MethodDelete, "organizations/"+url.PathEscape(f.organization), &erased); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	_, err := fmt.Fprintf(out, "%s is erased, with %d users\n", f.organization, erased.Users)
	return err
}

// confirm has the id typed again on a terminal.
func (f *eraseFlags) confirm(in io.Reader, ask io.Writer) error {
	if !isTerminal(in) {
		return wrongUsage{errors.New("nobody can be asked here whether this is meant: add --yes if it is")}
	}
	_, _ = fmt.Fprintf(ask, "Everything of %s will be gone: figures, users and statements.\nType its id to go on: ", f.organization) // the terminal has gone if it fails
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimRight(typed, "\r\n") != f.organization {
		return errors.New("that is another id; nothing was removed")
	}
	return nil
}
