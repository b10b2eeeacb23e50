package job

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// SurveyOptions say which names a survey is of, and what it may ask.
type SurveyOptions struct {
	Only planner.Selection // the names; the zero value selects all
	// Live is the state to survey instead of the account's: then neither the service
	// nor the journal is asked. Nil: the account's.
	Live *planner.Live
	// Remembered takes what the state has of the names, each as it was read last:
	// the service is not asked.
	Remembered bool
	// Whole reads of the selected names also what no plan needs, and what was done to
	// them: it is for a few names. Of a state that is given nothing more is read.
	Whole bool
	// Drift asks the change log who has made what the plan calls a drift.
	Drift bool
}

// A Survey is what there is of some names: what a plan follows from, and the plan.
type Survey struct {
	Input planner.Input
	Plan  *planner.Plan
	// Log has the entries of the service's change log by name, as far as it was asked
	// and answered.
	Log map[string][]wire.ChangeLog
	// Sent are the steps that runs sent for the names, the oldest first.
	Sent []journal.SentStep
	// Unsent are the changes of the newest runs that these were to make for the names, and
	// of which they sent nothing, the oldest first. What a plan has left out no run knows.
	Unsent []UnsentChange
	// Runs are the runs of both by number.
	Runs map[int64]*PastRun
}

// An UnsentChange is a change that a run was to make, and of which it sent nothing.
type UnsentChange struct {
	Run int64
	executor.ChangeReport
}

// A PastRun is a run that sent something for names that are surveyed, or was to.
type PastRun struct {
	Command       string // that began it
	journal.Actor        // who began it
	Began         time.Time
	// Changes are those of the names, by ID, with what became of them. Only those of the
	// newest runs are read: each is of a plan that may be large.
	Changes map[string]executor.ChangeReport
}

// plansShown is of how many runs the changes are read: of so many that sent something for
// the names, and of so many of all.
const plansShown = 10

// ErrNothingRead says that the state has no readings, so that nothing is remembered.
var ErrNothingRead = errors.New("the state has read no names yet: domainsync plan reads them")

// Survey reads what a plan of the selected names needs, and plans, for whoever wants to
// see how names stand. It changes nothing, and says nothing of what has to be done.
func (j *Job) Survey(ctx context.Context, o SurveyOptions) (*Survey, error) {
	r, release := j.begin(ctx, Planning)
	defer release()
	r.appraisal = new(appraisal)
	survey := new(Survey)
	var err error
	if o.Remembered {
		survey.Input, err = r.recall(o.Only)
	} else {
		survey.Input, err = r.observe(PlanOptions{Only: o.Only, Live: o.Live})
	}
	if err != nil {
		return nil, err
	}
	if o.Whole && o.Live == nil {
		if err := r.completeSurvey(survey, o); err != nil {
			return nil, r.end(err)
		}
	}
	r.keepBeside()
	survey.Plan = planner.Diff(survey.Input)
	survey.Plan.AddPolicy(r.policy)
	if o.Drift && !o.Remembered && o.Live == nil {
		return survey, r.tellDrift(survey.Plan)
	}
	return survey, nil
}

