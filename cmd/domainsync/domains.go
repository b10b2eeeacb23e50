package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

func newDomains(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "domains",
		SuggestFor: []string{"names", "inventory"},
		Short:      "Show which names there are, and all that is known of one",
		Args:       noArgs,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDomainsList(a), newDomainsShow(a))
	return cmd
}

// sourceFlags say where a command that shows names takes from what is live.
type sourceFlags struct {
	live    string
	offline bool
	refresh string
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.live, "live", "", "take what is live from the snapshot in a `file`")
	cmd.Flags().BoolVar(&f.offline, "offline", false, "take what is live from the state, as each name was read last: nothing is asked")
	addRefresh(cmd, &f.refresh)
	cmd.MarkFlagsMutuallyExclusive("live", "offline")
	cmd.MarkFlagsMutuallyExclusive("live", "refresh")
	cmd.MarkFlagsMutuallyExclusive("offline", "refresh")
}

// surveyView shows what a survey goes by.
type surveyView struct{ app *app }

func (v *surveyView) failure() error { return nil }

func (v *surveyView) show(e job.Event) { v.app.showBasis(e) }

// survey reads how the selected names stand, as the options say.
func (a *app) survey(i interrupts, targets []string, f sourceFlags, o job.SurveyOptions) (*job.Survey, error) {
	only, err := planner.SelectTargets(targets)
	if err != nil {
		return nil, err
	}
	if err := checkRefresh(f.refresh); err != nil {
		return nil, err
	}
	portfolio, err := a.loadAnd(noWarnings)
	if err != nil {
		return nil, err
	}
	w := &watch{[]view{&progressView{a}, &surveyView{a}}}
	o.Only, o.Remembered = only.In(portfolio), f.offline
	j, err := a.localJob(i, runFlags{}, w, a.clock)
	if err != nil {
		return nil, err
	}
	switch {
	case f.live != "":
		j.Portfolio = portfolio
		o.Live, err = readLive(f.live)
	case f.offline:
		j.Portfolio = portfolio
		j.Endpoint, err = a.endpoint(portfolio)
	default:
		j, err = a.newJob(i, portfolio, runFlags{}, w)
	}
	if err != nil {
		return nil, err
	}
	j.Refresh = job.Refresh(f.refresh)
	s, err := j.Survey(i.hard, o)
	return s, i.explain(held(err))
}

// listFlags are the flags of domains list.
type listFlags struct {
	source                      sourceFlags
	targets, columns, flags     []string
	where                       []string
	managed, unmanaged, missing bool
	before, after, sort, format string
}

