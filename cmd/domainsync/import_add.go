package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// adopt writes what the account holds and no file declares into new files of the
// configuration.
func (a *app) adopt(i interrupts, f importFlags) error {
	dir, err := a.adoptingDir(f)
	if err != nil {
		return err
	}
	a.flags.dir, f.out = dir, dir
	if !f.dryRun {
		if finished, err := a.finishImport(dir); finished || err != nil {
			return err
		}
	}
	p, err := a.loadAnd(noWarnings)
	if err != nil {
		return err
	}
	live, source, err := a.unmanagedNames(i, f, p)
	if err != nil {
		return err
	}
	if len(live.Domains) == 0 {
		fmt.Fprintln(a.stderr, "Nothing to add: every name of the account that was asked for is declared, or was left out.")
		return errors.Join(f.removePart(dir), ended(a.reportFailures(live)))
	}
	files, err := a.adoptedFiles(p, live, importer.Options{Source: source, Attributes: f.attributes, Beside: p})
	if err != nil {
		return err
	}
	if f.dryRun {
		return errors.Join(a.showAdopted(dir, live, files), ended(a.reportFailures(live)))
	}
	written, err := importer.Write(dir, files)
	for _, name := range written {
		fmt.Fprintln(a.stdout, filepath.Join(dir, name))
	}
	if err != nil {
		return err
	}
	names := a.sayAdopted(files)
	fmt.Fprintf(a.stderr, "%s added to %s in %s. A plan of them has nothing to do.\n", words.Count(names, "name"), dir, words.Count(len(written), "new file"))
	return errors.Join(f.removePart(dir), ended(a.reportFailures(live)))
}

// sayAdopted says what files leave out, and which templates they do not use, and returns
// how many names they declare.
func (a *app) sayAdopted(files []importer.File) (names int) {
	for _, file := range files {
		names += file.Names
		a.sayLeftOut(file)
		for _, text := range file.NotUsed {
			fmt.Fprintln(a.stderr, inert.Text(a.masker.Text(text)))
		}
	}
	return names
}

// showAdopted prints files that would be written, with masks in place of persons.
func (a *app) showAdopted(dir string, live *planner.Live, files []importer.File) error {
	if a.masker != nil {
		attr.EachPersonalOf(live, a.masker.Learn)
	}
	names := a.sayAdopted(files)
	for _, file := range files {
		text := a.masker.Text(string(file.Content))
		if _, err := fmt.Fprintf(a.stdout, "# %s\n%s\n", filepath.Join(dir, file.Name), text); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stderr, "%s would be added to %s in %s. Nothing was written.\n", words.Count(names, "name"), dir, words.Count(len(files), "new file"))
	return nil
}

// removePart removes what an interrupted import has read, where files are written.
func (f importFlags) removePart(dir string) error {
	if f.dryRun {
		return nil
	}
	return removePart(dir)
}

// adoptingDir returns the directory of the configuration: --out, --dir, or the one that
// --dir stands for where neither is given.
func (a *app) adoptingDir(f importFlags) (string, error) {
	if f.out == "" || f.out == a.flags.dir {
		return a.flags.dir, nil
	}
	if a.flags.dir != "." {
		return "", fmt.Errorf("--add writes beside the files of one configuration, and --dir %s and --out %s are two: leave one of them out", a.flags.dir, f.out)
	}
	return f.out, nil
}

// unmanagedNames reads the names that are to be adopted, with what is to be declared of
// them, and says from where.
func (a *app) unmanagedNames(i interrupts, f importFlags, p *config.Portfolio) (*planner.Live, string, error) {
	only, err := f.selected()
	if err != nil {
		return nil, "", err
	}
	if f.live != "" {
		live, source, err := readSnapshot(f.live)
		if err != nil {
			return nil, "", err
		}
		if pinned := p.Account.ID; pinned != "" && live.ID != "" && live.ID != pinned {
			return nil, "", fmt.Errorf("the snapshot %s is of account %s, and the files are of account %s", f.live, live.ID, pinned)
		}
		chosen, err := a.choose(i.soft, live, only, p, f.targets)
		return chosen, source, err
	}
	part := filepath.Join(f.out, partFile)
	known, err := a.readPart(part)
	if err != nil {
		a.log.Warn("what an earlier import has read cannot be used", "file", part, "error", err)
	}
	listed, err := a.readNames(i, planner.Selection{}, 0, known, nil)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, d := range unmanagedOf(listed, only, p) {
		names = append(names, d.Name)
	}
	if len(names) == 0 {
		chosen, err := a.choose(i.soft, listed, only, p, f.targets)
		return chosen, accountSource(listed), err
	}
	live, err := a.readNames(i, planner.SelectNames(names), f.facts()|snapshot.TransferOut, listed, nil)
	if err != nil {
		if f.dryRun {
			return nil, "", err
		}
		return nil, "", errors.Join(err, a.keepPart(part, live, known))
	}
	chosen, err := a.choose(i.soft, live, only, p, f.targets)
	return chosen, accountSource(live), err
}

// selected are the names that may be adopted.
func (f importFlags) selected() (planner.Selection, error) {
	for _, t := range f.targets {
		if planner.IsLabelTarget(t) {
			return planner.Selection{}, fmt.Errorf("--target %s: labels are of declared names, and --add adopts those that are not declared: write names or patterns", t)
		}
		if strings.Contains(t, "/") {
			return planner.Selection{}, fmt.Errorf("--target %s: an import selects whole names; --attributes says what of them is declared", t)
		}
	}
	return planner.Select(f.targets)
}

