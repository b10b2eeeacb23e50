package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/planner"
)

// importFlags are the flags of import.
type importFlags struct {
	zone     string
	live     string
	out      string
	existing bool
	keepDS   bool
}

func newImport(a *app) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import --out DIR",
		Short: "Write configuration files for an account or a zone that exists",
		Long: `Writes files that declare what the account holds: planning them at once finds
nothing to do. With --live the account is a snapshot, and neither network nor
credentials are needed.

With --zone the files declare the nameservers of every name that a BIND zone
file delegates; --existing leaves out names that the account (or, with --live,
the snapshot) does not hold. --keep-ds states that DS records stay as they are
when nameservers change; otherwise such changes of signed names are blocked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.importFiles(i, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`directory` to write to; it must hold no *.hcl file")
	flags.StringVar(&f.zone, "zone", "", "read a BIND zone `file` (gzip as well) instead of the account")
	flags.StringVar(&f.live, "live", "", "read the snapshot in a `file` instead of the account")
	flags.BoolVar(&f.existing, "existing", false, "of the zone, only names that the account holds")
	flags.BoolVar(&f.keepDS, "keep-ds", false, "write keep_ds = true")
	must(cmd.MarkFlagRequired("out"))
	must(cmd.MarkFlagDirname("out"))
	return cmd
}

func (a *app) importFiles(i interrupts, f importFlags) error {
	if f.zone == "" && f.existing {
		return errors.New("--existing chooses names of a zone file: name one with --zone")
	}
	if f.zone != "" && f.live != "" && !f.existing {
		return errors.New("--zone and --live are two sources: choose one, or add --existing to write the names of the zone that the snapshot holds")
	}
	account, options, failures, err := a.importSource(i, f)
	if err != nil {
		return err
	}
	files, err := importer.FromAccount(account, options)
	if err != nil {
		return err
	}
	if err := importer.Write(f.out, files); err != nil {
		return err
	}
	names := 0
	for _, file := range files {
		names += file.Names
	}
	fmt.Fprintf(a.stderr, "%s written to %s in %s.\n", counted(names, "name"), f.out, counted(len(files), "file"))
	return ended(failures)
}

// importSource reads what is imported, and the exit code of reads that failed.
func (a *app) importSource(i interrupts, f importFlags) (*snapshot.Account, importer.Options, int, error) {
	options := importer.Options{KeepDS: f.keepDS}
	if f.zone == "" {
		live, source, err := a.liveSource(i, f.live, everything())
		if err != nil {
			return nil, options, 0, err
		}
		options.Source = source
		return live, options, a.reportFailures(live), nil
	}
	zone, err := snapshot.FromZoneFile(f.zone)
	if err != nil {
		return nil, options, 0, err
	}
	options.Source, options.Attributes = "the zone file "+filepath.Base(f.zone), []string{"nameservers"}
	if !f.existing {
		return zone, options, 0, nil
	}
	live, source, err := a.liveSource(i, f.live, 0)
	if err != nil {
		return nil, options, 0, err
	}
	options.Existing = make(map[string]bool, len(live.Domains))
	for i := range live.Domains {
		options.Existing[live.Domains[i].Name] = true
	}
	fmt.Fprintf(a.stderr, "Of the %s in the zone only those are written that %s holds, which has %s.\n",
		counted(len(zone.Domains), "name"), source, counted(len(live.Domains), "name"))
	return zone, options, 0, nil
}

// liveSource reads facts of all names from a snapshot or from the account, and
// says from where.
func (a *app) liveSource(i interrupts, file string, facts snapshot.Facts) (*planner.Live, string, error) {
	if file != "" {
		live, err := readLive(file)
		return live, "the snapshot " + filepath.Base(file), err
	}
	live, err := a.readAccount(i, facts)
	if err != nil {
		return nil, "", err
	}
	return live, "the account " + live.ID + " at " + live.Endpoint, nil
}
