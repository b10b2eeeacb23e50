package job_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

const moved = `
domain "example.com" {
  nameservers      = ["ns1.example.org", "ns2.example.org"]
  update_lock      = true
  temporary_unlock = true
}

domain "example.net" {
  transfer_lock = true
}
`

const signed = `
domain "example.com" {
  ds_records = []
}
`

// conditionInPlay is a run that ends with conditions of some kinds.
type conditionInPlay struct {
	files string // "": moved
	rules []simulator.Fault
	slow  bool // tasks take ten minutes
	names []string
	tell  func(w *world) *job.Result
}

// refusedAlways are the faults of an account whose registry refuses the changes of a name.
func refusedAlways(name string) []simulator.Fault {
	return []simulator.Fault{{Kind: simulator.FailDetail, Names: []string{name}, Message: "the registry refused it"}}
}

// killed applies and is killed while a lock is being opened.
func (w *world) killed() *job.Result {
	w.sim.Change("example.com", func(d *snapshot.Domain) { d.UpdateLock = wire.LockOn })
	ctx, kill := context.WithCancel(w.t.Context())
	time.AfterFunc(time.Minute, kill)
	r, err := w.job.Apply(ctx, job.ApplyOptions{Accept: job.Acceptance{FailOn: w.failOn}})
	if err == nil && r.Report == nil {
		w.t.Fatal("it was not killed")
	}
	return r
}

