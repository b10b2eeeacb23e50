package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/words"
)

// load reads the configuration with what the command line adds to it, for a command
// that plans or validates, and prints what is wrong with it.
func (a *app) load() (*config.Portfolio, error) { return a.loadAnd(a.showWarnings) }

// loadAnd is load of a command that does something else about warnings.
func (a *app) loadAnd(warn func(config.Diagnostics) error) (*config.Portfolio, error) {
	p, diags, err := a.loadFiles()
	if err != nil {
		return nil, err
	}
	if err := diags.Only(hcl.DiagError).WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return nil, err
	}
	if err := warn(diags); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, &exit{code: exitError, said: a.wrongFiles(diags)}
	}
	a.learnPersons(p)
	a.pinnedAccount = p.Account.ID
	a.override(p)
	return p, nil
}

// noWarnings shows none.
func noWarnings(config.Diagnostics) error { return nil }

// loadFiles reads the configuration as it stands, and what is wrong with it.
func (a *app) loadFiles() (*config.Portfolio, config.Diagnostics, error) {
	opts, err := a.loadOptions()
	if err != nil {
		return nil, config.Diagnostics{}, err
	}
	opts.Console = a.console
	p, diags := config.Load(a.flags.dir, opts)
	return p, diags, nil
}

// filesHave begins what is said of mistakes in the files.
const filesHave = "the files have"

// wrongFiles says shortly what is wrong with the files, and in which directory that is where
// it is none of their lines: who reads of a run elsewhere has nothing else to go by.
func (a *app) wrongFiles(diags config.Diagnostics) string {
	text := shortly(filesHave, diags)
	if slices.ContainsFunc(diags.Diagnostics, func(d *hcl.Diagnostic) bool { return d.Subject != nil }) {
		return text
	}
	return fmt.Sprintf("%s (%s)", text, a.flags.dir)
}

// shortly says how many errors something has, such as the files, and what and where the
// first one is: none of what stands there, which may be personal.
func shortly(has string, diags config.Diagnostics) string {
	errs := slices.DeleteFunc(slices.Clone(diags.Diagnostics), func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagError })
	text := fmt.Sprintf("%s %s: %s", has, words.Count(len(errs), "error"), errs[0].Summary)
	if at := errs[0].Subject; at != nil {
		text += fmt.Sprintf(" (%s line %d)", at.Filename, at.Start.Line)
	}
	return text
}

// bounds are the most that files may take.
func (a *app) bounds() config.Bounds { return config.DefaultBounds().Times(a.flags.fileLimits) }

// loadAccount reads what the configuration says of the account and its limits.
// A directory without files says nothing.
func (a *app) loadAccount() (*config.Portfolio, error) {
	names, err := config.SourceNames(os.DirFS(a.flags.dir))
	if err != nil {
		return nil, fmt.Errorf("--dir %s: %w", a.flags.dir, err)
	}
	if len(names) > 0 {
		return a.loadAnd(noWarnings)
	}
	p := &config.Portfolio{Dir: a.flags.dir, Limits: config.DefaultLimits(), Refresh: config.DefaultRefresh()}
	a.override(p)
	return p, nil
}

// override puts the limits of the command line over those of the files.
func (a *app) override(p *config.Portfolio) {
	if a.flags.qps > 0 {
		p.Limits.DefaultQPS, p.Limits.QPS = a.flags.qps, nil
	}
}

// rootVariable is where libraries lie where no flag says so.
const rootVariable = "DOMAINSYNC_ROOT"

// root returns the directory below which libraries and other accounts lie, "" where
// nobody has said so.
func (a *app) root() (string, error) {
	if a.flags.root != "" {
		return a.flags.root, nil
	}
	return a.named(rootVariable)
}

// loadOptions are what the command line and the environment add to the files.
func (a *app) loadOptions() (config.Options, error) {
	opts := config.Options{Bounds: a.bounds(), Environment: make(map[string]string)}
	var err error
	if opts.Root, err = a.root(); err != nil {
		return opts, err
	}
	for _, item := range a.environ() {
		if name, value, _ := strings.Cut(item, "="); strings.HasPrefix(name, config.VariablesOfEnvironment) {
			opts.Environment[strings.TrimPrefix(name, config.VariablesOfEnvironment)] = value
		}
	}
	for _, g := range a.flags.given {
		if g.file {
			opts.CommandLine = append(opts.CommandLine, config.ValueFlag{File: g.text})
			continue
		}
		name, value, ok := strings.Cut(g.text, "=")
		if !ok || name == "" {
			return opts, fmt.Errorf("--var %q: write name=value", g.text)
		}
		opts.CommandLine = append(opts.CommandLine, config.ValueFlag{Name: name, Value: value})
	}
	return opts, nil
}

// givenValue is a --var or a --var-file.
type givenValue struct {
	text string
	file bool
}

// varFiles are the files that --var-file names.
func (f *globalFlags) varFiles() (files []string) {
	for _, g := range f.given {
		if g.file {
			files = append(files, g.text)
		}
	}
	return files
}

// givenValues takes one of the two flags, in the order of the command line.
type givenValues struct {
	to   *[]givenValue
	file bool
}

// Set adds a value.
func (g givenValues) Set(text string) error {
	*g.to = append(*g.to, givenValue{text, g.file})
	return nil
}

// String returns the default, which is none.
func (g givenValues) String() string { return "" }

// Type returns what a value is called.
func (g givenValues) Type() string { return "text" }
