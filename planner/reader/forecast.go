package reader

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

// A Forecast says what a reading is expected to take in all, with what was read
// already.
type Forecast struct {
	planner.Effort
	Names int // of which something is read beside the lists
	// Begun says that names are being read: more of them than was expected.
	Begun bool
}

// Progress says how far a phase of a reading is. There are several phases: what is
// asked depends on what was answered.
type Progress struct {
	Done, All int // names
	// Left is how long the reading still takes, as far as anybody can tell.
	Left time.Duration
}

// forecast is what a fetcher knows of the calls to come.
type forecast struct {
	said  planner.Effort // last
	told  bool           // something was said
	begun bool           // names are being read
	lists map[string]int // calls of lists and log so far
	made  planner.Effort // what they and the phases so far take, the one under way included
	phase planner.Effort // what the one under way takes
	later float64        // seconds that are expected after it

	phaseBegan time.Time
}

// counted counts a call of a list or the log.
func (f *fetcher) counted(operation string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[operation]++
}

// tell says what the reading is expected to take, unless that was said already.
func (f *fetcher) tell(to Forecast) {
	if f.Foresee == nil || f.told && f.said.Near(to.Effort) {
		return
	}
	f.told, f.said = true, to.Effort
	f.Foresee(to)
}

// foreseeAll says what the reading will take before anything is asked, by the files,
// by what was read before, and by the limits. Nothing tells yet what has changed.
func (f *fetcher) foreseeAll(p *config.Portfolio) {
	if f.Foresee == nil {
		return
	}
	before, log := new(planner.Live), 0
	if e := f.Earlier; e != nil && e.Readings != nil && len(e.Readings.Account.Domains) > 0 {
		before, log = e.Readings.Account, 1
	}
	to, names := Forecast{}, 0
	reads := make(map[string]int)
	for facts, d := range planner.ForeseenFacts(p, f.Only, before) {
		if facts &= mayStand; d != nil {
			facts &^= d.FromList | d.FromScroll | f.stands(d, f.Clock.Now())
		} else {
			facts &^= alwaysListed
		}
		if names++; facts != 0 {
			to.Names++
			planner.CountReads(reads, facts)
		}
	}
	to.Then(f.listCalls(max(names, f.Names, len(before.Domains)), before), f.Limits)
	asked := make(map[string]int)
	planner.CountLogReads(asked, log)
	to.Then(asked, f.Limits)
	left := make(map[string]int)
	planner.CountDepartures(left, f.knownLeft(p))
	to.Then(left, f.Limits)
	if names > 0 && f.RegistryLocks == nil && !f.Optional.Lacks(lockOperation) {
		locks := make(map[string]int)
		planner.CountRegistryLocks(locks, len(before.RegistryLocks))
		to.Then(locks, f.Limits)
	}
	planner.CountCheckReads(reads, p)
	to.Then(reads, f.Limits)
	f.tell(to)
}

// alwaysListed are the facts that the list of names tells by the reference.
const alwaysListed = snapshot.Expiry | snapshot.Status | snapshot.PriceKind

// stands returns the facts of an earlier reading of a name that stand as far as this
// state knows.
func (f *fetcher) stands(k *snapshot.Domain, now time.Time) snapshot.Facts {
	stands, _, _ := f.judge(k, now, func(time.Time) bool { return false })
	return stands
}

// listCalls are those for the list of so many names, if it is read in the way in
// which it was read before.
func (f *fetcher) listCalls(names int, before *planner.Live) map[string]int {
	calls, lists := make(map[string]int), planner.Lists()
	l := &lists[0]
	if len(before.Domains) > 0 && before.Domains[0].FromScroll != 0 && before.Domains[0].FromList == 0 && !f.Optional.Lacks(scrolled.operation) {
		calls[l.Operation] = 1 // which tells how many names there are
		l = &lists[1]
	}
	calls[l.Operation] += max(l.Calls(names, f.PageSize), 1)
	return calls
}

