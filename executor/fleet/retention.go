package fleet

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// A Retention says for how long a table keeps what nothing is decided by any more; 0 is
// for ever.
type Retention struct {
	Lines time.Duration // what is told of a run after its end
	Runs  time.Duration // that it was, and how it ended
	Acts  time.Duration // who did what
}

// Before is what is forgotten at a time.
func (r Retention) Before(now time.Time) Cutoffs {
	ago := func(d time.Duration) time.Time {
		if d == 0 {
			return time.Time{}
		}
		return now.Add(-d)
	}
	return Cutoffs{Lines: ago(r.Lines), Runs: ago(r.Runs), Acts: ago(r.Acts)}
}

const (
	day           = 24 * time.Hour
	mostRetention = 3660 * day
)

// usualRetention holds unless something else is said: of a year's runs all are there.
var usualRetention = Retention{Lines: 30 * day, Runs: 400 * day, Acts: 400 * day}

// retentionArgument is one of the retention block.
type retentionArgument struct {
	Argument
	least time.Duration
	of    func(*Retention) *time.Duration
}

// retentionArguments are those of the retention block, in the order of the reference.
var retentionArguments = []retentionArgument{
	{Argument{Name: "lines", Meaning: "What happened in a run, line by line, after its end: for pages and jobs show --events."}, day, func(r *Retention) *time.Duration { return &r.Lines }},
	{Argument{Name: "runs", Meaning: "Runs with how they ended. The last one of each job stays. What they changed stands in the journal of the account, which has a retention of its own."}, 30 * day, func(r *Retention) *time.Duration { return &r.Runs }},
	{Argument{Name: "acts", Meaning: "Who did what: asked, paused, approved, served. That a job is paused stays as long as it is."}, 90 * day, func(r *Retention) *time.Duration { return &r.Acts }},
}

// RetentionArguments are those of the retention block, in the order of the reference.
func RetentionArguments() []Argument {
	all := make([]Argument, len(retentionArguments))
	usual := usualRetention
	for i, a := range retentionArguments {
		all[i] = a.Argument
		all[i].Type, all[i].Default = "text", fmt.Sprintf("%q", inHours(*a.of(&usual)))
		all[i].Meaning += fmt.Sprintf(" From %s to %s.", inHours(a.least), inHours(mostRetention))
	}
	return all
}

func inHours(d time.Duration) string { return fmt.Sprintf("%dh", int64(d/time.Hour)) }

// readRetention reads for how long the table keeps what is over.
func (l *loader) readRetention(block *hcl.Block) {
	if !l.First(block, &l.retention) {
		return
	}
	args := l.Content(block.Body, schemaOf(RetentionArguments()), l.retention).Attributes
	for _, a := range retentionArguments {
		if given := args[a.Name]; given != nil {
			l.retentionTime(given, a)
		}
	}
	if r := l.file.Retention; r.Lines > r.Runs {
		l.ReportAt(l.retention, "Lines without a run", "What happened in runs would be kept for %s, and the runs for %s: lines are forgotten with their run. Give lines at most what runs has.", inHours(r.Lines), inHours(r.Runs))
	}
}

// retentionTime reads how long something is kept.
func (l *loader) retentionTime(given *hcl.Attribute, a retentionArgument) {
	text, ok := l.Text(given)
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < a.least || d > mostRetention {
		l.ReportAt(given.Expr.Range().Ptr(), "Not a time", "%s = %q: write for how long, from %s to %s, such as %q.", a.Name, text, inHours(a.least), inHours(mostRetention), inHours(*a.of(&usualRetention)))
		return
	}
	*a.of(&l.file.Retention) = d
}