func newDomainsList(a *app) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the names of the files and of the account",
		Long: `Lists each name that a file declares or the account holds, with what a plan would
read of it: what did not change since it was read is not asked for again. With
--live it needs no network and no credentials, with --offline neither, and tells
what the state has.

The filters are joined: a name must pass all of them. --where compares what a
column has, as --format csv writes it, with a text or a pattern: locks=transfer,
status='needs*', nameservers='*.example.net', signed=no, privacy=unknown; with !=
what must not be. A list matches where one of its members does.

Columns:
` + columnList() + `.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.listDomains(i, f) })
		},
	}
	f.source.add(cmd)
	flags := cmd.Flags()
	addTargets(cmd, a, &f.targets)
	flags.StringSliceVar(&f.columns, "columns", nil, "only these `columns`, in this order; all for all")
	flags.StringVar(&f.sort, "sort", "name", "sort by a `column`; -COLUMN for the other way round")
	flags.BoolVar(&f.managed, "managed", false, "names that files declare and the account holds")
	flags.BoolVar(&f.unmanaged, "unmanaged", false, "names of the account that no file declares")
	flags.BoolVar(&f.missing, "missing", false, "declared names that the account lacks")
	flags.StringSliceVar(&f.flags, "flag", nil, "names with one of these `flags`: "+strings.Join(report.FlagNames(), ", "))
	flags.StringVar(&f.before, "expires-before", "", "names whose term ends before `WHEN`: a date, or days from now as in 60d")
	flags.StringVar(&f.after, "expires-after", "", "names whose term ends after `WHEN`")
	flags.StringArrayVar(&f.where, "where", nil, "names whose column has a value, as `COLUMN=PATTERN` (repeatable)")
	addFormat(cmd, &f.format)
	completeWith(cmd, "flag", report.FlagNames()...)
	completeWith(cmd, "sort", namesOfColumns()...)
	completeWith(cmd, "columns", namesOfColumns()...)
	return cmd
}

func namesOfColumns() (names []string) {
	for _, c := range report.Columns(nil) {
		names = append(names, c.Name)
	}
	return names
}

// columnList lists the columns, a few to a line.
func columnList() string {
	var lines []string
	for some := range slices.Chunk(namesOfColumns(), 7) {
		lines = append(lines, strings.Join(some, ", "))
	}
	return strings.Join(lines, ",\n")
}

// listDomains prints the names that pass the filters.
func (a *app) listDomains(i interrupts, f listFlags) error {
	all := report.Columns(a.maskMap())
	chosen, err := chooseColumns(all, f)
	if err != nil {
		return err
	}
	filters, err := f.filters(all)
	if err != nil {
		return err
	}
	by, err := parseSort(all, f.sort)
	if err != nil {
		return err
	}
	s, err := a.survey(i, f.targets, f.source, job.SurveyOptions{})
	if err != nil {
		return err
	}
	v := report.NewInventory(s.Input, s.Plan)
	v.Rows = slices.DeleteFunc(v.Rows, func(r report.Row) bool { return !filters.pass(v, &r) })
	by.sort(v)
	a.stderr.rest()
	if err := list(a, f.format, shownColumns(v, chosen, isForPeople(f.format)), each(v.Rows)); err != nil {
		return err
	}
	a.sayInventory(v)
	return nil
}

// sayInventory says on standard error how many names were listed, and how old what is
// told of them is.
func (a *app) sayInventory(v *report.Inventory) {
	if a.flags.quiet {
		return
	}
	counts := make(map[report.Standing]int)
	oldest := v.ReadAt
	for i := range v.Rows {
		r := &v.Rows[i]
		counts[r.Standing]++
		if at := v.Oldest(r); !at.IsZero() && at.Before(oldest) {
			oldest = at
		}
	}
	var parts []string
	for _, s := range report.Standings() {
		parts = append(parts, words.Number(counts[s])+" "+string(s))
	}
	fmt.Fprintf(a.stderr, "%s: %s; read %s", words.Count(len(v.Rows), "name"), strings.Join(parts, ", "), formatTime(v.ReadAt))
	if age := v.ReadAt.Sub(oldest); age > 0 {
		fmt.Fprintf(a.stderr, ", the oldest of it %s before", words.Duration(age))
	}
	fmt.Fprintln(a.stderr)
}

// maskMap maps personal texts to what is shown of them; nil: they are shown.
func (a *app) maskMap() personal.Map {
	if a.masker == nil {
		return nil
	}
	return a.masker.Mask
}

// isForPeople reports whether a form of a listing is read by people.
func isForPeople(format string) bool { return format != asCSV && format != asJSON }

// shownColumns are the columns of a listing of the inventory.
func shownColumns(v *report.Inventory, chosen []report.Column, people bool) []column[report.Row] {
	columns := make([]column[report.Row], len(chosen))
	for i := range chosen {
		c := &chosen[i]
		columns[i] = column[report.Row]{c.Name, func(r *report.Row) any { return c.Value(v, r) }}
		if people {
			columns[i].value = func(r *report.Row) any { return c.Shown(v, r) }
		}
	}
	return columns
}

// chooseColumns returns the columns that are shown.
func chooseColumns(all []report.Column, f listFlags) (chosen []report.Column, err error) {
	if slices.Equal(f.columns, []string{"all"}) {
		return all, nil
	}
	for _, name := range f.columns {
		c, err := columnNamed(all, "--columns", name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, *c)
	}
	if len(chosen) > 0 {
		return chosen, nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(c report.Column) bool { return c.Wide || isForPeople(f.format) && !c.OnTerminal }), nil
}

// columnNamed returns the column of that name.
func columnNamed(all []report.Column, flag, name string) (*report.Column, error) {
	i := slices.IndexFunc(all, func(c report.Column) bool { return c.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%s %q: there is no such column%s Choose from %s", flag, name, didYouMean(name, namesOfColumns()), strings.Join(namesOfColumns(), ", "))
	}
	return &all[i], nil
}
