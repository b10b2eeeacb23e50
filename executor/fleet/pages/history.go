package pages

import (
	"strconv"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// A runRow is a run in a list.
type runRow struct {
	Number, To  string
	Job, ToJob  string
	State       state
	Began       *when
	Took, Late  string // "": it has not ended; it began in time
	By, Commit  string
	Why         string // it did not end well
	Missed, Try int
}

// toRun is the path of a run's page.
func toRun(id int64) string { return "/runs/" + strconv.FormatInt(id, 10) }

func (p *page) runRows(runs []fleet.Run) []runRow {
	rows := make([]runRow, len(runs))
	for i := range runs {
		r := &runs[i]
		rows[i] = runRow{
			Number: strconv.FormatInt(r.ID, 10), To: toRun(r.ID), Job: inert.Text(r.Job), ToJob: toJob(r.Job), State: runState(r), Began: whenOf(r.Began, p.now),
			By: by(r.By), Commit: commitOf(&r.Outcome), Why: inert.Text(r.Reason), Missed: r.Missed, Try: r.Attempt,
		}
		if !r.Ended.IsZero() {
			rows[i].Took = took(r.Began, r.Ended)
		}
		if late := r.Late(); late > 0 {
			rows[i].Late = words.Seconds(late.Seconds())
		}
	}
	return rows
}
