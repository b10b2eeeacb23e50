package pages

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

const (
	// waitingNames is how many names of equal changes can be selected one by one.
	waitingNames = 100
	// partsOf is of how many changes a plan is shown whole beneath what waits. A larger
	// one has a page of its own, which takes a browser longer.
	wholeChanges = 2000
	// hashShown is how many digits of a hash people compare.
	hashShown = 12
)

// plan is the page of the plan that waits for persons.
func (s *Site) plan(p *page) error {
	name := p.request.PathValue("job")
	e, err := s.entryOf(p.request.Context(), name)
	if err != nil {
		return err
	}
	p.view.Thing, p.view.Path = "plan", pathTo(webpage.Link{Text: inert.Text(name), To: toJob(name)})
	c := &planContent{Path: toJob(name), Told: decidedWords[p.request.URL.Query().Get("done")]}
	var kept *Plan
	if e != nil {
		if kept, err = s.Accounts.Plan(p.request.Context(), name, p.may(fleet.Approver)); err != nil {
			return err
		}
	}
	if kept == nil {
		p.show("plan", inert.Text(name)+": nothing waits for approval", webpage.Done, c)
		return nil
	}
	c.fill(p, kept)
	if err := c.addWhole(p, kept.Plan); err != nil {
		return err
	}
	p.show("plan", inert.Text(name)+": "+c.headline(), c.tone(), c)
	return nil
}

// decidedWords say what a form has done.
var decidedWords = map[string]string{
	"approve": "Your approval is recorded. A change that has all its approvals is made by the next run.",
	"reject":  "Your rejection is recorded, with its reason.",
}

// planContent is what the page of a plan has.
type planContent struct {
	Path, Told  string
	Hash, Short string // of the plan; "": there is none
	Facts       []fact
	Rows        []waitingRow
	Waiting     int // changes
	MayDecide   bool
	MayRun      bool
	Parts       template.HTML // all of the plan; "": it is too large
	Large       string        // how many changes it has
}

// A waitingRow is equal changes that wait.
type waitingRow struct {
	render.Equals
	Group string // what a form calls it
	Mark  string
	Of    string   // how many names, or the one
	Said  []string // what persons have said of all of them
	Names []waitingName
	More  string // names that are not listed; "": none
}

// A waitingName is a change of one name.
type waitingName struct {
	Change, Name string
	Said         []string // where others of the row differ
}

// marks stand for what changes do.
var marks = map[attr.Action]string{attr.Create: "+", attr.Update: "~", attr.Delete: "−"}

func (c *planContent) fill(p *page, kept *Plan) {
	r, said := &kept.Run, saidOf(kept.Waiting)
	c.Hash, c.MayDecide = r.Plan, p.may(fleet.Approver)
	c.MayRun = c.MayDecide && c.Told != ""
	c.Short = inert.Text(c.Hash[:min(len(c.Hash), hashShown)])
	c.Facts = []fact{{Name: "Made by", Text: "run " + strconv.FormatInt(r.ID, 10)}, {Name: "Account read", When: whenOf(kept.ReadAt, p.now)}, {Name: "Hash", Text: c.Short}}
	if r.Commit != "" {
		c.Facts = append(c.Facts, fact{Name: "Commit", Text: commitOf(&r.Outcome)})
	}
	for i, x := range waitingIn(kept) {
		c.Waiting += len(x.Changes)
		c.Rows = append(c.Rows, rowOf(i, x, said))
	}
}

// rowOf is what a page shows of equal changes.
func rowOf(i int, x render.Equals, said map[string][]string) waitingRow {
	row := waitingRow{Equals: x, Group: strconv.Itoa(i), Mark: marks[x.Action], Of: words.Count(len(x.Changes), "name"), Said: said[x.Changes[0].ID]}
	if len(x.Changes) == 1 {
		row.Of = subject(x.Changes[0].Domain)
		return row
	}
	differs := slices.ContainsFunc(x.Changes, func(c *attr.Change) bool { return !slices.Equal(said[c.ID], row.Said) })
	for _, change := range x.Changes[:min(len(x.Changes), waitingNames)] {
		n := waitingName{Change: change.ID, Name: subject(change.Domain)}
		if differs {
			n.Said = said[change.ID]
		}
		row.Names = append(row.Names, n)
	}
	if differs {
		row.Said = nil
	}
	if more := len(x.Changes) - len(row.Names); more > 0 {
		row.More = words.Number(more) + " more"
	}
	return row
}

// waitingIn are the changes of a plan that wait for persons. The others are told below.
func waitingIn(k *Plan) []render.Equals {
	waits := make(map[string]bool, len(k.Waiting))
	for i := range k.Waiting {
		waits[k.Waiting[i].Change] = true
	}
	return render.EqualChanges(k.Plan, func(c *attr.Change) bool { return waits[c.ID] })
}

// saidOf says what persons have said of changes, by their IDs.
func saidOf(all []planner.Awaiting) map[string][]string {
	said := make(map[string][]string, len(all))
	for i := range all {
		w := &all[i]
		lines := []string{fmt.Sprintf("%d of %s said yes", len(w.Approved), words.Count(w.Needed, "person"))}
		for _, yes := range w.Approved {
			lines = append(lines, "yes: "+inert.Text(yes.By)+", until "+yes.Until.UTC().Format("2 Jan 2006"))
		}
		if no := w.Rejected; no != nil {
			lines = append(lines, "no: "+inert.Text(no.By)+because(no.Reason))
		}
		said[w.Change] = lines
	}
	return said
}