// conditionsInPlay play a run that ends with conditions of each kind, apart from the
// threats.
var conditionsInPlay = map[string]conditionInPlay{
	"interrupted": {slow: true, tell: (*world).killed},
	"in_doubt":    {slow: true, tell: (*world).killed},
	"open_task":   {slow: true, tell: (*world).killed},
	"lock_open":   {slow: true, tell: (*world).killed},
	"not_sent":    {slow: true, tell: (*world).killed},
	"failed":      {rules: refusedAlways("example.net"), tell: func(w *world) *job.Result { return w.apply(job.ApplyOptions{}) }},
	"order_failed": {files: renewal, rules: refusedAlways("example.net"), tell: func(w *world) *job.Result {
		w.sim.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, 20) })
		return w.apply(job.ApplyOptions{})
	}},
	"stale": {tell: func(w *world) *job.Result {
		p, _ := w.plan()
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.net"} })
		return w.apply(job.ApplyOptions{Saved: p, MaxAge: time.Hour})
	}},
	"not_taken_back": {slow: true, tell: func(w *world) *job.Result {
		w.killed()
		r, err := w.job.PlanUndo(w.t.Context(), job.UndoOptions{Run: 1, Forced: true, Accept: job.Acceptance{FailOn: w.failOn}})
		if err != nil {
			w.t.Fatal(err)
		}
		return r
	}},
	"differs": {tell: func(w *world) *job.Result {
		w.job.Events = func(e job.Event) {
			if x, ok := e.Details.(executor.StepResult); ok && x.Attribute == "nameservers" {
				w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.net"} })
			}
		}
		return w.apply(job.ApplyOptions{})
	}},
	"trouble": {
		rules: []simulator.Fault{{Kind: simulator.Fail5xx, Operation: "AcknowledgeTaskResult"}},
		tell:  func(w *world) *job.Result { return w.apply(job.ApplyOptions{}) },
	},
	"blocked": {files: delegated, tell: func(w *world) *job.Result {
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.UpdateLock = wire.LockOn })
		return w.planned()
	}},
	"missing": {names: []string{"example.com"}, tell: (*world).planned},
	"unknown": {files: signed, rules: []simulator.Fault{{Kind: simulator.Fail5xx, Operation: "QueryDSRecord"}}, tell: (*world).planned},
	"overdue": {files: delegated, rules: []simulator.Fault{{
		Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"example.com"},
		Wait: simulator.Range{Min: 50 * time.Hour, Max: 50 * time.Hour},
	}}, tell: func(w *world) *job.Result {
		w.apply(job.ApplyOptions{})
		time.Sleep(30 * time.Hour)
		return w.apply(job.ApplyOptions{})
	}},
	"guard_refused": {files: "guard {\n  max_delegations = 0\n}\n" + moved, tell: (*world).planned},
	"policy_refused": {tell: func(w *world) *job.Result {
		w.job.Policy = &config.OperatorPolicy{Hazards: []attr.Hazard{attr.LockHazard}}
		return w.planned()
	}},
	"persons_needed": {tell: func(w *world) *job.Result {
		w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
		return w.apply(job.ApplyOptions{})
	}},
	"broken_glass": {tell: func(w *world) *job.Result {
		w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
		w.job.BreakGlass = "the registry is down"
		return w.apply(job.ApplyOptions{})
	}},
	"policy_ceiling": {files: "guard {\n  max_delegations = 7\n}\n" + moved, tell: func(w *world) *job.Result {
		w.job.Policy = &config.OperatorPolicy{Ceilings: config.Ceilings{Guards: map[string]int{"max_delegations": 5}}}
		return w.planned()
	}},
	"plan_error":   {files: "account {\n  unmanaged = \"error\"\n}\n" + moved, names: []string{"example.com", "example.net", "example.org"}, tell: (*world).planned},
	"check_failed": {files: moved + checkLocks, tell: (*world).planned},
	"check_warns":  {files: moved + strings.Replace(checkLocks, "{\n", "{\n  severity = \"warning\"\n", 1), tell: (*world).planned},
	"money_short":  {files: "budget {\n  amount = 5\n}\nprices {\n  com = { renew = 11 }\n}\ndomain \"example.com\" {\n  renewal = { min_days_left = 1000 }\n}\n", tell: (*world).planned},
	"drift": {files: delegated, tell: func(w *world) *job.Result {
		w.apply(job.ApplyOptions{})
		w.byHand("example.com")
		w.job.Portfolio.Drift = config.Drift{attr.Delegation: config.ReportDrift}
		return w.apply(job.ApplyOptions{})
	}},
	"unapproved": {tell: func(w *world) *job.Result {
		return w.apply(job.ApplyOptions{Approval: &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard}}})
	}},
	"pending": {tell: (*world).planned},
	// A lock that is refused is told, and the message does not arrive.
	"undelivered": {rules: refusedAlways("example.net"), tell: func(w *world) *job.Result {
		w.job.Notifiers = []job.Notifier{&place{down: true}}
		return w.apply(job.ApplyOptions{Accept: job.Acceptance{FailOn: w.failOn}})
	}},
	"expiries_unknown": {rules: []simulator.Fault{{Kind: simulator.Fail5xx, Operation: "*List*"}}, tell: func(w *world) *job.Result {
		w.job.Readings = job.ReadingsIn(w.t.TempDir(), journal.Options{})
		r, err := w.job.Apply(w.t.Context(), job.ApplyOptions{Accept: job.Acceptance{FailOn: w.failOn}})
		if err == nil {
			w.t.Error("the list was read")
		}
		return r
	}},
	"held": {files: moved + "hold \"wait\" {\n  names = [\"example.com\"]\n  until = \"2001-01-01\"\n  reason = \"wait\"\n}\n", tell: (*world).planned},
}

// planned plans, and returns the result.
func (w *world) planned() *job.Result {
	w.t.Helper()
	r, err := w.job.Plan(w.t.Context(), job.PlanOptions{Accept: job.Acceptance{FailOn: w.failOn}})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// in plays a run in a world of its own.
func (x *conditionInPlay) in(t *testing.T, tell func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := simulator.Options{Faults: simulator.Faults{Rules: x.rules}}
		if x.slow {
			o.Faults.Durations = slow.Faults.Durations
		}
		files, names := x.files, x.names
		if files == "" {
			files = moved
		}
		if names == nil {
			names = []string{"example.com", "example.net"}
		}
		tell(newWorld(t, files, o, names...))
	})
}

