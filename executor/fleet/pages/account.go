package pages

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// accountRuns is how many of its runs the page of an account shows.
const accountRuns = 20

// account is the page of one account.
func (s *Site) account(p *page) error {
	ctx, name := p.request.Context(), p.request.PathValue("job")
	e, err := s.entryOf(ctx, name)
	if err != nil {
		return err
	}
	runs, err := s.Table.Runs(ctx, fleet.RunQuery{Job: name, Limit: accountRuns})
	if err != nil {
		return err
	}
	c := &accountContent{Name: inert.Text(name), Path: toJob(name), Runs: p.runRows(runs), Gone: e == nil}
	if c.Told = doneWords[p.request.URL.Query().Get("done")]; e != nil {
		c.fill(p, e)
	}
	p.view.Thing, p.view.Path = "account", pathTo()
	if e != nil && (e.Asked != nil || e.Turn != nil) { // it looks otherwise soon
		p.view.Refresh, p.view.Scripts = reloads, []string{"soon.js"}
	}
	p.show("account", c.headline(e), c.tone(), c)
	return nil
}

// report answers with the report of an account's portfolio, as the page that it is in one
// file.
func (s *Site) report(w http.ResponseWriter, r *http.Request) {
	p := s.begin(r)
	name := r.PathValue("job")
	e, err := s.entryOf(r.Context(), name)
	if err == nil && e == nil {
		err = noJob(name)
	}
	var text bytes.Buffer
	if err == nil {
		err = s.Accounts.Report(r.Context(), name, &text)
	}
	p.writeFile(w, &text, err)
}

// entryOf returns a job of the fleet; nil where it is one no more, and its past is kept.
func (s *Site) entryOf(ctx context.Context, name string) (*entry, error) {
	all, err := s.readJobs(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
	}
	former, err := s.Table.Acts(ctx, fleet.ActQuery{Job: name, Limit: 1})
	if err == nil && len(former) == 0 {
		err = noJob(name)
	}
	return nil, err
}

// doneWords say what a form has done, by the parameter of the page that follows it.
var doneWords = map[string]string{
	string(fleet.DeedAsk):    "A run is asked for. A process of the fleet begins it within seconds.",
	string(fleet.DeedPause):  "The job is paused: no run begins by its schedule. A run that is at work goes on.",
	string(fleet.DeedResume): "The job runs by its schedule again. A time that has passed meanwhile is run once.",
}

// accountContent is what the page of one account has.
type accountContent struct {
	Name, Path string
	Told       string // what was just done; "": nothing
	Gone       bool   // the fleet has the job no more
	State      state
	Facts      []fact
	Running    *runLink // nil: nobody works on it
	Conditions conditions
	Runs       []runRow
	// What whoever looks may do.
	MayRun, MayPause, MayResume bool
	Waits                       int

	// Failure is the error of the last run, and Failed leads to it; nil: it did not fail.
	Failure string
	Failed  *runLink

	last *lastRun
}

// A fact is one line of what is known.
type fact struct {
	Name, Text string
	When       *when // in place of the text
	More       string
}

// runLink leads to a run.
type runLink struct {
	To   string
	When *when
}

func (c *accountContent) fill(p *page, e *entry) {
	c.State, c.last, c.Waits = stateOf(e, p.now), p.lastOf(e.Last), e.waiting
	c.Conditions = p.conditionsOf(e.Summary)
	if c.last != nil && c.last.End.Tone == webpage.Alarm && e.Last.Message != "" {
		c.Failure, c.Failed = inert.Lines(e.Last.Message), &runLink{c.last.To, c.last.When}
	}
	c.MayRun = p.may(fleet.Approver) && e.Asked == nil
	c.MayPause, c.MayResume = p.may(fleet.Admin) && e.Paused == nil, p.may(fleet.Admin) && e.Paused != nil
	if e.Turn != nil {
		c.Running = &runLink{toRun(e.Turn.Run), whenOf(e.Turn.Began, p.now)}
	}
	if e.Asked != nil {
		c.Facts = append(c.Facts, fact{Name: "Asked for", Text: "by " + inert.Text(e.Asked.By), More: far(e.Asked.At.Sub(p.now))})
	}
	if paused := e.SeenBy(p.role()).Paused; paused != nil {
		c.Facts = append(c.Facts, fact{Name: "Paused", Text: "by " + inert.Text(paused.By) + because(paused.Detail), More: far(paused.At.Sub(p.now))})
	}
	c.Facts = append(c.Facts, fact{Name: "Next run", When: whenOf(e.Next, p.now), Text: "when somebody asks for it"})
	if e.Schedule != "" {
		c.Facts = append(c.Facts, fact{Name: "Schedule", Text: inert.Text(e.Schedule)})
	}
	if e.Account != "" {
		c.Facts = append(c.Facts, fact{Name: "Account", Text: inert.Text(e.Account)})
	}
	for _, b := range e.Budgets {
		c.Facts = append(c.Facts, fact{Name: "Budget", Text: fmt.Sprintf("%.2f %s a %s, of which %.2f are spent or planned and %.2f are left", b.Amount, inert.Text(b.Currency), inert.Text(b.Per), b.Spent, b.Left)})
	}
}

