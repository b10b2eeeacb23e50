package pages

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// stepsShown is how many steps of a run its page shows at most: the last ones.
const stepsShown = 500

// reloads is how often a browser without scripts loads the page of a run at work again.
const reloads = 5 * time.Second

// run is the page of one run.
func (s *Site) run(p *page) error {
	r, err := s.runOf(p.request)
	if err != nil {
		return err
	}
	lines, err := s.Table.Lines(p.request.Context(), r.ID, 0)
	if err != nil {
		return err
	}
	var t told
	t.read(lines)
	c := &runContent{Path: toRun(r.ID), Facts: p.runFacts(r), State: runState(r), Live: r.Ended.IsZero(), Last: t.Last, Far: t.Far}
	c.MayStop, c.Stopping = c.Live && p.may(fleet.Approver), c.Live && p.request.URL.Query().Get("done") == "stop"
	c.Message = inert.Lines(r.Message)
	c.Steps = t.Steps
	if n := len(c.Steps) - stepsShown; n > 0 {
		c.Steps, c.LeftOut = c.Steps[n:], words.Count(n, "earlier step")
	}
	c.Changes = changesOf(t.Changes)
	if t.Ended != nil {
		c.Conditions = p.conditionsTold(t.Ended.Conditions)
	}
	p.view.Thing = "run " + strconv.FormatInt(r.ID, 10)
	p.view.Path = pathTo(webpage.Link{Text: inert.Text(r.Job), To: toJob(r.Job)})
	if c.Live {
		c.Far = cmp.Or(c.Far, &distance{Text: "At work"})
		p.view.Refresh, p.view.Scripts = reloads, []string{"live.js"}
	}
	p.show("run", fmt.Sprintf("%s: run %d %s", inert.Text(r.Job), r.ID, runWords(r)), c.State.Tone, c)
	return nil
}

// stop answers to the form that has a run at work end in order.
func (s *Site) stop(w http.ResponseWriter, r *http.Request) {
	p := s.begin(r)
	run, err := s.runOf(r)
	if err == nil && !run.Ended.IsZero() {
		err = &problem{http.StatusConflict, "The run has ended", "There is nothing to stop any more."}
	}
	if err == nil {
		err = s.Table.Do(r.Context(), fleet.Act{By: p.person.Name, Deed: fleet.DeedCancel, Job: run.Job, Run: run.ID})
	}
	if err != nil {
		p.write(w, p.fail(err))
		return
	}
	http.Redirect(w, r, toRun(run.ID)+"?done=stop", http.StatusSeeOther)
}

// runOf returns the run that a request is about.
func (s *Site) runOf(r *http.Request) (*fleet.Run, error) {
	id, err := strconv.ParseInt(r.PathValue("run"), 10, 64)
	if err != nil || id <= 0 {
		return nil, noRun(r.PathValue("run"))
	}
	runs, err := s.Table.Runs(r.Context(), fleet.RunQuery{ID: id})
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, noRun(strconv.FormatInt(id, 10))
	}
	return &runs[0], nil
}

func noRun(id string) *problem {
	return &problem{http.StatusNotFound, fmt.Sprintf("There is no run %q", inert.Text(id)), "Runs are forgotten after a while. The history has those that are kept."}
}

// runWords says how a run stands, behind its number.
func runWords(r *fleet.Run) string {
	if r.Ended.IsZero() {
		return "is at work"
	}
	return "ended: " + lower(runState(r).Word)
}

// runContent is what the page of a run has.
type runContent struct {
	Path       string
	State      state
	Facts      []fact
	Message    string // an error; "": there was none
	Live       bool
	MayStop    bool
	Stopping   bool // it was just asked to
	Far        *distance
	Steps      []step
	LeftOut    string // steps; "": none
	Last       int64  // the number of the last line that the page knows
	Changes    []changeRow
	Conditions *conditions // nil: the run has not told its end
}

// A changeRow is one kind of change that a run has planned.
type changeRow struct {
	changeKind
	Count string
	Names []string
	More  string // "": these are all
}