// TestEachConditionIsPlayed: a run ends with a condition of each kind that is in the
// table, with the severity and the reason of the table, and its exit reasons have it.
func TestEachConditionIsPlayed(t *testing.T) {
	t.Parallel()
	for _, kind := range job.ConditionKinds() {
		play, ok := conditionsInPlay[kind.ID]
		if !ok && !planner.IsThreat(kind.ID) { // those are played elsewhere
			t.Errorf("nothing plays %s", kind.ID)
		}
		if !ok {
			continue
		}
		t.Run(kind.ID, func(t *testing.T) {
			t.Parallel()
			play.in(t, func(w *world) {
				r := play.tell(w)
				c, ok := condition(r, kind.ID)
				if !ok {
					t.Errorf("the conditions are %+v", r.Conditions)
				}
				if c.Severity != kind.Severity || c.Makes != kind.Makes || c.Summary != kind.Summary || c.Reason == "" || c.Since.IsZero() {
					t.Errorf("the kind is %+v, and the condition %+v", kind, c)
				}
				if kind.Makes != "" && !slices.Contains(r.Reasons, kind.Makes) {
					t.Errorf("the reasons are %v", r.Reasons)
				}
			})
		})
	}
	for id := range conditionsInPlay {
		if !slices.ContainsFunc(job.ConditionKinds(), func(k job.ConditionKind) bool { return k.ID == id }) {
			t.Errorf("no kind is called %s", id)
		}
	}
}

// condition returns the condition of a kind of a result; ok is false where it has none.
func condition(r *job.Result, id string) (c job.Condition, ok bool) {
	at := slices.IndexFunc(r.Conditions, func(c job.Condition) bool { return c.ID == id })
	if at < 0 {
		return c, false
	}
	return r.Conditions[at], true
}

// TestConditionsHaveABeginning: since when there is a condition is when an apply saw it
// first, as long as it lasts; after a break it begins anew. A plan changes nothing of
// that, and neither does an apply of other names. A change that waits for days to be
// approved becomes a ticket.
func TestConditionsHaveABeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, moved, simulator.Options{}, "example.com", "example.net")
		locks := job.ApplyOptions{Approval: &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard}}}
		w.planned()
		time.Sleep(24 * time.Hour)
		var began time.Time
		for day := range 5 {
			before := time.Now()
			r := w.apply(locks)
			if day == 0 {
				began = before
			}
			c, ok := condition(r, "unapproved")
			want := job.Notice
			if day >= 3 {
				want = job.Ticket
			}
			if !ok || c.Since.Before(began) || c.Since.After(began.Add(time.Minute)) || c.Severity != want || c.Makes != job.Unapproved {
				t.Errorf("on day %d: %+v, want %s since %v", day, c, want, began)
			}
			if planned, _ := condition(w.planned(), "unapproved"); planned.ID != "" {
				t.Errorf("a plan without approval says %+v", planned)
			}
			others := locks
			only, err := planner.Select([]string{"example.net"})
			if err != nil {
				t.Fatal(err)
			}
			others.Only = only
			w.apply(others)
			time.Sleep(24 * time.Hour)
		}
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns1.example.org", "ns2.example.org"} })
		w.apply(locks)
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns7.example.org"} })
		time.Sleep(24 * time.Hour)
		if c, ok := condition(w.apply(locks), "unapproved"); !ok || time.Since(c.Since) > time.Minute || c.Severity != job.Notice {
			t.Errorf("it begins anew as %+v", c)
		}
	})
}

// TestSinceNeedsAState: against a snapshot nobody knows since when there is anything.
func TestSinceNeedsAState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, moved, simulator.Options{}, "example.com")
		live := w.sim.State()
		r, err := w.job.Plan(t.Context(), job.PlanOptions{Live: live})
		if c, ok := condition(r, "missing"); err != nil || !ok || !c.Since.IsZero() {
			t.Errorf("%+v: %v", c, err)
		}
	})
}

