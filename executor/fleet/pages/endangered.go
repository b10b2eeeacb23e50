package pages

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// namesShown is how many names of all accounts are listed. The others are counted: a page
// of a fleet never has all of its names.
const namesShown = 200

// endangered is the page of what threatens names, and what others have changed, over all
// accounts.
func (s *Site) endangered(p *page) error {
	all, search, err := p.searched()
	if err != nil {
		return err
	}
	c := &endangeredContent{Search: search}
	c.Names, c.MoreNames = p.listed(all, endangered)
	c.Drift, c.MoreDrift = p.listed(all, drift)
	total := 0
	for i := range all {
		if all[i].isUnseen() {
			c.Unseen = append(c.Unseen, jobLink{inert.Text(all[i].Name), toJob(all[i].Name)})
		}
		row := p.severeRow(&all[i])
		total += row.Endangered
		if row.Endangered+row.Drift+row.Page+row.Ticket > 0 {
			c.Accounts = append(c.Accounts, row)
		}
	}
	slices.SortStableFunc(c.Accounts, func(x, y severeRow) int {
		return cmp.Or(y.Endangered-x.Endangered, y.Page-x.Page, y.Drift-x.Drift, y.Ticket-x.Ticket)
	})
	c.Accounts, c.Pages = onePage(c.Accounts, accountsShown, p.request.URL)
	p.view.Thing = "endangered and drift"
	unseen := len(c.Unseen)
	if n := unseen - unseenShown; n > 0 {
		c.Unseen, c.MoreUnseen = c.Unseen[:unseenShown], words.Number(n)+" more"
	}
	switch {
	case total == 0 && unseen > 0:
		p.show("endangered", "No name"+like(search)+" is known to be endangered, but of "+words.Count(unseen, "account")+" nobody knows", webpage.Minded, c)
	case total == 0:
		p.show("endangered", "No name"+like(search)+" is endangered", webpage.Done, c)
	default:
		p.show("endangered", words.Count(total, "name")+like(search)+" "+words.Plural(total, "is", "are")+" endangered: they expire, and nothing keeps them", webpage.Alarm, c)
	}
	return nil
}

// unseenShown is how many accounts are named of which nothing is known.
const unseenShown = 20

// endangeredContent is what that page has.
type endangeredContent struct {
	Search string
	// Unseen are accounts of which it is not known which names expire: their last runs
	// ended too early, or they have not run yet.
	Unseen               []jobLink
	MoreUnseen           string // how many there are beyond those; "": none
	Names, Drift         []listedRow
	MoreNames, MoreDrift string // how many there are beyond those; "": none
	Accounts             []severeRow
	Pages                *pagesOf
}

// A jobLink leads to a job.
type jobLink struct{ Job, To string }

// A listedRow is one condition of a name.
type listedRow struct {
	Name, Attribute string
	Job, ToJob      string
	Severity        string
	Tone            webpage.Tone
	Deadline        *when

	at time.Time
}

// A severeRow counts what is to be seen to in one account.
type severeRow struct {
	Job, To                         string
	Endangered, Drift, Page, Ticket int
	Nearest                         *when
}

// listed returns the conditions of a kind of all accounts, the nearest first.
func (p *page) listed(all []entry, condition string) (rows []listedRow, more string) {
	total := 0
	for i := range all {
		total += all[i].Of(condition)
		for _, l := range all[i].Listed {
			if l.Condition != condition {
				continue
			}
			rows = append(rows, listedRow{
				Name: l.Domain, Attribute: l.Attribute, Job: all[i].Name, Severity: l.Severity, Tone: severityTones[l.Severity], at: l.Deadline,
			})
		}
	}
	slices.SortStableFunc(rows, func(x, y listedRow) int {
		return cmp.Or(compareTimes(x.at, y.at), strings.Compare(x.Job, y.Job), strings.Compare(x.Name, y.Name))
	})
	rows = rows[:min(len(rows), namesShown)]
	for i := range rows {
		r := &rows[i]
		r.Name, r.Attribute, r.ToJob, r.Job, r.Severity, r.Deadline = subject(r.Name), inert.Text(r.Attribute), toJob(r.Job), inert.Text(r.Job), inert.Text(r.Severity), dayOf(r.at, p.now)
	}
	if n := total - len(rows); n > 0 {
		more = words.Number(n) + " more, which the pages of the accounts and their reports have"
	}
	return rows, more
}

func (p *page) severeRow(e *entry) severeRow {
	r := severeRow{
		Job: inert.Text(e.Name), To: toJob(e.Name), Endangered: e.Of(endangered), Drift: e.Of(drift),
		Page: e.Severe(string(job.Page)), Ticket: e.Severe(string(job.Ticket)),
	}
	if at := slices.IndexFunc(e.Listed, func(l metrics.Listed) bool { return l.Condition == endangered && !l.Deadline.IsZero() }); at >= 0 {
		r.Nearest = dayOf(e.Listed[at].Deadline, p.now)
	}
	return r
}
