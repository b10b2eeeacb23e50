package pages

import (
	"context"
	"sync"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/webpage"
)

// fresh is for how long what was read of the jobs is shown to others who look: a
// thousand jobs are read once, however many look.
const fresh = time.Second

// jobsRead are the jobs of the fleet as they were read last.
type jobsRead struct {
	mu   sync.Mutex
	all  []entry
	read time.Time // zero: they are to be read
	// known is what is known of jobs after their last runs, by job. It does not change until
	// the next run has ended.
	known map[string]knownJob
	// filesDiffer says which processes go by different files; "": none do.
	filesDiffer string
}

// knownJob is what is known of a job after a run.
type knownJob struct {
	run     int64
	summary *metrics.Summary
	waiting int // changes that wait for persons
}

// An entry is a job of the fleet as pages tell of it.
type entry struct {
	fleet.Entry
	*metrics.Summary
	waiting int // changes that wait for persons in the last plan that was kept
}

// isUnseen reports whether it is not known which names of the account expire.
func (e *entry) isUnseen() bool { return e.Last == nil || e.Of(unseen) > 0 }

// read returns the jobs of the fleet, by name. Nobody changes what it returns.
func (s *Site) readJobs(ctx context.Context) ([]entry, error) {
	r := &s.jobs
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := s.Clock.Now(); !r.read.IsZero() && now.Sub(r.read) < fresh && !now.Before(r.read) {
		return r.all, nil
	}
	entries, err := s.Table.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	processes, err := s.Table.Attendance(ctx)
	if err != nil {
		return nil, err
	}
	all, known := make([]entry, len(entries)), make(map[string]knownJob, len(entries))
	for i := range entries {
		e := &entries[i]
		of := r.known[e.Name]
		if of.summary == nil || of.run != lastID(e) {
			if of, err = s.know(ctx, e); err != nil {
				return nil, err
			}
		}
		known[e.Name] = of
		e.Metrics = nil // it is in the summary
		all[i] = entry{*e, of.summary, of.waiting}
	}
	r.all, r.known, r.filesDiffer, r.read = all, known, processes.FilesDiffer(), s.Clock.Now()
	return r.all, nil
}

// differing says which processes went by different files when jobs were read last.
func (r *jobsRead) differing() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.filesDiffer
}

// lastID is the number of a job's last run that ended; 0: none did.
func lastID(e *fleet.Entry) int64 {
	if e.Last == nil {
		return 0
	}
	return e.Last.ID
}

// know finds out what is known of a job after its last run.
func (s *Site) know(ctx context.Context, e *fleet.Entry) (knownJob, error) {
	if e.Last == nil {
		return knownJob{summary: new(metrics.Summary)}, nil
	}
	of := knownJob{run: e.Last.ID, summary: s.summarize(e)}
	planned := e.Last
	if !planned.Planned && planned.Plan == "" {
		var err error
		if planned, err = fleet.LastPlanned(ctx, s.Table, e.Name); err != nil || planned == nil {
			return of, err
		}
	}
	if planned.Plan != "" {
		of.waiting = planned.Waiting
	}
	return of, nil
}

// summarize reads the metrics of a job. What another version has written and cannot be
// read tells nothing.
func (s *Site) summarize(e *fleet.Entry) *metrics.Summary {
	summary, err := metrics.Summarize(e.Metrics)
	if err != nil {
		s.Log.Warn("the metrics of a job cannot be read, and its page does not have them", "job", e.Name, "error", err)
		return new(metrics.Summary)
	}
	return summary
}

// forget has the jobs be read anew for the next page.
func (r *jobsRead) forget() {
	r.mu.Lock()
	r.read = time.Time{}
	r.mu.Unlock()
}

// A state is how a job stands, for people.
type state struct {
	Word string
	Tone webpage.Tone
	rank int // what needs somebody comes first
}

// The conditions that pages count for themselves.
const (
	endangered = "endangered"
	drift      = "drift"
	unseen     = "expiries_unknown"
	unapproved = "unapproved"
)

// stateOf says what a job is doing, or when it is going to do something.
func stateOf(j *entry, now time.Time) state {
	switch {
	case j.Turn != nil && j.Turn.Until.After(now):
		return state{"Running", webpage.Active, 3}
	case j.Turn != nil:
		return state{"Lost", webpage.Alarm, 0}
	case j.Asked != nil:
		return state{"Starts soon", webpage.Active, 3}
	case j.Paused != nil:
		return state{"Paused", webpage.Minded, 2}
	case j.Next.IsZero():
		return state{"Runs when asked", webpage.Calm, calmRank}
	case !j.Next.After(now):
		return state{"Due", webpage.Active, 3}
	}
	return state{"Waits for its time", webpage.Calm, calmRank}
}

// calmRank is that of what needs nobody.
const calmRank = 5

// ends say what exit codes mean, for people. docs/exit-codes.md has all of them.
var ends = map[int]state{
	job.ExitDone:    {"Done", webpage.Done, calmRank},
	job.ExitError:   {"Failed", webpage.Alarm, 0},
	job.ExitPending: {"Changes wait", webpage.Minded, 2},
	job.ExitGuard:   {"Refused by a guard", webpage.Alarm, 1},
	job.ExitFailed:  {"Needs somebody", webpage.Alarm, 1},
	job.ExitOpen:    {"Not finished", webpage.Minded, 2},
	job.ExitHeld:    {"Account was busy", webpage.Minded, 3},
}

// endOf says how a run ended.
func endOf(o *fleet.Outcome) state {
	if o.Reason == fleet.ReasonLost {
		return state{"Lost", webpage.Alarm, 0}
	}
	if s, known := ends[o.ExitCode]; known {
		return s
	}
	return ends[job.ExitError]
}

// runState says how a run stands.
func runState(r *fleet.Run) state {
	if r.Ended.IsZero() {
		return state{"Running", webpage.Active, 3}
	}
	return endOf(&r.Outcome)
}