// addWhole adds all of the plan, as its own page has it.
func (c *planContent) addWhole(p *page, plan *planner.Plan) error {
	if n := len(plan.Changes); n > wholeChanges {
		c.Large = words.Count(n, "change")
		return nil
	}
	var text bytes.Buffer
	parts, err := render.HTMLParts(&text, plan)
	c.Parts = template.HTML(text.String()) // it is what html/template has written
	p.view.Parts = parts
	return err
}

func (c *planContent) headline() string {
	if c.Waiting == 0 {
		return "a plan that waits for nobody"
	}
	return words.Count(c.Waiting, "change") + " " + words.Plural(c.Waiting, "waits", "wait") + " for approval"
}

func (c *planContent) tone() webpage.Tone {
	if c.Waiting == 0 {
		return webpage.Active
	}
	return webpage.Minded
}

// wholePlan answers with the plan as the page that it is in one file.
func (s *Site) wholePlan(w http.ResponseWriter, r *http.Request) {
	p := s.begin(r)
	name := r.PathValue("job")
	kept, err := s.Accounts.Plan(r.Context(), name, p.may(fleet.Approver))
	if err == nil && kept == nil {
		err = &problem{http.StatusNotFound, "There is no plan", "Nothing waits for persons."}
	}
	var text bytes.Buffer
	if err == nil {
		err = render.HTML(&text, kept.Plan)
	}
	p.writeFile(w, &text, err)
}

// writeFile answers with a page that is one file, which says itself what it may load.
func (p *page) writeFile(w http.ResponseWriter, text *bytes.Buffer, err error) {
	if err != nil {
		p.write(w, p.fail(err))
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "frame-ancestors 'none'")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	if _, err := w.Write(text.Bytes()); err != nil {
		p.Log.Debug("a page was not taken", "path", p.request.URL.Path, "error", err)
	}
}

// decide answers to the form with which a person approves or rejects changes.
func (s *Site) decide(reject bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := s.begin(r)
		d := Decision{Job: r.PathValue("job"), Hash: r.PostFormValue("plan"), By: p.person.Name, Reject: reject, Reason: reasonIn(r)}
		err := s.checkDecision(r, &d)
		if err == nil {
			err = s.Accounts.Decide(r.Context(), d)
		}
		if err != nil {
			p.write(w, p.fail(err))
			return
		}
		s.jobs.forget()
		done := "approve"
		if reject {
			done = "reject"
		}
		http.Redirect(w, r, toJob(d.Job)+"/plan?done="+done, http.StatusSeeOther)
	}
}

// checkDecision finds out which changes a form selects, and refuses one that is of another
// plan than the newest.
func (s *Site) checkDecision(r *http.Request, d *Decision) error {
	kept, err := s.Accounts.Plan(r.Context(), d.Job, true)
	if err != nil {
		return err
	}
	if kept == nil || kept.Run.Plan != d.Hash {
		return &problem{
			http.StatusConflict, "There is a newer plan",
			"A run has made another plan since you looked at this one. Nothing was recorded: go back to the account, look at what waits now, and decide on that.",
		}
	}
	d.Changes = selected(r, waitingIn(kept))
	switch {
	case len(d.Changes) == 0:
		return &problem{http.StatusBadRequest, "No change is selected", "Nothing was recorded: go back, and select the changes that you mean."}
	case d.Reject && strings.TrimSpace(d.Reason) == "":
		return &problem{http.StatusBadRequest, "There is no reason", "Nothing was recorded: go back, and say why you reject the changes, for those who mend them."}
	}
	return nil
}

// selected are the changes that a form selects: all, those that are alike, or one by one.
// What does not wait cannot be selected.
func selected(r *http.Request, waiting []render.Equals) (ids []string) {
	all, groups, changes := r.PostFormValue("all") != "", r.PostForm["group"], r.PostForm["change"]
	for i, x := range waiting {
		group := all || slices.Contains(groups, strconv.Itoa(i))
		for _, c := range x.Changes {
			if group || slices.Contains(changes, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

// stateProblem says what a state does not have or take; nil: it is something else.
func stateProblem(err error) *problem {
	if e, ok := errors.AsType[*RefusedError](err); ok {
		return &problem{http.StatusConflict, "It was not recorded", words.Ended(words.Capitalize(inert.Text(e.Why)))}
	}
	if e, ok := errors.AsType[*NoPlanError](err); ok {
		return &problem{http.StatusNotFound, "The plan is kept no more", fmt.Sprintf("Plans are kept for 14 days. Run %s again to have a new one.", inert.Text(e.Job))}
	}
	if e, ok := errors.AsType[*NoReportError](err); ok {
		return &problem{http.StatusNotFound, "There is no report yet", fmt.Sprintf("It is made of what runs have read, and none of %s has read the account. Have it run, and look again.", inert.Text(e.Job))}
	}
	return nil
}
