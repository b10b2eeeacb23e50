// Package history tells what runs have done, as plain data: rows for lists, and all
// that is known of one run. It is computed from the records of the journal alone, so
// that a run which a former program has recorded tells what it has.
package history

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
)

// Status says where a run stands.
type Status string

// The statuses. Of a run that is open nobody has recorded an end of its command: it is
// at work now, or its process died.
const (
	Ended      Status = "ended"
	EndedEarly Status = "ended early" // a later command settled it: what was not sent never will be
	Abandoned  Status = "abandoned"
	Open       Status = "open"            // its command has ended, and left something to resume or to settle
	Unfinished Status = "running or died" // its command has recorded no end
)

// A Run is one run of the journal, as a list shows it.
type Run struct {
	ID     int64  `json:"id"`
	Kind   string `json:"kind"` // the command that began it: apply, resume, transfer, undo
	Status Status `json:"status"`
	// Died says that no end of the command that began the run was recorded, though a
	// later command has worked on it.
	Died bool `json:"died,omitempty"`
	journal.Actor
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`
	Follows int64     `json:"follows,omitempty"` // the run whose plan has announced it
	Undoes  int64     `json:"undoes,omitempty"`  // the run that it takes back
	// UndoneBy are the runs that have taken it back, or a part of it.
	UndoneBy []int64 `json:"undone_by,omitempty"`
	// ExitCode is that of the last command that began the run or went on with it, and
	// Because why it is not 0; nil: none was recorded.
	ExitCode *int   `json:"exit_code"`
	Because  string `json:"reason,omitempty"`
	// Problem is why the changes are not known; "": they are.
	Problem string `json:"problem,omitempty"`
	// Seconds is what its commands took; of a former program's run, from its beginning
	// to its end.
	Seconds float64 `json:"seconds"`
	// Changes are how many it was to make, of Names names, by attribute and by hazard.
	Changes    int                 `json:"changes"`
	Names      int                 `json:"names"`
	First      []string            `json:"first_names"` // the first of them in order
	Attributes map[string]int      `json:"attributes"`
	Hazards    map[attr.Hazard]int `json:"hazards"`
	// Outcome counts what became of the changes, by the results of a report.
	Outcome map[executor.ChangeResult]int `json:"outcome"`
	Money   []Money                       `json:"money"` // by currency
	// Commands are all that have worked on it and ended.
	Commands []Command `json:"commands"`
	Details  *Details  `json:"details,omitempty"` // nil: they were not asked for
}

// A Command is one command that worked on a run, and how it ended.
type Command = journal.Command

// Money is what was ordered in one currency.
type Money struct {
	Currency string      `json:"currency"`
	Amount   attr.Amount `json:"amount"`
	Known    bool        `json:"known"`  // false: it is the most that it may be
	Orders   int         `json:"orders"` // that were or may have been executed
	Failed   int         `json:"failed"` // orders that were not; their amounts do not count
}

// firstNames is how many names a row names.
const firstNames = 3

// rowOf returns a run as a list shows it.
func rowOf(r *executor.Recorded, bought []journal.Purchase) *Run {
	status, died := StatusOf(&r.Run)
	row := &Run{
		Status: status, Died: died, Problem: r.Problem,
		ID: r.ID, Kind: r.Command, Actor: r.Actor, Began: r.Began, Ended: r.Ended(), Follows: r.Follows, Undoes: r.Undoes,
		Commands: append([]Command{}, r.Commands...), First: []string{},
		Attributes: make(map[string]int), Hazards: make(map[attr.Hazard]int), Outcome: make(map[executor.ChangeResult]int), Money: moneyOf(bought),
	}
	if row.Kind == "" {
		row.Kind = string(r.Kind)
	}
	row.endOf(&r.Run)
	names := make(map[string]bool)
	for c := range r.Plan.Differences() {
		if c.Status != attr.Ready {
			continue
		}
		row.Changes++
		row.Attributes[c.Attribute]++
		row.Hazards[c.Hazard]++
		if c.Domain != "" {
			names[c.Domain] = true
		}
	}
	row.Names = len(names)
	for name := range names {
		row.First = append(row.First, name)
	}
	slices.Sort(row.First)
	row.First = slices.Clip(row.First[:min(firstNames, len(row.First))])
	for i := range r.Report.Changes {
		row.Outcome[r.Report.Changes[i].Result]++
	}
	return row
}

// undone notes which of all runs have taken it back.
func (row *Run) undone(all []journal.Run) {
	for i := range all {
		if all[i].Undoes == row.ID {
			row.UndoneBy = append(row.UndoneBy, all[i].ID)
		}
	}
}

// StatusOf says where a run stands, and whether the process that began it died.
func StatusOf(r *journal.Run) (s Status, died bool) {
	worked, owned := r.Began, false // when work on it began last; whether its first command has recorded its end
	for _, m := range r.Marks {
		if m.Name == journal.Resumed {
			worked = m.At
		}
	}
	var last time.Time
	for _, c := range r.Commands {
		last, owned = c.Ended, owned || c.Part == journal.PartBegan
	}
	recorded := r.Command != "" // a former program recorded no ends
	died = recorded && !owned && (len(r.Commands) > 0 || r.Marked(journal.Dropped) || r.Marked(journal.Resumed) || r.Marked(journal.Abandoned))
	switch {
	case r.Marked(journal.Abandoned):
		return Abandoned, died
	case r.Marked(journal.Ended) && r.Marked(journal.Dropped):
		return EndedEarly, died
	case r.Marked(journal.Ended):
		return Ended, died
	case recorded && last.Before(worked):
		return Unfinished, died
	}
	return Open, died
}

// endOf adds how the commands of a run ended.
func (row *Run) endOf(r *journal.Run) {
	for i := range row.Commands {
		c := &row.Commands[i]
		row.Seconds += c.Seconds
		if c.Part != journal.PartSettled && c.Part != journal.PartRelocked {
			row.ExitCode, row.Because = &c.ExitCode, c.Reason
		}
	}
	if len(row.Commands) == 0 && !r.Ended().IsZero() {
		row.Seconds = r.Ended().Sub(r.Began).Seconds()
	}
}

// moneyOf sums what a run has ordered, by currency.
func moneyOf(bought []journal.Purchase) []Money {
	sums := []Money{}
	for i := range bought {
		p := &bought[i]
		at := slices.IndexFunc(sums, func(m Money) bool { return m.Currency == p.Currency })
		if at < 0 {
			at = len(sums)
			sums = append(sums, Money{Currency: p.Currency, Known: true})
		}
		if !counts(p.State) {
			sums[at].Failed++
			continue
		}
		sums[at].Orders++
		sums[at].Amount += attr.Amount(p.Amount)
		sums[at].Known = sums[at].Known && p.Known
	}
	return sums
}

// counts reports whether an order in a state was or may have been executed.
func counts(s journal.State) bool { return s != journal.Failed && s != journal.Planned }

// A Filter selects runs. Its zero value selects all.
type Filter struct {
	Since, Until time.Time // when they began; zero: any time
	// Names reports whether a name is meant; nil: any is.
	Names func(name string) bool
	// By is a part of who began the run or worked on it, in any case of letters.
	By string
	// Kind is the command that began the run or worked on it; Outcome a status, or a
	// result of one of its changes. "": any.
	Kind, Outcome string
	// Attribute and Hazard are those of one of its changes. "": any.
	Attribute string
	Hazard    attr.Hazard
	// Limit is the most runs; 0: all.
	Limit int
}

// List returns the runs that a filter selects, the newest first. Left is how many more
// there are, of those that were not looked at because there are enough.
func List(ctx context.Context, j *journal.Journal, f Filter) (rows []*Run, left int, err error) {
	runs, err := j.Runs(ctx)
	if err != nil {
		return nil, 0, err
	}
	bought, err := purchasesByRun(ctx, j)
	if err != nil {
		return nil, 0, err
	}
	for i, r := range slices.Backward(runs) {
		if f.Limit > 0 && len(rows) == f.Limit {
			return rows, i + 1, nil
		}
		if !f.selects(&r) {
			continue
		}
		recorded, err := executor.ReadRecorded(ctx, j, r.ID)
		if err != nil {
			return nil, 0, err
		}
		row := rowOf(recorded, bought[r.ID])
		row.undone(runs)
		if f.selectsRow(recorded, row) {
			rows = append(rows, row)
		}
	}
	return rows, 0, nil
}

func purchasesByRun(ctx context.Context, j *journal.Journal) (map[int64][]journal.Purchase, error) {
	all, err := j.Purchases(ctx, time.Time{}, nil)
	byRun := make(map[int64][]journal.Purchase)
	for _, p := range all {
		byRun[p.Run] = append(byRun[p.Run], p)
	}
	return byRun, err
}

// Read returns all that is known of one run, with the persons that it tells of as they
// are.
func Read(ctx context.Context, j *journal.Journal, id int64) (*Run, error) {
	recorded, err := executor.ReadRecorded(ctx, j, id)
	if err != nil {
		return nil, err
	}
	bought, err := purchasesByRun(ctx, j)
	if err != nil {
		return nil, err
	}
	approvals, err := j.Approvals(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	runs, err := j.Runs(ctx)
	if err != nil {
		return nil, err
	}
	row := rowOf(recorded, bought[id])
	row.undone(runs)
	row.Details = detailsOf(recorded, bought[id], approvals)
	return row, nil
}

// WorkOf returns what a command was expected to take beside what it took; none where
// that was not recorded.
func WorkOf(c *Command) (all []job.Work) {
	if json.Unmarshal(c.Work, &all) != nil {
		return nil
	}
	return all
}

// Masked returns the run as everybody may read it. It is the run itself where m is nil.
func (row *Run) Masked(m *personal.Masker) *Run {
	if m == nil || row.Details == nil {
		return row
	}
	masked := *row
	masked.Details = row.Details.masked(m)
	return &masked
}
