package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/inert"
)

// errDump says how a fleet in a database is saved.
var errDump = errors.New("the fleet lies in a database, whose own tools save it with the journals beside it and put it back, such as pg_dump and pg_restore")

func newJobsBackup(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "Save the table of a fleet in a directory as a file",
		Long: `Saves when jobs are due, which are paused, what became of their runs, and who did what,
as that is at one moment, also while a process serves the fleet. The journals of accounts
are saved by domainsync state backup. A fleet in a database is saved by the tools of the
database.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := requireFlags(cmd); err != nil {
				return err
			}
			return a.backUpJobs(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write it to this `file`")
	must(cmd.MarkFlagRequired("out"))
	return cmd
}

func (a *app) backUpJobs(ctx context.Context, out string) (err error) {
	if err := canWrite(out); err != nil {
		return err
	}
	state, err := a.fleetState()
	switch {
	case err != nil:
		return err
	case state.isShared():
		return errDump
	}
	table, err := sqlite.Open(ctx, state.place, a.clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	if err := a.writeFile(out, func(w io.Writer) error { return table.BackUp(ctx, w) }); err != nil {
		return err
	}
	if out != "-" {
		fmt.Fprintf(a.stdout, "The fleet in %s is saved to %s.\n", inert.Text(state.place), inert.Text(out))
	}
	return nil
}

func newJobsRestore(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a saved table of a fleet into an empty directory",
		Long: `Puts what jobs backup has saved into --state, which must have no fleet, and which nobody
serves. Runs and pauses of after the backup are not known there: jobs whose time has
passed since are run once, which settles and compares as every run does, and numbers of
runs go on at the next hundred thousand.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restoreJobs(cmd.Context(), args[0]) },
	}
}

func (a *app) restoreJobs(ctx context.Context, file string) error {
	state, err := a.fleetState()
	switch {
	case err != nil:
		return err
	case state.isShared():
		return errDump
	}
	backup, err := os.Open(file)
	if err != nil {
		return err
	}
	defer backup.Close() //nolint:errcheck // it was only read
	if err := sqlite.Restore(ctx, state.place, backup, a.clock); err != nil {
		return fmt.Errorf("%s is not restored: %w", file, err)
	}
	fmt.Fprintf(a.stdout, "The fleet is restored to %s. What was done since the backup is not known there:\ndomainsync jobs list shows which jobs are paused.\n", inert.Text(state.place))
	return nil
}