// unmanagedOf returns the selected names of the account that the files do not declare.
func unmanagedOf(live *planner.Live, only planner.Selection, p *config.Portfolio) (names []snapshot.Domain) {
	for i := range live.Domains {
		if d := live.Domains[i]; only.Has(d.Name) && p.Domain(d.Name) == nil {
			names = append(names, d)
		}
	}
	return names
}

// choose returns the account with those names alone that are to be adopted. Names that
// leave on purpose, and those that left the files of an earlier apply, are where they are
// named one by one.
func (a *app) choose(ctx context.Context, live *planner.Live, only planner.Selection, p *config.Portfolio, targets []string) (*planner.Live, error) {
	unmanaged := unmanagedOf(live, only, p)
	for _, t := range targets {
		one, err := planner.Select([]string{t})
		if err != nil {
			return nil, err
		}
		if len(unmanagedOf(&planner.Live{Domains: unmanaged}, one, p)) == 0 {
			return nil, fmt.Errorf("--target %s: the account holds no such name that is unmanaged", t)
		}
	}
	left, err := a.leftFiles(ctx, live, unmanaged)
	if err != nil {
		return nil, err
	}
	chosen := *live
	chosen.Domains = nil
	var released, leaving, gone []string
	for _, d := range unmanaged {
		switch by := p.ReleasedBy(d.Name); {
		case only.HasByName(d.Name):
			switch {
			case by != nil:
				fmt.Fprintf(a.stderr, "%s is released by released %q (%s:%d): take it out there.\n", wire.UnicodeName(d.Name), by.Label, by.Source.Filename, by.Source.Start.Line)
			case left[d.Name]:
				fmt.Fprintf(a.stderr, "%s was declared at an earlier apply, and had left the files since.\n", wire.UnicodeName(d.Name))
			}
			chosen.Domains = append(chosen.Domains, d)
		case by != nil:
			released = append(released, wire.UnicodeName(d.Name))
		case left[d.Name]:
			gone = append(gone, wire.UnicodeName(d.Name))
		case d.TransferOut == wire.TransferOutPending:
			leaving = append(leaving, wire.UnicodeName(d.Name))
		default:
			chosen.Domains = append(chosen.Domains, d)
		}
	}
	a.sayNotAdopted(released, "which released blocks name")
	a.sayNotAdopted(leaving, "which are being transferred away")
	a.sayNotAdopted(gone, "which the files of an earlier apply declared and today's do not (a released block says so for good)")
	return &chosen, nil
}

// leftFiles returns those of the unmanaged names that the state knows from the files of an
// earlier apply. The state of another account knows none.
func (a *app) leftFiles(ctx context.Context, live *planner.Live, unmanaged []snapshot.Domain) (map[string]bool, error) {
	left := make(map[string]bool)
	if len(unmanaged) == 0 {
		return left, nil
	}
	wanted := make(map[string]bool, len(unmanaged))
	for i := range unmanaged {
		wanted[unmanaged[i].Name] = true
	}
	err := a.readJournal(ctx, func(j *journal.Journal) error {
		_, account, err := j.Binding(ctx)
		if err != nil || account != "" && live.ID != "" && account != live.ID {
			return err
		}
		return j.EverDeclared(ctx, func(name string) {
			if wanted[name] {
				left[name] = true
			}
		})
	})
	return left, err
}

// notAdoptedShown is how many names are listed that are not adopted for one reason.
const notAdoptedShown = 10

func (a *app) sayNotAdopted(names []string, why string) {
	if len(names) == 0 {
		return
	}
	shown := min(len(names), notAdoptedShown)
	fmt.Fprintf(a.stderr, "Not added, %s: %s. Name them one by one with --target to add them.\n", why, words.List(names[:shown], len(names)-shown))
}

// adoptedFiles returns the files that declare the names of the account. A plan of the
// configuration with them has nothing to do for these names, and declares of the others
// what it did before: otherwise they are made without templates, or not at all.
func (a *app) adoptedFiles(p *config.Portfolio, live *planner.Live, o importer.Options) ([]importer.File, error) {
	files, err := importer.FromAccount(live, o)
	if err != nil {
		return nil, err
	}
	wrong := a.checkAdopted(p, live, files)
	if wrong == nil {
		return files, nil
	}
	bare := *p
	bare.Shared.Templates = nil
	o.Beside = &bare
	if files, err = importer.FromAccount(live, o); err != nil {
		return nil, err
	}
	if a.checkAdopted(p, live, files) != nil {
		return nil, fmt.Errorf("nothing was written: %w", wrong)
	}
	return files, nil
}

// checkAdopted says what is wrong with files that are to stand beside those of a
// configuration.
func (a *app) checkAdopted(p *config.Portfolio, live *planner.Live, files []importer.File) error {
	added := make(map[string][]byte, len(files))
	for _, f := range files {
		added[strings.TrimSuffix(f.Name, ".hcl")+".added.hcl"] = f.Content
	}
	opts, err := a.loadOptions()
	if err != nil {
		return err
	}
	opts.Added = added
	with, diags := config.Load(a.flags.dir, opts)
	if with == nil {
		return fmt.Errorf("beside the files that are there, what would be added has mistakes: %s", shortly(filesHave, diags))
	}
	for i := range p.Domains {
		if d := &p.Domains[i]; !d.SameAs(with.Domain(d.Name)) {
			return fmt.Errorf("what the files declare of %s would change", wire.UnicodeName(d.Name))
		}
	}
	var names []string
	for i := range live.Domains {
		names = append(names, live.Domains[i].Name)
	}
	only := planner.SelectNames(names)
	for _, c := range planner.Diff(planner.Input{Portfolio: with, Live: live, Only: only}).Changes {
		if only.Has(c.Domain) {
			return fmt.Errorf("a plan would change %s of %s", c.Attribute, wire.UnicodeName(c.Domain))
		}
	}
	return nil
}