// recall returns what the state knows of an account without asking the service.
func (r *run) recall(only planner.Selection) (in planner.Input, err error) {
	in = planner.Input{Portfolio: r.Portfolio, Only: only, Version: r.Version, Log: planner.Log{Offline: true}}
	j, err := r.Journal(r.soft, r.Endpoint, r.Portfolio.Account.ID, true)
	if err != nil {
		return in, r.end(err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.Check(r.soft, r.Endpoint, ""); err != nil {
		return in, err
	}
	if in.History, err = executor.History(r.soft, j); err != nil {
		return in, r.end(err)
	}
	if err := r.narrow(j, nil); err != nil {
		return in, err
	}
	in.Portfolio = r.Portfolio
	in.Live, err = r.remembered(j)
	return in, r.end(err)
}

// remembered returns the account as its names were read last.
func (r *run) remembered(j *journal.Journal) (*planner.Live, error) {
	if r.Readings == nil {
		return nil, ErrNothingRead
	}
	account, err := r.accountOf(j)
	if err != nil {
		return nil, err
	}
	blobs, err := r.Readings(r.soft, r.Endpoint, account)
	if err != nil {
		return nil, err
	}
	live, bad, err := reader.Remembered(r.soft, blobs, r.Endpoint, account, r.Clock.Now())
	if err = errors.Join(err, blobs.Close()); err != nil {
		return nil, err
	}
	if bad > 0 && r.Log != nil {
		r.Log.Warn("some of what was read before is damaged, and left out", "pieces", bad)
	}
	if len(live.Domains) == 0 {
		return nil, ErrNothingRead
	}
	return live, nil
}

// completeSurvey adds what no plan needs of the selected names, and what was done to
// them.
func (r *run) completeSurvey(s *Survey, o SurveyOptions) error {
	var names []string
	facts := make(map[string]snapshot.Facts)
	for i := range s.Input.Live.Domains {
		d := &s.Input.Live.Domains[i]
		if !o.Only.Has(d.Name) {
			continue
		}
		names = append(names, d.Name)
		if lacks := s.Input.Live.Lacks(d, attr.FactsOf(d.Name, settings())); lacks != 0 {
			facts[d.Name] = lacks
		}
	}
	for i := range s.Input.Portfolio.Domains {
		if name := s.Input.Portfolio.Domains[i].Name; o.Only.Has(name) && s.Input.Live.Domain(name) == nil {
			names = append(names, name)
		}
	}
	if !o.Remembered {
		if err := r.readRest(s, facts); err != nil {
			return err
		}
		if err := r.readLogs(s, names); err != nil {
			return err
		}
	}
	return r.readPast(s, names)
}

// settings are the facts that the settings of names are.
func settings() (f snapshot.Facts) {
	for _, a := range attr.OfNames() {
		if a.Observe != nil {
			f |= a.Facts
		}
	}
	return f &^ (snapshot.OfAccount | snapshot.AutoRenew) // the list has told it, or does not tell it
}

// readRest reads facts of names that no plan needed.
func (r *run) readRest(s *Survey, facts map[string]snapshot.Facts) error {
	if len(facts) == 0 {
		return nil
	}
	read, err := r.readFacts(r.soft, facts)
	if err != nil {
		return err
	}
	for i := range read.Domains {
		from := &read.Domains[i]
		d := s.Input.Live.Domain(from.Name)
		told := from.Known(facts[from.Name])
		d.Take(from, told)
		d.NoteRead(told, read.ReadAt.UTC())
	}
	s.Input.Live.Failures = append(s.Input.Live.Failures, read.Failures...)
	s.Input.Live.Sort()
	return nil
}

// logShown is for how long back the change log is asked.
const logShown = 90 * 24 * time.Hour

// readLogs asks the change log what was done to names. Where it does not answer, the
// survey tells the rest.
func (r *run) readLogs(s *Survey, names []string) error {
	s.Log = make(map[string][]wire.ChangeLog)
	for _, name := range names {
		entries, err := reader.NameLog(r.soft, r.Service, name, s.Input.Live.ReadAt.Add(-logShown))
		if r.soft.Err() != nil {
			return err
		}
		if err != nil {
			if r.Log != nil {
				r.Log.Warn("the change log could not be read", "name", name, "error", err)
			}
			continue
		}
		s.Log[name] = entries
	}
	return nil
}

// readPast reads from the journal what runs sent for names, and what they were to send.
func (r *run) readPast(s *Survey, names []string) (err error) {
	j, err := r.Journal(r.soft, r.Endpoint, cmp.Or(r.Portfolio.Account.ID, s.Input.Live.ID), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if s.Sent, err = j.SentFor(r.soft, names, r.masker.Learn); err != nil {
		return err
	}
	return s.readRuns(r.soft, j, names)
}

// readRuns reads of the runs that sent something for the names who began them, and of the
// newest what they changed. Of the newest of all runs it reads what they did not send.
func (s *Survey) readRuns(ctx context.Context, j *journal.Journal, names []string) error {
	runs, err := j.Runs(ctx)
	if err != nil {
		return err
	}
	sent := s.sentByRun()
	s.Runs = make(map[int64]*PastRun)
	for id := range sent {
		s.Runs[id] = new(PastRun) // which may be pruned
	}
	read := 0
	for age := range runs {
		r := &runs[len(runs)-1-age]
		if sent[r.ID] == nil && age >= plansShown {
			continue
		}
		past := &PastRun{Command: cmp.Or(r.Command, string(r.Kind)), Actor: r.Actor, Began: r.Began}
		if sent[r.ID] != nil {
			s.Runs[r.ID] = past
			read++
		}
		if age >= plansShown && read > plansShown {
			continue
		}
		if err := past.readChanges(ctx, j, r.ID, names); err != nil {
			return err
		}
		if age < plansShown {
			s.addUnsent(r, past, sent[r.ID])
		}
	}
	slices.SortStableFunc(s.Unsent, func(x, y UnsentChange) int { return cmp.Compare(x.Run, y.Run) })
	return nil
}

// sentByRun returns the changes of which the runs sent something, by run.
func (s *Survey) sentByRun() map[int64]map[string]bool {
	sent := make(map[int64]map[string]bool)
	for i := range s.Sent {
		of := &s.Sent[i]
		if sent[of.Run] == nil {
			sent[of.Run] = make(map[string]bool)
		}
		sent[of.Run][attr.ChangeOf(of.Step)] = true
	}
	return sent
}

// addUnsent adds the changes of a run of which it sent nothing.
func (s *Survey) addUnsent(r *journal.Run, past *PastRun, sent map[string]bool) {
	for _, id := range slices.Sorted(maps.Keys(past.Changes)) {
		c := past.Changes[id]
		switch {
		case sent[id]:
			continue
		case c.Result != executor.NotSent && c.Result != executor.Stale && c.Result != executor.Failed:
			continue // it was not called for any more
		case r.Ended().IsZero():
			c.Message = "the run has not ended"
		}
		s.Unsent = append(s.Unsent, UnsentChange{r.ID, c})
		s.Runs[r.ID] = past
	}
}

// readChanges reads the changes that a run was to make to names.
func (r *PastRun) readChanges(ctx context.Context, j *journal.Journal, id int64, names []string) error {
	recorded, err := executor.ReadRecorded(ctx, j, id)
	if err != nil {
		return err
	}
	r.Changes = make(map[string]executor.ChangeReport)
	for _, c := range recorded.Report.Changes {
		if slices.Contains(names, c.Domain) {
			r.Changes[c.ID] = c
		}
	}
	return nil
}
