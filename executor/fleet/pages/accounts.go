package pages

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// accountsShown is how many accounts stand on one page.
const accountsShown = 100

// accounts is the page of all accounts.
func (s *Site) accounts(p *page) error {
	all, err := s.readJobs(p.request.Context())
	if err != nil {
		return err
	}
	rows := make([]accountRow, len(all))
	for i := range all {
		rows[i] = p.rowOf(&all[i])
	}
	c := accountsContent{query: p.request.URL.Query(), FilesDiffer: inert.Text(s.jobs.differing())}
	c.Search, c.Only = inert.Text(c.query.Get("q")), c.query.Get("only")
	for _, name := range []string{"sort", "dir"} {
		if value := c.query.Get(name); value != "" {
			c.Kept = append(c.Kept, webpage.Field{Name: name, Value: inert.Text(value)})
		}
	}
	c.count(rows)
	rows = slices.DeleteFunc(rows, func(r accountRow) bool { return !r.found(c.query.Get("q"), c.Only) })
	c.sort(rows)
	c.Found = words.Count(len(rows), "account")
	c.Rows, c.Pages = onePage(rows, accountsShown, p.request.URL)
	p.show("accounts", c.headline(len(all)), c.tone(), &c)
	return nil
}

// accountRow is one account among all.
type accountRow struct {
	Name, To   string
	State      state
	Last       *lastRun
	Next       *when
	Waits      int // changes that nobody has approved
	Endangered int
	Nearest    *when // when the first of them ends
	Severe     int   // conditions that somebody has to look at today

	entry *entry
	rank  int
}

// lastRun is how the last run of a job ended.
type lastRun struct {
	To, Took, Commit, Reason string
	End                      state
	When                     *when
	Late                     string // "": it began in time
}

func (p *page) rowOf(e *entry) accountRow {
	r := accountRow{
		Name: inert.Text(e.Name), To: toJob(e.Name), State: stateOf(e, p.now), Next: whenOf(e.Next, p.now), Last: p.lastOf(e.Last),
		Waits: e.waiting, Endangered: e.Of(endangered), Severe: e.Severe("page"), entry: e,
	}
	if at := slices.IndexFunc(e.Listed, func(l metrics.Listed) bool { return l.Condition == endangered && !l.Deadline.IsZero() }); at >= 0 {
		r.Nearest = dayOf(e.Listed[at].Deadline, p.now)
	}
	r.rank = r.State.rank
	if r.Last != nil {
		r.rank = min(r.rank, r.Last.End.rank)
	}
	if r.Endangered > 0 || r.Severe > 0 {
		r.rank = min(r.rank, 1)
	}
	if r.Waits > 0 {
		r.rank = min(r.rank, 2)
	}
	return r
}

func (p *page) lastOf(r *fleet.Run) *lastRun {
	if r == nil {
		return nil
	}
	l := &lastRun{
		To: toRun(r.ID), Took: took(r.Began, r.Ended), Commit: commitOf(&r.Outcome), Reason: inert.Text(r.Reason), End: endOf(&r.Outcome),
		When: whenOf(r.Ended, p.now),
	}
	if late := r.Late(); late > 0 {
		l.Late = words.Seconds(late.Seconds())
	}
	return l
}

// Tone is that of the account in the list.
func (r *accountRow) Tone() webpage.Tone {
	switch {
	case r.rank <= 1:
		return webpage.Alarm
	case r.rank == 2:
		return webpage.Minded
	}
	return ""
}

// accountsContent is what the page of all accounts has.
type accountsContent struct {
	FilesDiffer         string // which processes go by different files; "": none do
	Search, Only, Found string
	Kept                []webpage.Field // how the list is sorted
	Totals              []totalLink
	Columns             []columnLink
	Rows                []accountRow
	Pages               *pagesOf

	query   url.Values
	numbers map[string]int
}

// A totalLink is a number that leads to what it counts.
type totalLink struct {
	Number, Title, To string
	Tone              webpage.Tone
	Here              bool
}

// A choice is what the list of accounts can be narrowed to.
type choice struct {
	key, title string
	tone       webpage.Tone
	holds      func(r *accountRow) bool
}

var choices = []choice{
	{"", "Accounts", webpage.Calm, func(*accountRow) bool { return true }},
	{"attention", "Need somebody", webpage.Alarm, func(r *accountRow) bool { return r.rank <= 1 }},
	{"waiting", "Wait for approval", webpage.Minded, func(r *accountRow) bool { return r.Waits > 0 }},
	{"endangered", "With endangered names", webpage.Alarm, func(r *accountRow) bool { return r.Endangered > 0 }},
	{"running", "Running", webpage.Active, func(r *accountRow) bool { return r.State.Word == "Running" }},
	{"paused", "Paused", webpage.Minded, func(r *accountRow) bool { return r.entry.Paused != nil }},
}

// count counts the accounts of each choice.
func (c *accountsContent) count(rows []accountRow) {
	c.numbers = make(map[string]int)
	for _, x := range choices {
		for i := range rows {
			if x.holds(&rows[i]) {
				c.numbers[x.key]++
			}
		}
		n := c.numbers[x.key]
		tone := x.tone
		if n == 0 {
			tone = webpage.Calm
		}
		c.Totals = append(c.Totals, totalLink{words.Number(n), x.title, withQuery(c.query, "only", x.key), tone, c.Only == x.key})
	}
}

