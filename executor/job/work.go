package job

import (
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// Part is a part of a run that makes calls.
type Part string

// The parts whose calls are foreseen.
const (
	ReadingPart  Part = "reading" // of what the plan needs
	ChangingPart Part = "changes" // with what proves them, and what follows
)

// Work compares what a part of a run was expected to take with what it took.
type Work struct {
	Part Part `json:"part"`
	// Foreseen is what was said last before names were read, or changes were made.
	Foreseen planner.Effort `json:"foreseen"`
	// Made counts calls that were repeated as often as they were sent.
	Made planner.Effort `json:"made"`
}

// work does a part of the run, and keeps what it took.
func (r *run) work(part Part, foreseen planner.Effort, do func() error) error {
	before, local := r.Service.Stats(), r.Service.ServiceClock().Local()
	began := local.Now()
	r.part, r.foreseen, r.partBegan = part, foreseen, began
	err := do()
	r.part = ""
	if r.foreseen.Calls == nil {
		return err // it ended before anything was foreseen
	}
	w := Work{Part: part, Foreseen: r.foreseen, Made: planner.Effort{Calls: make(map[string]int), Seconds: local.Since(began).Seconds()}}
	for operation, n := range r.Service.Stats() {
		if n -= before[operation]; n > 0 {
			w.Made.Calls[operation] = n
		}
	}
	r.result.Work = append(r.result.Work, w)
	return err
}

// foresee tells what the reading of the account is expected to take. What is read of
// it for what follows belongs to the changes.
func (r *run) foresee(o *reader.Options) {
	if r.part != ReadingPart {
		return
	}
	o.Foresee = func(f reader.Forecast) {
		if !f.Begun {
			r.foreseen = f.Effort
		}
		r.emit(Foreseen{Part: ReadingPart, Effort: f.Effort, Names: f.Names})
	}
}

// foreseenOf is what an apply of a plan is expected to take.
func foreseenOf(p *planner.Plan) planner.Effort {
	e := planner.Effort{Calls: make(map[string]int, len(p.Calls)), Seconds: p.Summary.Seconds}
	for _, c := range p.Calls {
		e.Calls[c.Operation] = c.Calls
	}
	return e
}

// estimated adds to how far the changes are how long they still take: as long as the
// limits say, or as those have taken that have ended.
func (r *run) estimated(e executor.Event) executor.Event {
	p, ok := e.(executor.Progress)
	if !ok || r.part != ChangingPart || p.Steps == 0 {
		return e
	}
	rest := float64(p.Steps-p.Settled-p.NotSent) / float64(p.Steps)
	seconds := r.foreseen.Seconds * rest
	if p.Settled > 0 {
		took := r.Service.ServiceClock().Local().Since(r.partBegan).Seconds()
		seconds = max(seconds, took*rest*float64(p.Steps)/float64(p.Settled))
	}
	p.Left = time.Duration(max(seconds, 0) * float64(time.Second))
	return p
}