// because is a reason behind what was done; "": there is none.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + inert.Text(reason)
}

func (c *accountContent) headline(e *entry) string {
	switch {
	case c.Gone:
		return c.Name + ": the fleet has this job no more"
	case c.Running != nil:
		return c.Name + ": a run is at work"
	case e.Paused != nil:
		return c.Name + ": paused"
	case c.last == nil:
		return c.Name + ": it has not run yet"
	}
	return c.Name + ": " + lower(c.last.End.Word)
}

// lower begins a text with a small letter.
func lower(text string) string {
	if text == "" {
		return ""
	}
	return string(text[0]|0x20) + text[1:]
}

func (c *accountContent) tone() webpage.Tone {
	switch {
	case c.Gone:
		return webpage.Calm
	case c.Running != nil || c.last == nil:
		return c.State.Tone
	}
	return c.last.End.Tone
}

// conditions are what a person has to know of an account.
type conditions struct {
	Title  string
	Tone   webpage.Tone
	Groups []conditionGroup
	More   string // how many there are beyond those; "": none
}

// A conditionGroup are the conditions of one kind.
type conditionGroup struct {
	Title, Severity string
	Tone            webpage.Tone
	Count           string
	Names           []conditionName
	More            string // how many of them are not named here; "": none
	Open            bool
}

type conditionName struct {
	Name, Attribute, Reason string
	Deadline                *when
}

// severityTones say how urgent a severity looks.
var severityTones = map[string]webpage.Tone{
	string(job.Page): webpage.Alarm, string(job.Ticket): webpage.Minded, string(job.Notice): webpage.Active, string(job.Known): webpage.Calm,
}

// summaries are what kinds of conditions are called.
var summaries = func() map[string]string {
	all := make(map[string]string)
	for _, k := range job.ConditionKinds() {
		all[k.ID] = k.Summary
	}
	return all
}()

// openNames is how many names of a kind are shown without being asked.
const openNames = 10

// conditionsOf returns the conditions that metrics tell of, the severest kinds first.
func (p *page) conditionsOf(s *metrics.Summary) conditions {
	var c conditions
	total := 0
	for _, severity := range job.Severities() {
		for _, n := range s.Conditions {
			if n.Severity != string(severity) {
				continue
			}
			total += n.Number
			c.Groups = append(c.Groups, p.groupOf(n, s.Listed))
		}
	}
	c.Title, c.Tone = "Nothing needs a person", webpage.Done
	if total > 0 {
		c.Title, c.Tone = words.Count(total, "condition")+" to know of", c.Groups[0].Tone
	}
	return c
}

func (p *page) groupOf(n metrics.ConditionCount, listed []metrics.Listed) conditionGroup {
	title := summaries[n.Condition]
	if title == "" {
		title = inert.Text(n.Condition) // of another version
	}
	g := conditionGroup{Title: title, Severity: inert.Text(n.Severity), Tone: severityTones[n.Severity], Count: words.Number(n.Number)}
	for _, l := range listed {
		if l.Condition == n.Condition && l.Severity == n.Severity {
			g.Names = append(g.Names, conditionName{Name: subject(l.Domain), Attribute: inert.Text(l.Attribute), Deadline: dayOf(l.Deadline, p.now)})
		}
	}
	if more := n.Number - len(g.Names); more > 0 {
		g.More = words.Number(more) + " more"
		if len(g.Names) == 0 {
			g.More = ""
		}
	}
	g.Open = len(g.Names) <= openNames
	return g
}

// subject is what a condition is about.
func subject(domain string) string {
	if domain == "" {
		return "the account"
	}
	return nameOf(domain)
}
