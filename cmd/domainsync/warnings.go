package main

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/words"
)

// warningsShown is how many warnings of the files are shown where nobody asks for all.
const warningsShown = 3

// addWarnings adds the flag that shows all warnings of the files. Only commands that
// plan or validate show any: of others nobody can do something about them.
func addWarnings(cmd *cobra.Command, a *app) {
	cmd.Flags().BoolVar(&a.flags.warnings, "warnings", false, "show all warnings of the files, not only the first of them")
}

// showWarnings shows the first warnings of the files, one of a kind, and how many
// there are; with --warnings all of them.
func (a *app) showWarnings(diags config.Diagnostics) error {
	all := diags.Only(hcl.DiagWarning)
	if a.flags.warnings {
		return all.WriteEach(a.stderr, width(a.stderr), a.colors(a.stderr))
	}
	first := all.First(warningsShown)
	if err := first.WriteEach(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return err
	}
	if n := len(all.Diagnostics); n > len(first.Diagnostics) {
		_, err := fmt.Fprintf(a.stderr, "The files have %s; --warnings shows all of them.\n\n", words.Count(n, "warning"))
		return err
	}
	return nil
}
