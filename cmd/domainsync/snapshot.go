package main

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

func newSnapshot(a *app) *cobra.Command {
	var out, since string
	var bare bool
	cmd := &cobra.Command{
		Use:        "snapshot --out FILE",
		SuggestFor: []string{"state", "dump"},
		Short:      "Save the live state of the account as a file",
		Long: `Reads all that can be read of every name in the account, whether a file declares
it or not, and saves it. The file serves plan --live, import --live and
simulator --live. The account and its endpoint are those of the configuration,
where there is one. With --since only what may have changed since an earlier
snapshot is read: both may be the same file. With --without-persons the file may be
read by anybody who may know the names: contacts, registrant profiles and e-mail
addresses are left out, and a plan against it counts them as unknown.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.snapshot(i, out, since, bare) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`file` to write (mode 0600); - is standard output")
	must(cmd.MarkFlagRequired("out"))
	cmd.Flags().BoolVar(&bare, "without-persons", false, "leave out what tells of persons")
	addSince(cmd, &since)
	return cmd
}

func (a *app) snapshot(i interrupts, out, since string, bare bool) error {
	if err := canWrite(out); err != nil {
		return fmt.Errorf("the snapshot cannot be saved: %w", err)
	}
	before, err := readSince(since)
	if err != nil {
		return err
	}
	live, err := a.readAccount(i, everything(), nil, before)
	if err != nil {
		return err
	}
	saved := live
	if bare {
		saved = live.WithoutPersons()
	}
	if err := a.writeFile(out, func(w io.Writer) error { return snapshot.Write(inert.JSON(w), saved) }); err != nil {
		return fmt.Errorf("the snapshot cannot be saved: %w", err)
	}
	fmt.Fprintf(a.stderr, "%s of account %s saved in %s.\n", words.Count(len(live.Domains), "name"), live.ID, out)
	a.reportThreats(live)
	return ended(a.reportFailures(live))
}

// everything is all that the attributes and their rules know of a name.
func everything() snapshot.Facts {
	facts := snapshot.DSRecords | snapshot.Emails
	for _, attribute := range attr.All() {
		facts |= attribute.Facts
	}
	return facts
}

// reportFailures prints the reads that gave no answer and returns the exit
// code for them.
func (a *app) reportFailures(live *planner.Live) int {
	for _, f := range live.Failures {
		fmt.Fprintf(a.stderr, "%s could not be read: %s\n", cmp.Or(f.Domain, "the account"), inert.Text(f.String()))
	}
	if len(live.Failures) > 0 {
		return exitFailed
	}
	return exitDone
}
