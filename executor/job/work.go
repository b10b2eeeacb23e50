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

// Took is what a run took, from its beginning to its end.
type Took struct {
	Began, Ended time.Time // by the run's clock
	Seconds      float64   // by a clock that no answer moves
	// Calls counts what was sent, repeated calls included, and Throttled how many of
	// these the service refused because they came too fast, by operation.
	Calls, Throttled map[string]int
}

// measure returns a function that says what the run took since.
func (r *run) measure() func() Took {
	if r.Service == nil {
		began := r.Clock.Now()
		return func() Took {
			now := r.Clock.Now()
			return Took{Began: began, Ended: now, Seconds: now.Sub(began).Seconds()}
		}
	}
	local, calls, throttled := r.Service.ServiceClock().Local(), r.Service.Stats(), r.Service.Throttled()
	began := local.Now()
	return func() Took {
		took, now := local.Since(began), r.Clock.Now()
		return Took{
			Began: now.Add(-took), Ended: now, Seconds: took.Seconds(),
			Calls: since(r.Service.Stats(), calls), Throttled: since(r.Service.Throttled(), throttled),
		}
	}
}

// since returns by how much counts have grown, those that have not left out.
func since(now, before map[string]int) map[string]int {
	grown := make(map[string]int)
	for operation, n := range now {
		if n -= before[operation]; n > 0 {
			grown[operation] = n
		}
	}
	return grown
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
	w := Work{Part: part, Foreseen: r.foreseen, Made: planner.Effort{Calls: since(r.Service.Stats(), before), Seconds: local.Since(began).Seconds()}}
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