func (c *accountsContent) headline(all int) string {
	if n := c.numbers["attention"]; n > 0 {
		return fmt.Sprintf("%s of %s %s somebody", words.Number(n), words.Count(all, "account"), words.Plural(n, "needs", "need"))
	}
	if n := c.numbers["waiting"]; n > 0 {
		return fmt.Sprintf("%s of %s %s for approval", words.Number(n), words.Count(all, "account"), words.Plural(n, "waits", "wait"))
	}
	return fmt.Sprintf("%s, and none needs anybody", words.Count(all, "account"))
}

func (c *accountsContent) tone() webpage.Tone {
	switch {
	case c.numbers["attention"] > 0:
		return webpage.Alarm
	case c.numbers["waiting"] > 0:
		return webpage.Minded
	}
	return webpage.Done
}

// found reports whether the row is one that somebody looks for.
func (r *accountRow) found(search, only string) bool {
	at := slices.IndexFunc(choices, func(x choice) bool { return x.key == only })
	if at >= 0 && !choices[at].holds(r) {
		return false
	}
	return r.entry.found(search)
}

// found reports whether the name and the number of the account have all words.
func (e *entry) found(search string) bool {
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(e.Name, word) && !strings.Contains(e.Account, word) {
			return false
		}
	}
	return true
}

// searched returns the accounts that the address of the page asks for, and what it says
// of them; "": these are all.
func (p *page) searched() (found []entry, search string, err error) {
	all, err := p.readJobs(p.request.Context())
	search = p.request.URL.Query().Get("q")
	for i := range all {
		if all[i].found(search) {
			found = append(found, all[i])
		}
	}
	return found, inert.Text(search), err
}

// meantJobs are how many jobs are offered for a part of a name.
const meantJobs = 20

// meant returns links to the same page for the jobs whose names or accounts have a text,
// where no job is called that.
func (p *page) meant(search string) (links []jobLink, err error) {
	all, err := p.readJobs(p.request.Context())
	if search == "" || slices.ContainsFunc(all, func(e entry) bool { return e.Name == search }) {
		return nil, err
	}
	for i := range all {
		if all[i].found(search) && len(links) < meantJobs {
			links = append(links, jobLink{inert.Text(all[i].Name), withQuery(p.request.URL.Query(), "job", all[i].Name, "before", "")})
		}
	}
	return links, err
}

// like says in a headline that it is not of all accounts.
func like(search string) string {
	if search == "" {
		return ""
	}
	return " of accounts with " + strconv.Quote(search)
}

// A columnLink is the head of a column, which sorts by it.
type columnLink struct {
	Title, To string
	Sorted    string // "ascending" or "descending"; "": by another one
	Number    bool   // it is on the right
}

// sorting is a column, and how its rows are ordered.
type sorting struct {
	key, title string
	compare    func(x, y *accountRow) int
	number     bool // the largest comes first
}

// byAttention is how accounts are sorted unless something else is asked for.
const byAttention = "attention"

var sortings = []sorting{
	{"name", "Account", func(_, _ *accountRow) int { return 0 }, false},
	{byAttention, "State", func(x, y *accountRow) int { return x.rank - y.rank }, false},
	{"last", "Last run", func(x, y *accountRow) int { return lastEnd(y).Compare(lastEnd(x)) }, false},
	{"next", "Next run", func(x, y *accountRow) int { return compareTimes(x.entry.Next, y.entry.Next) }, false},
	{"waiting", "Waits for approval", func(x, y *accountRow) int { return y.Waits - x.Waits }, true},
	{"endangered", "Endangered", func(x, y *accountRow) int { return y.Endangered - x.Endangered }, true},
}

func lastEnd(r *accountRow) (t time.Time) {
	if r.entry.Last != nil {
		t = r.entry.Last.Ended
	}
	return t
}

// compareTimes brings the nearest first, and what has no time last.
func compareTimes(x, y time.Time) int {
	if x.IsZero() || y.IsZero() {
		return -x.Compare(y)
	}
	return x.Compare(y)
}

// sort sorts the rows as is asked for; names decide otherwise.
func (c *accountsContent) sort(rows []accountRow) {
	wanted, down := c.query.Get("sort"), c.query.Get("dir") == "desc"
	if !slices.ContainsFunc(sortings, func(s sorting) bool { return s.key == wanted }) {
		wanted, down = byAttention, false
	}
	for _, s := range sortings {
		x := columnLink{Title: s.title, Number: s.number, To: withQuery(c.query, "sort", s.key, "dir", "")}
		if s.key == wanted {
			x.Sorted = "ascending"
			if down != s.number {
				x.Sorted = "descending"
			}
			if !down {
				x.To = withQuery(c.query, "sort", s.key, "dir", "desc")
			}
			slices.SortStableFunc(rows, func(x, y accountRow) int {
				order := cmp.Or(s.compare(&x, &y), strings.Compare(x.entry.Name, y.entry.Name))
				if down {
					return -order
				}
				return order
			})
		}
		c.Columns = append(c.Columns, x)
	}
}
