package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
	reportpage "github.com/domainsync/domainsync/planner/report/page"
)

// This command tells people of the portfolio. The report file of a run, which --report
// of a command writes, is in report.go.

// portfolioFlags are the flags of the report of a portfolio.
type portfolioFlags struct {
	source                           sourceFlags
	targets                          []string
	by, since, format, section, file string

	masked bool // what tells of persons
}

// A portfolioForm is a form in which the report of a portfolio is written.
type portfolioForm struct {
	name  string
	write func(w io.Writer, r *report.Report, f *portfolioFlags) error
}

// The forms that no list has: a page for people, and calendars.
const (
	asHTML = "html"
	asICal = "ics"
)

// portfolioForms are all forms; the first is that of who asks for none.
var portfolioForms = []portfolioForm{
	{asHTML, func(w io.Writer, r *report.Report, f *portfolioFlags) error {
		return reportpage.HTML(w, r, reportpage.Options{Masked: f.masked})
	}},
	{asJSON, writePortfolioJSON},
	{asCSV, writePortfolioCSV},
	{asICal, func(w io.Writer, r *report.Report, _ *portfolioFlags) error { return r.WriteICal(w) }},
}

func namesOfPortfolioForms() (names []string) {
	for _, f := range portfolioForms {
		names = append(names, f.name)
	}
	return names
}

func namesOfSections() (names []string) {
	for _, t := range report.Tables() {
		names = append(names, t.Name)
	}
	return names
}

// runsReported is how far back a report tells of runs unless something else is said.
const runsReported = "365d"

