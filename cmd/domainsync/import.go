package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// importFlags are the flags of import.
type importFlags struct {
	zone       zoneFlags
	live       string
	out        string
	attributes []string
	csv        string
	mapping    []string
	role       string
	existing   bool
	dryRun     bool
	keepDS     bool
	template   string
	add        bool
	targets    []string
	format     string
}

// zoneAttributes are what an import of a zone declares of a name.
var zoneAttributes = namesOf(func(a *attr.Attribute) bool { return a.Zoned })

// zoneFacts are what a zone tells of a name.
const zoneFacts = snapshot.Nameservers | snapshot.DSRecords | snapshot.Hosts

func newImport(a *app) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import [--add] --out DIR",
		Short: "Write configuration files for an account or a zone that exists",
		Long: `Writes files that declare what the account holds: planning them at once finds
nothing to do. Reading a large account takes time; what an interrupted import has
read is kept in DIR, and the same command goes on from there within a day. With
--live the account is a snapshot, and neither network nor credentials are needed.

With --add the files declare what the configuration in DIR does not, which can be
named with --dir instead: the names of the account that are unmanaged, or those of
them that --target selects. They stand beside the files that are there, none of which
is changed, and use their templates and contacts where these say what is live; one that
gives labels, or is critical, is said and not used. Left out are names of released
blocks, names that the files of an earlier apply declared, as the state knows, and names
that are being transferred away, unless --target names them one by one. A file name that
exists gets a number. --dry-run prints the files and writes nothing.

Where an import was interrupted while it wrote, the same command writes the others.

With --zone the files declare what a BIND zone file tells of every name that it
delegates: its nameservers, its DS records (an empty list for a name without
any) and the addresses of hosts below it (glue). A row that cannot be used, and
delegations outside of the zone, are left out and said. --origin names the zone
where its file does not. --existing leaves out names that the account (or, with
--live, the snapshot) does not hold.

With --csv the rows of a table beside the zone tell who stands behind its names:
--map domain=COLUMN says which column has the names, --map FIELD=COLUMN which has
a field of their contacts, and --role which contact that is. A row that cannot
be used is left out and said: one with more or fewer fields than the first line,
with a value such as N/A, or with a name of which another row says something else.

--template has every block begin with a template that you write beside the files:
what holds for all of the names, and for those that are yet to be registered.

--format csv writes a large portfolio as one table, names.csv, with a row for each
name and a column for each attribute in which names differ; an empty cell declares
nothing. A domains block in names.hcl reads it.

--attributes limits what is declared, and with it what is read. --keep-ds
declares the nameservers of a zone alone, and that DS records stay as they are
when these change; without either, such changes of signed names are blocked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return usageError(cmd, err)
			}
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.importFiles(i, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`directory` to write to; without --add it must hold no *.hcl file")
	flags.BoolVar(&f.add, "add", false, "write what is unmanaged beside the files of a configuration")
	flags.BoolVar(&f.dryRun, "dry-run", false, "with --add, print the files, and write nothing")
	flags.StringArrayVar(&f.targets, "target", nil, "with --add, only names that match the `pattern`, as in *.example (repeatable)")
	f.zone.add(flags, "read a BIND zone `file` (gzip, bzip2 and zip as well) instead of the account")
	flags.StringVar(&f.live, "live", "", "read the snapshot in a `file` instead of the account")
	flags.StringSliceVar(&f.attributes, "attributes", nil, "declare these attributes only, `names` with commas between them")
	flags.StringVar(&f.csv, "csv", "", "contacts of the zone's names from a CSV `file`")
	flags.StringArrayVar(&f.mapping, "map", nil, "a `field=column` of --csv (repeatable)")
	flags.StringVar(&f.role, "role", contactRoles[0], "the `contact` that --csv has: "+strings.Join(contactRoles, ", "))
	flags.BoolVar(&f.existing, "existing", false, "of the zone, only names that the account holds")
	flags.BoolVar(&f.keepDS, "keep-ds", false, "of the zone, only nameservers, with keep_ds = true")
	flags.StringVar(&f.template, "template", "", "`name` of a template that every block begins with, and that you declare")
	flags.StringVar(&f.format, "format", importFormats[0], "`form` of the files: hcl, or csv for one table with a row for each name")
	must(cmd.MarkFlagDirname("out"))
	completeWith(cmd, "format", importFormats...)
	completeWith(cmd, "role", contactRoles...)
	completeWith(cmd, "attributes", attributeNames()...)
	return cmd
}

// importFormats are the forms of files that an import writes.
var importFormats = []string{"hcl", "csv"}

// contactRoles are the attributes that a table of contacts can tell.
var contactRoles = namesOf(func(a *attr.Attribute) bool { return a.Columns != nil })

func attributeNames() []string { return namesOf(func(*attr.Attribute) bool { return true }) }

// namesOf returns the names of some attributes, in the order of the table.
func namesOf(wanted func(*attr.Attribute) bool) (names []string) {
	for _, attribute := range attr.All() {
		if wanted(attribute) {
			names = append(names, attribute.Name)
		}
	}
	return names
}

// check refuses flags that contradict each other.
func (f importFlags) check() error {
	switch {
	case f.out == "" && !f.add:
		return errors.New("say with --out which directory to write to")
	case f.dryRun && !f.add:
		return errors.New("--dry-run shows what --add would write: add it, or leave --dry-run out")
	case len(f.targets) > 0 && !f.add:
		return errors.New("--target selects names that --add adopts: add it, or leave --target out")
	case !slices.Contains(importFormats, f.format):
		return fmt.Errorf("--format %s: choose %s", f.format, strings.Join(importFormats, " or "))
	case f.add && f.format != importFormats[0]:
		return errors.New("--format csv is for a whole portfolio: leave --add or --format out")
	case f.add && (f.zone.file != "" || f.template != "" || f.keepDS):
		return errors.New("--add adopts names of the account or of a snapshot as they are: leave --zone, --template and --keep-ds out")
	}
	for _, name := range f.attributes {
		switch a := attr.Lookup(name); {
		case a == nil:
			return fmt.Errorf("--attributes: no attribute is called %q; there are %s", name, strings.Join(attributeNames(), ", "))
		case f.zone.file != "" && a.Facts&^zoneFacts != 0:
			return fmt.Errorf("--attributes: a zone file says nothing of %s; it tells %s", name, strings.Join(zoneAttributes, ", "))
		}
	}
	if err := f.zone.check(); err != nil {
		return err
	}
	switch {
	case f.zone.file == "" && f.existing:
		return errors.New("--existing chooses names of a zone file: name one with --zone")
	case f.zone.file != "" && f.live != "" && !f.existing:
		return errors.New("--zone and --live are two sources: choose one, or add --existing to write the names of the zone that the snapshot holds")
	case f.zone.file == "" && f.csv != "":
		return errors.New("--csv has the contacts of a zone file's names: name one with --zone")
	case f.csv == "" && len(f.mapping) > 0:
		return errors.New("--map says what the columns of a CSV file are: name one with --csv")
	case !slices.Contains(contactRoles, f.role):
		return fmt.Errorf("--role: no contact is called %q; there are %s", f.role, strings.Join(contactRoles, ", "))
	case f.template != "" && !hclsyntax.ValidIdentifier(f.template):
		return fmt.Errorf("--template %s: the name of a template is letters, digits, _ and -, with a letter first", f.template)
	case f.keepDS:
		for _, name := range f.attributes {
			if attr.Lookup(name).Facts&snapshot.DSRecords != 0 {
				return fmt.Errorf("--keep-ds says that DS records stay as they are: leave %s out of --attributes", name)
			}
		}
	}
	return nil
}

func (a *app) importFiles(i interrupts, f importFlags) error {
	if f.add {
		return a.adopt(i, f)
	}
	if finished, err := a.finishImport(f.out); finished || err != nil {
		return err
	}
	if err := importer.Prepare(f.out); err != nil {
		return err
	}
	account, options, failures, err := a.importSource(i, f)
	if err != nil {
		return err
	}
	files, err := importer.FromAccount(account, options)
	if err != nil {
		return err
	}
	if _, err := importer.Write(f.out, append(files, importer.Companions()...)); err != nil {
		return err
	}
	if err := removePart(f.out); err != nil {
		return err
	}
	names := 0
	for _, file := range files {
		names += file.Names
		a.sayLeftOut(file)
	}
	fmt.Fprintf(a.stderr, "%s written to %s in %s.\n", words.Count(names, "name"), f.out, words.Count(len(files), "file"))
	if f.template != "" {
		fmt.Fprintf(a.stderr, "All of them begin with template.%s: declare it in a file beside them.\n", f.template)
	}
	return ended(failures)
}

// leftOutShown is how much of what is left out is said at once.
const leftOutShown = 10

// sayLeftOut says what no file can declare.
func (a *app) sayLeftOut(file importer.File) {
	for i, left := range file.LeftOut {
		if i == leftOutShown {
			fmt.Fprintf(a.stderr, "Left out: %d more, which the head of %s lists.\n", len(file.LeftOut)-i, file.Name)
			return
		}
		fmt.Fprintf(a.stderr, "Left out: %s\n", inert.Text(left))
	}
}

// importSource reads what is imported, and the exit code of reads that failed.
func (a *app) importSource(i interrupts, f importFlags) (*snapshot.Account, importer.Options, int, error) {
	options := importer.Options{KeepDS: f.keepDS, Attributes: f.attributes, Template: f.template, Flat: f.format == "csv"}
	if f.zone.file == "" {
		live, source, err := a.wholeSource(i, f)
		if err != nil {
			return nil, options, 0, err
		}
		options.Source = source
		return live, options, a.reportFailures(live), nil
	}
	zone, err := f.zone.read()
	if err != nil {
		return nil, options, 0, err
	}
	options.Source = "the zone file " + filepath.Base(f.zone.file)
	options.LeftOut = zone.LeftOut()
	if f.csv != "" {
		contacts, err := a.readContacts(f, zone)
		if err != nil {
			return nil, options, 0, err
		}
		options.Values, options.Attribute = contacts.ByName, f.role
		options.LeftOut = append(options.LeftOut, contacts.LeftOut(zone.Account)...)
	}
	switch {
	case f.attributes != nil:
	case f.keepDS:
		options.Attributes = namesOf(func(a *attr.Attribute) bool { return a.Zoned && a.Facts == snapshot.Nameservers })
	default:
		options.Attributes = zoneAttributes
	}
	if !f.existing {
		return zone.Account, options, 0, nil
	}
	live, source, err := a.liveSource(i, f.live)
	if err != nil {
		return nil, options, 0, err
	}
	options.Existing = make(map[string]bool, len(live.Domains))
	for i := range live.Domains {
		options.Existing[live.Domains[i].Name] = true
	}
	fmt.Fprintf(a.stderr, "Of the %s in the zone only those are written that %s holds, which has %s.\n",
		words.Count(len(zone.Domains), "name"), source, words.Count(len(live.Domains), "name"))
	return zone.Account, options, 0, nil
}

// readContacts reads the contacts of a table for the names of a zone.
func (a *app) readContacts(f importFlags, zone *snapshot.Zone) (*importer.Contacts, error) {
	table, err := importer.NewContactTable(f.csv, attr.Lookup(f.role), f.mapping)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(f.csv)
	if err != nil {
		return nil, err
	}
	contacts, err := table.Read(data)
	if err != nil {
		return nil, err
	}
	if without := contacts.Without(zone.Account); without > 0 {
		fmt.Fprintf(a.stderr, "Without a contact in %s: %s of the zone.\n", f.csv, words.Count(without, "name"))
	}
	return contacts, nil
}

// liveSource reads the names of a snapshot or of the account, and says from
// where.
func (a *app) liveSource(i interrupts, file string) (*planner.Live, string, error) {
	if file != "" {
		return readSnapshot(file)
	}
	live, err := a.readAccount(i, 0, nil, nil)
	if err != nil {
		return nil, "", err
	}
	return live, accountSource(live), nil
}

func readSnapshot(file string) (*planner.Live, string, error) {
	live, err := readLive(file)
	return live, "the snapshot " + filepath.Base(file), err
}

func accountSource(live *planner.Live) string {
	return "the account " + live.ID + " at " + live.Endpoint
}

// partFile is where an import that did not come to its end keeps what it has
// read; partAge is how long that counts.
const (
	partFile = ".import.json.gz"
	partAge  = 24 * time.Hour
)

// wholeSource reads all that is to be declared from a snapshot or from the
// account. What was read before an interrupt, or an error, is kept.
func (a *app) wholeSource(i interrupts, f importFlags) (*planner.Live, string, error) {
	if f.live != "" {
		return readSnapshot(f.live)
	}
	part := filepath.Join(f.out, partFile)
	known, err := a.readPart(part)
	if err != nil {
		a.log.Warn("what an earlier import has read cannot be used", "file", part, "error", err)
	}
	live, err := a.readAccount(i, f.facts(), known, nil)
	if err != nil {
		return nil, "", errors.Join(err, a.keepPart(part, live, known))
	}
	return live, accountSource(live), nil
}

// removePart removes what an import has read, once its files are written.
func removePart(dir string) error {
	if err := os.Remove(filepath.Join(dir, partFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finishImport writes the files that an interrupted import has made and not yet put in
// their places. It reports whether there were any.
func (a *app) finishImport(dir string) (bool, error) {
	names, err := importer.Finish(dir)
	if len(names) == 0 || err != nil {
		return false, err
	}
	fmt.Fprintf(a.stderr, "An import into %s was interrupted while it wrote. Its files are all there now: %s.\n", dir, strings.Join(names, ", "))
	return true, removePart(dir)
}

// facts are what the attributes to declare are observed in.
func (f importFlags) facts() snapshot.Facts {
	if f.attributes == nil {
		return everything()
	}
	facts := snapshot.Listed
	for _, name := range f.attributes {
		facts |= attr.Lookup(name).Facts
	}
	return facts
}

// readPart returns what an earlier import has read, nil where there is nothing
// that still counts.
func (a *app) readPart(name string) (*planner.Live, error) {
	known, err := snapshot.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && a.clock.Since(known.ReadAt) > partAge:
		return nil, nil
	}
	return known, err
}

// keepPart keeps what was read, which counts from when its oldest part was read.
func (a *app) keepPart(name string, live, known *planner.Live) error {
	if live == nil {
		return nil
	}
	if known != nil {
		live.ReadAt = known.ReadAt
	}
	live.Failures = nil // they are tried again
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = snapshot.WriteFile(name, live)
	}
	if err != nil {
		return fmt.Errorf("what was read cannot be kept: %w", err)
	}
	fmt.Fprintf(a.stderr, "What was read is kept in %s: the same command goes on from there.\n", name)
	return nil
}