// TestAcceptedIsWhatItWas: what was accepted stays so while it looks as it did; another
// reason is not accepted, and says how it can be; accepted as it looks now, it is
// remembered as that. Without the record of before, what is there is taken.
func TestAcceptedIsWhatItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegated, simulator.Options{}, "example.com", "example.net")
		lock := func(on bool) {
			w.sim.Change("example.com", func(d *snapshot.Domain) {
				d.UpdateLock, d.DSRecords = wire.LockOff, []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "00"}}
				if on {
					d.UpdateLock, d.DSRecords = wire.LockOn, nil
				}
			})
		}
		accept := job.Acceptance{Known: func(name, attribute string) bool { return name == "example.com" && attribute == "nameservers" }}
		apply := func(o job.Acceptance) job.Condition {
			t.Helper()
			r := w.apply(job.ApplyOptions{Accept: o})
			c, ok := condition(r, "blocked")
			if red := slices.Contains(r.Reasons, job.Failed); !ok || red != (c.Severity != job.Known) {
				t.Errorf("%+v, and the run ends with %v", c, r.Reasons)
			}
			time.Sleep(24 * time.Hour)
			return c
		}
		lock(true)
		first := apply(accept)
		if again := apply(accept); first.Severity != job.Known || again.Severity != job.Known || again.Since.After(first.Since.Add(time.Minute)) {
			t.Errorf("accepted, it is %+v, and then %+v", first, again)
		}
		lock(false)
		changed := apply(accept)
		if again := apply(accept); changed.Severity != job.Ticket || again.Severity != job.Ticket || again.Reason != changed.Reason {
			t.Errorf("it looks different, and is %+v, then %+v", changed, again)
		}
		plain := apply(job.Acceptance{})
		exact := job.Acceptance{KnownAs: func(name, attribute, look string) bool { return name == "example.com" && look == job.Look(&plain) }}
		if c := apply(exact); c.Severity != job.Known {
			t.Errorf("accepted as it looks it is %+v", c)
		}
		if c := apply(accept); c.Severity != job.Known {
			t.Errorf("what was accepted last is not remembered: %+v", c)
		}
		lock(true)
		if c := apply(accept); c.Severity != job.Ticket {
			t.Errorf("what was accepted first still is: %+v", c)
		}
	})
}

// TestFailOn: the severities that are named make a run fail, whatever its kinds do by
// themselves, and nothing else does but what is no matter of severity.
func TestFailOn(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		kind   string
		failOn []job.Severity
		fails  bool
		also   job.Reason // "": nothing else
	}{
		"a page":                    {kind: "order_failed", failOn: []job.Severity{job.Page}, fails: true},
		"a ticket is no page":       {kind: "missing", failOn: []job.Severity{job.Page}, also: job.Pending},
		"a ticket":                  {kind: "missing", failOn: []job.Severity{job.Page, job.Ticket}, fails: true, also: job.Pending},
		"a drift is a ticket":       {kind: "drift", failOn: []job.Severity{job.Ticket}, fails: true},
		"a drift by itself is none": {kind: "drift"},
		"what was held is no page":  {kind: "held", failOn: []job.Severity{job.Page, job.Ticket, job.Notice}, fails: false, also: job.Pending},
		"a guard":                   {kind: "guard_refused", failOn: []job.Severity{job.Page}, also: job.Guarded},
		"no notice arrives":         {kind: "undelivered", failOn: []job.Severity{job.Ticket}, fails: true},
		"that is no page":           {kind: "undelivered", failOn: []job.Severity{job.Page}},
		"what is open":              {kind: "interrupted", failOn: []job.Severity{job.Notice}, also: job.Open},
		"what nobody has approved":  {kind: "unapproved", failOn: []job.Severity{job.Page}, also: job.Unapproved},
		"errors of the plan":        {kind: "plan_error", failOn: []job.Severity{job.Page}, also: job.Impossible},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			play := conditionsInPlay[test.kind]
			play.in(t, func(w *world) {
				w.failOn = test.failOn
				r := play.tell(w)
				if got := slices.Contains(r.Reasons, job.Failed); got != test.fails || test.also != "" && !slices.Contains(r.Reasons, test.also) {
					t.Errorf("%v, of %+v", r.Reasons, r.Conditions)
				}
			})
		})
	}
}
