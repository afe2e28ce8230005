// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/move"
)

func newMoveCommand() *cobra.Command {
	var o move.Options
	var running runningMove
	cmd := &cobra.Command{
		Use:   "move ORGANIZATION --from URL|DIRECTORY --to URL|DIRECTORY",
		Short: "Move an organization from one shard or ledger directory to another",
		Long: `Moves all that a ledger keeps of an organization to another ledger: users and
their names, counts, first items, statements and which were billed, and the keys by
which what is sent again is known.

Between shards that run (addresses of their usage APIs) the organization is not
counted while it is moved: who sends something of it is told to send it again, and
behind Kafka it waits there. Nothing is lost, and nothing counts twice. First it is
held and copied, and rows and figures are compared on the target's disk. Then the
map of the shards has to pin it to the target: --map FILE does that in the file, else
edit it yourself, the command waits until both shards have it. Then the source lets
go, and the target counts. What still comes to the source goes on to the target.
Each names the other in its api::peers, by the name that it has as a shard, with
credentials of a principal with role admin of all organizations; so have yours to be.
A move that was cut short anywhere is gone on with by the same command. --undo takes
it back instead, as long as the source has not let go; pin it to the source again.

Between directories, no process uses either: both have to have been stopped in order.
A target that is missing or empty becomes a ledger of the same birth and definitions.

Rows and figures are compared on the target's disk before the source lets go. A
move that was cut short is gone on with by the same command; until then no
collector starts on the target. --undo takes away what is there of it instead, as
long as the source has not let go.`,
		Example: `  usagectl move acme --from http://shard-a:8320 --to http://shard-b:8320 --map config/scale/shards.yaml
  usagectl move acme --from http://shard-a:8320 --to http://shard-b:8320 --undo
  usagectl move acme --from /var/lib/a/ledger --to /var/lib/b/ledger
  usagectl move acme --from /var/lib/a/ledger --to /var/lib/b/ledger --undo`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.From == "" || o.To == "" {
				return wrongUsage{errors.New("say both: --from and --to")}
			}
			line := &statusLine{w: cmd.ErrOrStderr()}
			switch isAddress(o.From) {
			case !isAddress(o.To):
				return wrongUsage{errors.New("--from and --to: use two addresses, as http://shard-a:8320, or two directories")}
			case true:
				running.organization, running.from.address, running.to.address, running.undo, running.line = args[0], o.From, o.To, o.Undo, line
				err := running.run(cmd.Context(), cmd.OutOrStdout())
				line.end()
				return err
			}
			o.Organization, o.Now = args[0], time.Now()
			o.Tell = func(p move.Progress) { line.set(moveProgress(p)) }
			begun := time.Now()
			r, err := move.Run(cmd.Context(), o)
			line.end()
			if err != nil {
				return err
			}
			return answerMove(cmd.OutOrStdout(), &o, r, time.Since(begun))
		},
	}
	cmd.Flags().StringVar(&o.From, "from", "", "usage API of the shard that has it, or its directory (usage_ledger::directory)")
	cmd.Flags().StringVar(&o.To, "to", "", "usage API or directory of the one that gets it")
	cmd.Flags().BoolVar(&o.Undo, "undo", false, "take away what a move that was cut short has left in the target")
	running.flags(cmd)
	return cmd
}

func moveProgress(p move.Progress) string {
	if p.All == 0 {
		return p.Step
	}
	return fmt.Sprintf("%s: %d of %d rows, %d MiB in all", p.Step, p.Rows, p.All, p.AllInBytes>>20)
}

func answerMove(out io.Writer, o *move.Options, r move.Result, took time.Duration) (err error) {
	switch {
	case r.Undone:
		_, err = fmt.Fprintf(out, "%s has nothing of the move any more; %s is in %s\n", o.To, o.Organization, o.From)
	case r.Already:
		_, err = fmt.Fprintf(out, "%s is in %s already\n", o.Organization, o.To)
	case r.Resumed:
		_, err = fmt.Fprintf(out, "%s is in %s: %s had let it go before the last run was cut short\n", o.Organization, o.To, o.From)
	default:
		_, err = fmt.Fprintf(out, "%s is in %s: %d rows, %d bytes, %d figures equal, in %s\n",
			o.Organization, o.To, r.Rows, r.Bytes, r.Figures, took.Round(time.Millisecond))
	}
	return err
}