func (p *page) runFacts(r *fleet.Run) []fact {
	facts := []fact{{Name: "Began", When: whenOf(r.Began, p.now)}}
	if late := r.Late(); late > 0 {
		facts[0].More = words.Seconds(late.Seconds()) + " after its time"
		if r.Missed > 0 {
			facts[0].More += ", with " + words.Count(r.Missed, "later time") + " missed"
		}
	}
	if !r.Ended.IsZero() {
		facts = append(facts, fact{Name: "Ended", When: whenOf(r.Ended, p.now)}, fact{Name: "Took", Text: took(r.Began, r.Ended)})
	}
	facts = append(facts, fact{Name: "Asked for by", Text: by(r.By)}, fact{Name: "Process", Text: inert.Text(r.Holder)})
	if r.Attempt > 1 {
		facts = append(facts, fact{Name: "Attempt", Text: words.Number(r.Attempt)})
	}
	if r.Commit != "" {
		facts = append(facts, fact{Name: "Commit", Text: commitOf(&r.Outcome)})
	}
	if r.LinesMissing > 0 {
		facts = append(facts, fact{Name: "Lines", Text: missingText(r.LinesMissing)})
	}
	if r.Recorded > 0 {
		facts = append(facts, fact{Name: "In the account's journal", Text: "run " + strconv.FormatInt(r.Recorded, 10)})
	}
	if !r.Ended.IsZero() {
		facts = append(facts, fact{Name: "Exit code", Text: strings.TrimSpace(strconv.Itoa(r.ExitCode) + " " + inert.Text(r.Reason))})
	}
	return facts
}

// changesOf lists what a run has planned: what is ready first.
func changesOf(all map[changeKind]*changeNames) []changeRow {
	var rows []changeRow
	for kind, of := range all {
		row := changeRow{changeKind: kind, Count: words.Number(of.Number), Names: of.First}
		if more := of.Number - len(of.First); more > 0 {
			row.More = words.Number(more) + " more"
		}
		rows = append(rows, row)
	}
	rank := func(r *changeRow) int {
		if r.Status == string(attr.Ready) {
			return 0
		}
		return 1
	}
	slices.SortFunc(rows, func(x, y changeRow) int {
		return cmp.Or(rank(&x)-rank(&y), strings.Compare(x.Status+"\x00"+x.Attribute+"\x00"+x.Action+"\x00"+x.Hazard, y.Status+"\x00"+y.Attribute+"\x00"+y.Action+"\x00"+y.Hazard))
	})
	return rows
}

// conditionsTold are the conditions that a run ended with, as it told them.
func (p *page) conditionsTold(all []lineCondition) *conditions {
	c := &conditions{Title: "Nothing needs a person", Tone: webpage.Done}
	if len(all) == 0 {
		return c
	}
	at := make(map[[2]string]int)
	numbers := make(map[[2]string]int)
	for i := range all {
		x := &all[i]
		key := [2]string{x.Severity, x.ID}
		if _, known := at[key]; !known {
			at[key] = len(c.Groups)
			title := cmp.Or(summaries[x.ID], inert.Text(x.ID))
			c.Groups = append(c.Groups, conditionGroup{Title: title, Severity: inert.Text(x.Severity), Tone: severityTones[x.Severity]})
		}
		numbers[key]++
		if g := &c.Groups[at[key]]; len(g.Names) < namesKept {
			g.Names = append(g.Names, conditionName{Name: subject(x.Domain), Attribute: inert.Text(x.Attribute), Reason: inert.Text(x.Reason), Deadline: dayOf(x.Deadline, p.now)})
		}
	}
	for key, i := range at {
		g := &c.Groups[i]
		g.Count, g.Open = words.Number(numbers[key]), numbers[key] <= openNames
		if more := numbers[key] - len(g.Names); more > 0 {
			g.More = words.Number(more) + " more"
		}
	}
	slices.SortStableFunc(c.Groups, func(x, y conditionGroup) int { return severityRank(x.Severity) - severityRank(y.Severity) })
	c.Title, c.Tone = words.Count(len(all), "condition")+" to know of", c.Groups[0].Tone
	return c
}

// severityRank orders severities, the severest first.
func severityRank(s string) int {
	at := slices.Index(job.Severities(), job.Severity(s))
	if at < 0 {
		return len(job.Severities())
	}
	return at
}
