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
		return nil, &exit{code: exitError, said: shortly(diags)}
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
	vars, err := parseVars(a.flags.vars)
	if err != nil {
		return nil, config.Diagnostics{}, err
	}
	p, diags := config.Load(a.flags.dir, config.Options{Vars: vars, VarFiles: a.flags.varFiles, Bounds: a.bounds()})
	return p, diags, nil
}

// shortly says how many errors the files have, and what and where the first one
// is: none of what stands there, which may be personal.
func shortly(diags config.Diagnostics) string {
	errs := slices.DeleteFunc(slices.Clone(diags.Diagnostics), func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagError })
	text := fmt.Sprintf("the files have %s: %s", words.Count(len(errs), "error"), errs[0].Summary)
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

// parseVars reads the values of --var.
func parseVars(list []string) (map[string]string, error) {
	vars := make(map[string]string, len(list))
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var %q: write name=value", item)
		}
		vars[name] = value
	}
	return vars, nil
}
