package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/words"
)

// The forms in which mistakes are printed.
const (
	asText   = "text"
	asGitHub = "github" // annotations of a pull request
)

func newValidate(a *app) *cobra.Command {
	var (
		format string
		all    bool
	)
	forms := []string{asText, asJSON, asGitHub}
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration",
		Long: `Reads the configuration and reports every mistake. No account is asked, and no
credentials are needed. With --format json the mistakes are printed as
docs/validate.schema.json describes, with --format github as annotations, which
GitHub shows beside the lines of a pull request. A file of --policy is checked with it.

With --all it checks each directory below --root that has *.hcl files, as one
account each, and that no name is declared in two of them. A directory that others
use as a library is none.`,
		Args:        noArgs,
		Annotations: map[string]string{quietAnnotation: "true"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--format", format, forms...); err != nil {
				return err
			}
			if all {
				return a.validateAll(cmd, format)
			}
			return a.validate(format)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "check each directory below --root that has *.hcl files")
	cmd.Flags().StringVar(&format, "format", asText, "`form` of the output: "+strings.Join(forms, ", "))
	completeWith(cmd, "format", forms...)
	addWarnings(cmd, a)
	return cmd
}

func (a *app) validate(format string) error {
	switch format {
	case asJSON:
		return a.validateAs(writeDiagnosticsJSON)
	case asGitHub:
		return a.validateAs(a.annotate)
	}
	p, err := a.load()
	_, policyErr := a.operatorPolicy()
	if err = firstOf(err, policyErr); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "The configuration is valid: %s.\n", words.Count(len(p.Domains), "name"))
	return err
}

// validateAs prints the mistakes of the configuration in a form for programs.
func (a *app) validateAs(write func(io.Writer, *validation) error) error {
	p, diags, err := a.loadFiles()
	if err != nil {
		return err
	}
	_, ofPolicy, err := a.loadPolicy()
	if err != nil {
		return err
	}
	v := newValidation(p, diags)
	v.add(ofPolicy)
	if err := write(a.stdout, v); err != nil {
		return err
	}
	if diags.HasErrors() {
		return &exit{code: exitError, said: shortly(filesHave, diags)}
	}
	return policyWrong(ofPolicy)
}

// validation is what is wrong with a configuration, as docs/validate.schema.json
// describes it.
type validation struct {
	FormatVersion int           `json:"format_version"`
	Valid         bool          `json:"valid"`
	Errors        int           `json:"errors"`
	Warnings      int           `json:"warnings"`
	Names         int           `json:"names"`
	Directories   int           `json:"directories,omitempty"` // 0: one, which was named
	Diagnostics   []*diagnostic `json:"diagnostics"`
}

// diagnostic is one mistake.
type diagnostic struct {
	Severity string        `json:"severity"`
	Summary  string        `json:"summary"`
	Detail   string        `json:"detail,omitempty"`
	Source   *sourceRegion `json:"source,omitempty"`
}

// sourceRegion is where a mistake stands. Lines and columns count from 1; the end is
// the place behind the last character.
type sourceRegion struct {
	File      string `json:"file"` // from the working directory, with slashes
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

// newValidation returns the mistakes of a configuration; the portfolio is nil where
// one of them is an error.
func newValidation(p *config.Portfolio, diags config.Diagnostics) *validation {
	v := &validation{FormatVersion: 1, Valid: true, Diagnostics: []*diagnostic{}}
	if p != nil {
		v.Names = len(p.Domains)
	}
	v.add(diags)
	return v
}

// add adds mistakes.
func (v *validation) add(diags config.Diagnostics) {
	v.Valid = v.Valid && !diags.HasErrors()
	for _, d := range diags.Diagnostics {
		shown := newDiagnostic(diags, d)
		if v.Diagnostics = append(v.Diagnostics, shown); shown.Severity == severityWarning {
			v.Warnings++
		} else {
			v.Errors++
		}
	}
}
