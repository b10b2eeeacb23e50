package pages

import (
	"context"
	"net/url"
	"strconv"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// runsShown is how many runs, or acts, stand on one page.
const runsShown = 100

// history is the page of all runs.
func (s *Site) history(p *page) error {
	q := p.request.URL.Query()
	c := &historyContent{Job: inert.Text(q.Get("job")), Failed: q.Get("only") == "failed"}
	runs, older, err := newest(p.request.Context(), q, func(ctx context.Context, before int64, limit int) ([]fleet.Run, error) {
		return s.Table.Runs(ctx, fleet.RunQuery{Job: q.Get("job"), Failed: c.Failed, Before: before, Limit: limit})
	}, func(r *fleet.Run) int64 { return r.ID })
	if err != nil {
		return err
	}
	if c.Meant, err = p.meant(q.Get("job")); err != nil {
		return err
	}
	c.Runs, c.Pages = p.runRows(runs), older
	p.view.Thing = "history"
	p.show("history", c.headline(), webpage.Calm, c)
	return nil
}

// historyContent is what the page of all runs has.
type historyContent struct {
	Job    string
	Failed bool
	Meant  []jobLink
	Runs   []runRow
	Pages  *pagesOf
}

func (c *historyContent) headline() string {
	headline := "Runs"
	if c.Failed {
		headline = "Runs that did not end well"
	}
	if c.Job != "" {
		headline += " of " + c.Job
	}
	return headline
}

// newest returns so many of what is numbered as a page shows, behind the number that its
// address has, and a link to what is older; nil: nothing is.
func newest[T any](ctx context.Context, q url.Values, read func(ctx context.Context, before int64, limit int) ([]T, error), number func(*T) int64) ([]T, *pagesOf, error) {
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	found, err := read(ctx, before, runsShown+1)
	if err != nil {
		return nil, nil, err
	}
	var p pagesOf
	if before > 0 {
		p.Newer, p.NewerText = withQuery(q, "before", ""), "The newest"
	}
	if len(found) > runsShown {
		found = found[:runsShown]
		p.Older, p.OldText = withQuery(q, "before", strconv.FormatInt(number(&found[runsShown-1]), 10)), "Older ones"
	}
	if p == (pagesOf{}) {
		return found, nil, nil
	}
	return found, &p, nil
}

// A runRow is a run in a list.
type runRow struct {
	Number, To string
	Job, ToJob string
	State      state
	Began      *when
	Took, Late string // "": it has not ended; it began in time
	By, Commit string
	Why        string // it did not end well
	ShowsJob   bool   // the list is of many accounts
}

// toRun is the path of a run's page.
func toRun(id int64) string { return "/runs/" + strconv.FormatInt(id, 10) }

func (p *page) runRows(runs []fleet.Run) []runRow {
	rows := make([]runRow, len(runs))
	for i := range runs {
		r := &runs[i]
		rows[i] = runRow{
			Number: strconv.FormatInt(r.ID, 10), To: toRun(r.ID), Job: inert.Text(r.Job), ToJob: toJob(r.Job), State: runState(r), Began: whenOf(r.Began, p.now),
			By: by(r.By), Commit: commitOf(&r.Outcome), Why: inert.Text(r.Reason),
			ShowsJob: p.request.PathValue("job") == "",
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