func newPortfolioReport(a *app) *cobra.Command {
	var f portfolioFlags
	cmd := &cobra.Command{
		Use:        "report",
		SuggestFor: []string{"dashboard", "overview", "calendar"},
		Short:      "Report on the portfolio: what ends, what it costs, how it is protected",
		Long: `Reports on all names of the files and of the account: an expiry calendar over two
years with endangered names first; what renewals will cost month by month against the
budget; which names are locked, signed, private and verified; nameserver sets and
where they depend on one thing alone; drift and who made it, unmanaged and missing
names, holds, names that left; and what runs did.

It reads what a plan reads and knows no more than that: what was not read is counted
as unknown. With --live it needs no network and no credentials, and knows no runs; with
--offline it tells what the state has.

--format html is one page for a browser that loads nothing, with charts and with a
list behind each number. --format csv writes one --section, the names unless another
one is asked for; --format ics a calendar with an entry for each day on which names
expire, which can be read again and then updates what is there.

Sections:
` + sectionList() + `.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.reportPortfolio(i, &f) })
		},
	}
	f.source.add(cmd)
	addTargets(cmd, a, &f.targets)
	flags := cmd.Flags()
	flags.StringVar(&f.by, "by", "", "group by the label with this `key`, or by template (default the label that most names have, else template)")
	flags.StringVar(&f.since, "since", runsReported, "tell of runs and orders since this `time`: 2026-01-31, or 90d for 90 days ago")
	flags.StringVar(&f.format, "format", portfolioForms[0].name, "`format` of the report: "+strings.Join(namesOfPortfolioForms(), ", "))
	flags.StringVar(&f.section, "section", "", "the `section` that --format csv writes (default names)")
	flags.StringVar(&f.file, "out", "", "write to a `file` (mode 0600) instead of standard output")
	takesOneOf(cmd, "format", namesOfPortfolioForms()...)
	takesOneOf(cmd, "section", namesOfSections()...)
	completeWith(cmd, "by", "template")
	return cmd
}

// sectionList lists the sections, a few to a line.
func sectionList() string {
	var lines []string
	for some := range slices.Chunk(namesOfSections(), 9) {
		lines = append(lines, strings.Join(some, ", "))
	}
	return strings.Join(lines, ",\n")
}

// form returns the form that is asked for.
func (f *portfolioFlags) form() (*portfolioForm, error) {
	i := slices.IndexFunc(portfolioForms, func(x portfolioForm) bool { return x.name == f.format })
	switch {
	case i < 0:
		return nil, oneOf("--format", f.format, namesOfPortfolioForms()...)
	case f.section != "" && f.format != asCSV:
		return nil, errors.New("--section goes with --format csv: other formats have all sections")
	case f.section == "":
		f.section = namesOfSections()[0]
	}
	return &portfolioForms[i], oneOf("--section", f.section, namesOfSections()...)
}

// reportPortfolio writes the report of the portfolio.
func (a *app) reportPortfolio(i interrupts, f *portfolioFlags) error {
	form, err := f.form()
	if err != nil {
		return err
	}
	since, err := parseTime(f.since, a.clock.Now())
	if err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	if err := canWrite(f.file); err != nil {
		return fmt.Errorf("the report cannot be saved: %w; nothing was read", err)
	}
	f.masked = a.masker != nil
	r, err := a.portfolioReport(i, f, since)
	if err != nil {
		return err
	}
	a.stderr.rest()
	file := cmp.Or(f.file, "-")
	if f.format == asICal && file == "-" {
		a.stdout.KeepCRLF()
	}
	if err := a.writeFile(file, func(w io.Writer) error { return form.write(w, r, f) }); err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	if f.by != "" && slices.Equal(r.Groups, []string{""}) { // it may be misspelled
		fmt.Fprintf(a.stderr, "--by %s: no name of the report has that, so all are in one group without a name; --by takes the key of a label, or template.\n", f.by)
	}
	if !a.flags.quiet {
		fmt.Fprintf(a.stderr, "The report tells of %s, read %s.\n", words.Count(r.Totals.Names, "name"), formatTime(r.ReadAt))
	}
	return nil
}

// portfolioReport makes the report.
func (a *app) portfolioReport(i interrupts, f *portfolioFlags, since time.Time) (*report.Report, error) {
	s, err := a.survey(i, f.targets, f.source, job.SurveyOptions{Drift: true})
	if err != nil {
		return nil, err
	}
	o := report.Options{Version: programVersion(), By: f.by, Targets: f.targets, Masker: a.masker}
	if f.source.live == "" {
		if o.Past, err = a.pastRuns(i.soft, since); err != nil {
			return nil, err
		}
	}
	return report.New(s.Input, s.Plan, o), nil
}

// pastRuns returns what runs did since a time; nil: there is no journal.
func (a *app) pastRuns(ctx context.Context, since time.Time) (*report.PastRuns, error) {
	past := &report.PastRuns{Since: since}
	err := a.readJournal(ctx, func(j *journal.Journal) error {
		runs, _, err := history.List(ctx, j, history.Filter{Since: since})
		if err != nil {
			return err
		}
		for _, r := range runs {
			past.Runs = append(past.Runs, reportedRun(r))
		}
		spent, err := history.Spent(ctx, j, since, a.masker.Learn)
		if err != nil {
			return err
		}
		for i := range spent.Purchases {
			past.Orders = append(past.Orders, reportedOrder(&spent.Purchases[i]))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return past, err
}

// reportedRun is a run as the report has it.
func reportedRun(r *history.Run) report.RunRow {
	row := report.RunRow{
		ID: r.ID, Kind: r.Kind, Status: string(r.Status), Began: r.Began.UTC(), Ended: r.Ended.UTC(), By: r.By, Link: r.Link,
		ExitCode: r.ExitCode, Because: r.Because, Seconds: math.Round(r.Seconds*1000) / 1000, Names: r.Names,
	}
	for result, n := range r.Outcome {
		row.Changes += n
		switch result {
		case executor.Verified, executor.Done:
			row.Made += n
		case executor.Failed, executor.Differs:
			row.Failed += n
		default:
			row.Open += n
		}
	}
	for _, m := range r.Money {
		row.Money = append(row.Money, report.Money{Currency: m.Currency, Amount: m.Amount, Known: m.Known, Orders: m.Orders, Failed: m.Failed})
	}
	return row
}

// reportedOrder is an order as the report has it.
func reportedOrder(p *history.Purchase) report.Order {
	return report.Order{
		Run: p.Run, At: p.At.UTC(), Name: p.Domain, Kind: p.Kind, Years: p.Years, Amount: p.Amount, Known: p.Known, Currency: p.Currency,
		State: string(p.State), Failed: !p.Counts(),
	}
}

func writePortfolioJSON(w io.Writer, r *report.Report, _ *portfolioFlags) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func writePortfolioCSV(w io.Writer, r *report.Report, f *portfolioFlags) error {
	tables := report.Tables()
	table := &tables[slices.IndexFunc(tables, func(t report.Table) bool { return t.Name == f.section })]
	form := &csvForm{table.Columns, csv.NewWriter(w)}
	if err := form.head(); err != nil {
		return err
	}
	for _, row := range table.Rows(r) {
		if err := form.row(row); err != nil {
			return err
		}
	}
	return form.foot()
}
