package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// validateAll checks each directory below the root, as one account each, and that no name
// is declared in two of them.
func (a *app) validateAll(cmd *cobra.Command, format string) error {
	if cmd.Flags().Lookup("dir").Changed {
		return usageError(cmd, errors.New("--all checks each directory below --root, and --dir is for one: leave one of the two out"))
	}
	if err := a.findRootOfAll(); err != nil {
		return err
	}
	dirs, err := a.accountDirs()
	if err != nil {
		return err
	}
	if len(dirs) == 0 {
		return fmt.Errorf("--root %s: no directory below it has *.hcl files", a.flags.root)
	}
	all := &validatedDirs{validation: validation{FormatVersion: 1, Diagnostics: []*diagnostic{}, Directories: len(dirs)}, declared: make(map[string]declaredIn)}
	for _, d := range dirs {
		if err := a.validateDir(d, all, format); err != nil {
			return err
		}
	}
	if err := a.validatePolicy(all, format); err != nil {
		return err
	}
	if err := a.tellValidated(all, format); err != nil {
		return err
	}
	if !all.Valid {
		return &exit{code: exitError, said: all.said}
	}
	return nil
}

// validatedDirs are what is wrong with many directories.
type validatedDirs struct {
	validation
	said     string                // of the first directory with errors, or of the policy
	declared map[string]declaredIn // by name
	twice    []*diagnostic         // names in two directories
}

// declaredIn is where a name is declared: which directory, and the block there.
type declaredIn struct {
	dir   string
	block *hcl.Range
}

// validateDir checks one directory, and prints what is wrong with it where people read.
func (a *app) validateDir(d accountDir, all *validatedDirs, format string) error {
	a.flags.dir = d.path
	p, diags, err := a.loadFiles()
	if err != nil {
		return err
	}
	all.add(diags)
	if diags.HasErrors() {
		all.said = cmp.Or(all.said, d.path+": "+shortly(filesHave, diags))
	}
	if p != nil {
		all.Names += len(p.Domains)
		all.declare(d.path, p)
	}
	if format != asText || len(diags.Diagnostics) == 0 {
		return nil
	}
	fmt.Fprintf(a.stderr, "In %s:\n\n", inert.Text(d.path))
	if err := diags.Only(hcl.DiagError).WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return err
	}
	return a.showWarnings(diags)
}

// validatePolicy checks the operator's policy, where one is named.
func (a *app) validatePolicy(all *validatedDirs, format string) error {
	_, diags, err := a.loadPolicy()
	if err != nil {
		return err
	}
	all.add(diags)
	if diags.HasErrors() {
		all.said = cmp.Or(all.said, shortly(policyHas, diags))
	}
	if format != asText {
		return nil
	}
	return diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr))
}

// declare notes which names a directory declares, and finds those that another one
// declares as well.
func (v *validatedDirs) declare(dir string, p *config.Portfolio) {
	for i := range p.Domains {
		name, here := p.Domains[i].Name, declaredIn{dir, p.Domains[i].Source}
		first, twice := v.declared[name]
		if !twice {
			v.declared[name] = here
			continue
		}
		v.twice = append(v.twice, &diagnostic{
			Severity: severityError, Summary: "Name in two directories", Source: regionOf(here),
			Detail: fmt.Sprintf("%s is also declared at %s line %d. A name is in one account: declare it there, and name it in a released block of the other directory.",
				wire.UnicodeName(name), regionOf(first).File, regionOf(first).Line),
		})
		v.said = cmp.Or(v.said, fmt.Sprintf("%s is declared in %s and in %s", wire.UnicodeName(name), first.dir, dir))
	}
}

// regionOf returns where a name is declared, as seen from the working directory.
func regionOf(d declaredIn) *sourceRegion {
	return newRegion(filepath.Join(d.dir, d.block.Filename), d.block)
}

// tellValidated prints the names in two directories, and how it ended.
func (a *app) tellValidated(all *validatedDirs, format string) error {
	all.Errors += len(all.twice)
	all.Valid = all.Errors == 0
	all.Diagnostics = append(all.Diagnostics, all.twice...)
	switch format {
	case asJSON:
		return writeDiagnosticsJSON(a.stdout, &all.validation)
	case asGitHub:
		return a.annotate(a.stdout, &all.validation)
	}
	for _, d := range all.twice[:min(len(all.twice), shownTwice)] {
		fmt.Fprintf(a.stderr, "Error: %s\n\n  on %s line %d:\n\n%s\n\n", d.Summary, inert.Text(d.Source.File), d.Source.Line, inert.Lines(d.Detail))
	}
	if more := len(all.twice) - shownTwice; more > 0 {
		fmt.Fprintf(a.stderr, "… and %s in two directories; --format json lists all of them.\n\n", words.Count(more, "more name"))
	}
	if !all.Valid {
		return nil
	}
	_, err := io.WriteString(a.stdout, validInAll(&all.validation))
	return err
}

// shownTwice is how many names in two directories are shown to people.
const shownTwice = 20

func validInAll(v *validation) string {
	return fmt.Sprintf("The configurations of %s are valid: %s.\n", words.Count(v.Directories, "directory"), words.Count(v.Names, "name"))
}