// foresee says what the reading will take now that the lists were read, before it
// answers questions. What they ask is what is read next.
func (f *fetcher) foresee(in planner.Input, q *planner.Questions) {
	if f.Foresee == nil && f.Progress == nil {
		return
	}
	next := f.countReads(q.Facts)
	for range q.Offers {
		planner.CountReads(next, snapshot.Presence)
	}
	next[namesList.operation] += len(q.Entries)
	if q.TransfersIn {
		planner.CountTransfersIn(next)
	}
	planner.CountAccountReads(next, q.Account)
	var later planner.Effort
	if f.some && !f.begun {
		later.Then(f.countReads(f.rests(in)), f.Limits)
	}
	log := make(map[string]int)
	planner.CountLogReads(log, len(q.Log)+f.drifting(q))
	later.Then(log, f.Limits)
	f.begins(next, later, len(q.Facts)+len(q.Offers))
}

// drifting returns of how many names the change log will be asked who has changed them:
// those that have drifted, and those that are to be read and may have: the log names
// them, or they had drifted by what was known before.
func (f *fetcher) drifting(q *planner.Questions) int {
	n := len(q.Drifted)
	for name := range q.Facts {
		if _, known := q.Drifted[name]; !known && f.drifts[name] {
			n++
		}
	}
	if f.drifts == nil {
		f.drifts = make(map[string]bool, len(q.Drifted))
	}
	for name := range q.Drifted {
		f.drifts[name] = true
	}
	return min(n, mostDrifted)
}

// begins notes the calls of the next phase, and what is expected after it, and says
// so.
func (f *fetcher) begins(next map[string]int, later planner.Effort, names int) {
	if !f.begun {
		for operation, n := range f.lists {
			f.made.Then(map[string]int{operation: n}, f.Limits)
		}
	}
	f.phase, f.later = planner.Effort{}, later.Seconds
	f.phase.Then(next, f.Limits)
	f.made.Then(next, f.Limits)
	to := Forecast{Names: names, Begun: f.begun}
	to.Then(f.made.Calls, f.Limits)
	to.Then(later.Calls, f.Limits)
	to.Seconds = f.made.Seconds + later.Seconds // phases follow each other
	f.begun = true
	f.tell(to)
}

// foreseeReads is foresee where it is known which facts are read.
func (f *fetcher) foreseeReads(all []need) {
	if f.Foresee == nil && f.Progress == nil {
		return
	}
	lacks := make(map[string]snapshot.Facts, len(all))
	for _, n := range all {
		lacks[n.domain.Name] = f.live.Lacks(n.domain, n.facts)
	}
	f.begins(f.countReads(lacks), planner.Effort{}, len(all))
}

// rests returns the facts that stand from before and have to be read all the same.
func (f *fetcher) rests(in planner.Input) map[string]snapshot.Facts {
	rests := planner.Rests(in)
	for name, facts := range rests {
		if d := f.live.Domain(name); d != nil {
			rests[name] = f.live.Standing(d, facts)
		} else {
			delete(rests, name)
		}
	}
	return rests
}

// countReads counts the calls that tell facts of names, of which none is known.
func (f *fetcher) countReads(all map[string]snapshot.Facts) (calls map[string]int) {
	calls = make(map[string]int)
	spared := make(map[string]int) // where a scroll is read
	saves := 0
	for name, facts := range all {
		planner.CountReads(calls, facts)
		if d := f.live.Domain(name); d != nil && f.isScrolled(need{d, facts}) {
			planner.CountReads(spared, facts&snapshot.Info)
			saves++
		}
	}
	if !f.worthScrolling(saves) {
		return calls
	}
	for operation, n := range spared {
		calls[operation] -= n
	}
	calls[scrolled.operation] = scrollCalls(len(f.live.Domains))
	return calls
}

// left is how long a reading still takes when so many of the names of its phase were
// read: as long as the limits say, or as those have taken.
func (f *fetcher) left(done, all int) time.Duration {
	if done == 0 || all == 0 {
		return 0
	}
	rest := float64(all-done) / float64(all)
	seconds := f.phase.Seconds * rest
	if took := f.Clock.Since(f.phaseBegan).Seconds(); took > longEnough {
		seconds = max(seconds, took*float64(all-done)/float64(done))
	}
	return time.Duration((seconds + f.later) * float64(time.Second))
}

// longEnough is after how many seconds the names that were read tell how long the
// others take.
const longEnough = 5
