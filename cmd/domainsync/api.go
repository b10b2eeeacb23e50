package main

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

func newAPI(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "api",
		Short: "List, describe and call the operations of the service",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAPIList(a), newAPIDescribe(a), newAPICall(a), newAPIPolicy(a))
	return cmd
}

// operationFilter selects operations.
type operationFilter struct {
	subject, access     string
	async, batch, costs bool
}

func newAPIList(a *app) *cobra.Command {
	var f operationFilter
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the operations by subject",
		Long: `Lists the operations of the service by subject: whether they read or write, save
a task whose results come later (asynchronous), take many names in one call
(batch: the most), cost money, or can change who holds names.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return list(a, format, operationColumns, f.operations())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.subject, "subject", "", "only this `subject`")
	flags.StringVar(&f.access, "access", "", "only operations that `read` or write")
	flags.BoolVar(&f.async, "async", false, "only asynchronous operations")
	flags.BoolVar(&f.batch, "batch", false, "only batch operations")
	flags.BoolVar(&f.costs, "costs", false, "only operations that cost money")
	completeWith(cmd, "subject", subjects()...)
	completeWith(cmd, "access", wire.Read.String(), wire.Write.String())
	addFormat(cmd, &format)
	return cmd
}

var operationColumns = []column[*wire.Operation]{
	{"subject", func(o **wire.Operation) any { return string((*o).Group) }},
	{"operation", func(o **wire.Operation) any { return (*o).Name }},
	{"access", func(o **wire.Operation) any { return (*o).Access.String() }},
	{"asynchronous", func(o **wire.Operation) any { return (*o).Async() }},
	{"batch", func(o **wire.Operation) any { return (*o).BatchSize() }},
	{"costs_money", func(o **wire.Operation) any { return (*o).Spends }},
	{"changes_ownership", func(o **wire.Operation) any { return (*o).Transfers }},
	{"summary", func(o **wire.Operation) any { return (*o).Summary }},
}

func (f operationFilter) check() error {
	if f.subject != "" {
		if err := oneOf("--subject", f.subject, subjects()...); err != nil {
			return err
		}
	}
	return oneOf("--access", f.access, "", wire.Read.String(), wire.Write.String())
}

func (f operationFilter) operations() iter.Seq2[*wire.Operation, error] {
	return func(yield func(*wire.Operation, error) bool) {
		for _, o := range bySubject() {
			switch {
			case f.subject != "" && string(o.Group) != f.subject,
				f.access != "" && o.Access.String() != f.access,
				f.async && !o.Async(), f.batch && o.BatchSize() == 1, f.costs && !o.Spends:
				continue
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

func bySubject() []*wire.Operation {
	all := wire.Operations()
	slices.SortStableFunc(all, func(x, y *wire.Operation) int { return cmp.Compare(x.Group, y.Group) })
	return all
}

func subjects() []string {
	var all []string
	for _, o := range bySubject() {
		all = append(all, string(o.Group))
	}
	return slices.Compact(all)
}

func newAPIDescribe(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:               "describe OPERATION",
		Short:             "Describe the members of an operation's request and answer",
		Args:              exactly("OPERATION"),
		ValidArgsFunction: completeOperation,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--format", format, "text", asJSON); err != nil {
				return err
			}
			o, err := findOperation(args[0])
			if err != nil {
				return err
			}
			if format == asJSON {
				return a.printJSON(describe(o))
			}
			return describe(o).writeText(a.stdout)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`form` of the output: text, json")
	completeWith(cmd, "format", "text", asJSON)
	return cmd
}

// findOperation returns the operation of a name, in any letter case.
func findOperation(name string) (*wire.Operation, error) {
	var names []string
	for _, o := range wire.Operations() {
		if strings.EqualFold(o.Name, name) {
			return o, nil
		}
		names = append(names, o.Name)
	}
	return nil, fmt.Errorf("no operation is called %q%s See domainsync api list", name, didYouMean(name, names))
}

// described is an operation as describe prints it.
type described struct {
	Name             string          `json:"name"`
	Summary          string          `json:"summary"`
	Subject          string          `json:"subject"`
	Section          string          `json:"section,omitempty"` // of the API reference
	Access           string          `json:"access"`
	Asynchronous     bool            `json:"asynchronous"`
	Batch            int             `json:"batch"`
	CostsMoney       bool            `json:"costs_money"`
	ChangesOwnership bool            `json:"changes_ownership"`
	Pages            bool            `json:"pages"`
	Request          []describedPart `json:"request"`
	Answer           []describedPart `json:"answer"`
}

// describedPart is a member of a request or an answer.
type describedPart struct {
	Name     string   `json:"name"` // N stands for the number of an element
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Unless   string   `json:"required_unless,omitempty"` // this member stands in for it
	Default  string   `json:"default,omitempty"`
	Min      *int64   `json:"min,omitempty"`
	Max      *int64   `json:"max,omitempty"`
	Elements int      `json:"max_elements,omitempty"`
	Values   []string `json:"values,omitempty"`
	Secret   bool     `json:"secret,omitempty"`
	Newer    bool     `json:"newer,omitempty"` // than the API reference
	Meaning  string   `json:"meaning"`
	rules    []string // all of them in words
}

func describe(o *wire.Operation) described {
	return described{
		Name: o.Name, Summary: o.Summary, Subject: string(o.Group), Section: o.Section, Access: o.Access.String(),
		Asynchronous: o.Async(), Batch: o.BatchSize(), CostsMoney: o.Spends, ChangesOwnership: o.Transfers, Pages: o.Entries() != nil,
		Request: describeParts(o.Request), Answer: describeParts(o.Response),
	}
}

func describeParts(s *wire.Schema) []describedPart {
	var parts []describedPart
	for _, f := range s.All() {
		parts = append(parts, describedPart{
			Name: f.Path, Type: f.Type(), Required: f.Required, Unless: f.Unless, Default: f.Default,
			Min: f.Min, Max: f.Max, Elements: f.Items, Values: f.Known, Secret: f.Secret, Newer: f.Newer, Meaning: f.Doc, rules: f.Rules(),
		})
	}
	return parts
}

func (d described) writeText(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s\n\n", d.Name, d.Summary)
	section := "newer than the API reference"
	if d.Section != "" {
		section = "section " + d.Section + " of the API reference"
	}
	fmt.Fprintf(out, "%s (%s), %s\n", d.Subject, section, strings.Join(d.properties(), ", "))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	writeParts(w, "REQUEST", d.Request)
	writeParts(w, "ANSWER", d.Answer)
	return w.Flush()
}

func (d described) properties() []string {
	all := []string{d.Access + "s"}
	for _, p := range []struct {
		holds bool
		text  string
	}{
		{d.Asynchronous, "saves a task whose results come later"},
		{d.Batch > 1, fmt.Sprintf("takes up to %s in one call", words.Number(d.Batch))},
		{d.Pages, "answers page by page"},
		{d.CostsMoney, "costs money"},
		{d.ChangesOwnership, "can change who holds names"},
	} {
		if p.holds {
			all = append(all, p.text)
		}
	}
	return all
}

func writeParts(w io.Writer, title string, parts []describedPart) {
	fmt.Fprintf(w, "\n%s\tTYPE\tRULES\tMEANING\n", title)
	for _, p := range parts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Type, cmp.Or(strings.Join(p.rules, "; "), "-"), p.Meaning)
	}
}

// completeOperation completes the name of an operation.
func completeOperation(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for _, o := range wire.Operations() {
		all = append(all, cobra.CompletionWithDesc(o.Name, o.Summary))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
