package job

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

var someNames = []string{"", "a.example", "b.example", "c.example"}

// someOf draws some elements of a list, which may be none.
func someOf[T any](t *rapid.T, label string, draw *rapid.Generator[T]) []T {
	return rapid.SliceOfN(draw, 0, 3).Draw(t, label)
}

// anyPlan draws a plan of everything that makes a condition.
func anyPlan(t *rapid.T) *planner.Plan {
	p := &planner.Plan{Summary: planner.Summary{Changes: make(map[attr.Status]int)}}
	name := rapid.SampledFrom(someNames[1:])
	p.Changes = someOf(t, "changes", rapid.Custom(func(t *rapid.T) attr.Change {
		c := attr.Change{Domain: name.Draw(t, "domain"), Attribute: rapid.SampledFrom([]string{"nameservers", "renewal"}).Draw(t, "attribute"), Reason: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "reason")}
		c.Status = rapid.SampledFrom([]attr.Status{attr.Ready, attr.Deferred, attr.Blocked, attr.Waiting, attr.Held, attr.Unapproved, attr.Unknown, attr.InDoubt}).Draw(t, "status")
		c.Origin = rapid.SampledFrom([]attr.Origin{attr.NoOrigin, attr.Edit, attr.Drift}).Draw(t, "origin")
		return c
	}))
	for i := range p.Changes {
		p.Summary.Changes[p.Changes[i].Status]++
	}
	p.Missing, p.OwedRelocks = someOf(t, "missing", name), someOf(t, "owed", name)
	p.Failures = someOf(t, "failures", rapid.Just(snapshot.Failure{Domain: "a.example", Operation: "Query", Message: "no"}))
	p.Guards = someOf(t, "guards", rapid.Custom(func(t *rapid.T) planner.Guard {
		return planner.Guard{Name: "max_delegations", Refuses: rapid.Bool().Draw(t, "refuses")}
	}))
	p.Diagnostics = someOf(t, "diagnostics", rapid.Custom(func(t *rapid.T) planner.Diagnostic {
		return planner.Diagnostic{Severity: rapid.SampledFrom([]planner.Severity{planner.SeverityError, planner.SeverityWarning}).Draw(t, "severity"), Summary: "something"}
	}))
	p.Overdue = someOf(t, "overdue", rapid.Custom(func(t *rapid.T) planner.Overdue {
		return planner.Overdue{Domain: name.Draw(t, "domain"), Attribute: "nameservers"}
	}))
	p.Threats = someOf(t, "threats", rapid.Custom(func(t *rapid.T) planner.Threat {
		kind := rapid.SampledFrom(planner.ThreatKinds()).Draw(t, "threat")
		return planner.Threat{ID: kind.ID, Summary: kind.Summary, Domain: name.Draw(t, "domain"), Severity: rapid.SampledFrom([]planner.ThreatSeverity{planner.Page, planner.Ticket, planner.Notice}).Draw(t, "severity")}
	}))
	return p
}

// anyReport draws a report of everything that makes a condition.
func anyReport(t *rapid.T) *executor.Report {
	name := rapid.SampledFrom(someNames[1:])
	r := &executor.Report{
		Interrupted: rapid.Bool().Draw(t, "interrupted"), Unlocked: someOf(t, "unlocked", name),
		OpenTasks: someOf(t, "tasks", rapid.Just("t1")), Trouble: someOf(t, "trouble", rapid.Just("the disk is full")), Counts: make(map[string]int),
	}
	r.Changes = someOf(t, "results", rapid.Custom(func(t *rapid.T) executor.ChangeReport {
		return executor.ChangeReport{
			Domain: name.Draw(t, "domain"), Attribute: rapid.SampledFrom([]string{"nameservers", "renewal"}).Draw(t, "attribute"),
			Result: rapid.SampledFrom([]executor.ChangeResult{
				executor.Verified, executor.Done, executor.Waiting, executor.Differs, executor.Failed, executor.NotSent, executor.Stale, executor.InDoubt,
			}).Draw(t, "result"),
		}
	}))
	for i := range r.Changes {
		r.Counts[string(r.Changes[i].Result)]++
	}
	return r
}

func anyResult(t *rapid.T) *Result {
	r := &Result{Operation: rapid.SampledFrom([]Operation{Planning, Applying, Resuming, Abandoning}).Draw(t, "operation")}
	if rapid.Bool().Draw(t, "planned") {
		r.Plan = anyPlan(t)
		r.Stale = someOf(t, "stale", rapid.Just(planner.Stale{ID: "a.example/nameservers", Domain: "a.example", Reason: "it is there"}))
		if r.Operation != Planning && rapid.Bool().Draw(t, "followed") {
			r.Follow = []*planner.Plan{anyPlan(t)}
		}
	}
	if r.Operation != Planning {
		if rapid.Bool().Draw(t, "settled") {
			r.Settled = anyReport(t)
		}
		if rapid.Bool().Draw(t, "executed") {
			r.Report = anyReport(t)
		}
	}
	return r
}

// expected says straight from the plans and reports of a run, and not by its
// conditions, which reasons it has not to end well.
func expected(r *Result, known func(name, attribute string) bool) map[Reason]bool {
	has := make(map[Reason]bool)
	note := func(x Reason, yes bool) {
		if x == Open && r.Operation == Abandoning {
			x = Failed
		}
		has[x] = has[x] || yes
	}
	for _, report := range []*executor.Report{r.Settled, r.Report} {
		if report != nil {
			note(Open, report.Unfinished())
			note(Failed, len(report.Unlocked) > 0 || report == r.Report && report.Troubled())
		}
	}
	plans := r.Follow
	if r.Plan != nil {
		plans = append([]*planner.Plan{r.Plan}, plans...)
		note(Pending, r.Operation == Planning && !r.Plan.Converged())
		note(Failed, r.Report == nil && len(r.Plan.OwedRelocks) > 0)
	}
	for _, p := range plans {
		note(Open, p.Count(attr.InDoubt) > 0)
		note(Failed, p.Troubled(known) || p.TooLate(known) || p.Threatened(known) || p.Count(attr.Unknown)+len(p.Failures) > 0)
		note(Guarded, p.Guarded())
		note(Impossible, p.HasErrors())
		note(Unapproved, p.Count(attr.Unapproved) > 0)
	}
	note(Failed, len(r.Stale) > 0)
	return has
}

// TestReasonsAreAViewOfTheConditions: whatever a run ends with, its conditions make the
// reasons that its plans and reports say; none stands twice, and the severest are first.
func TestReasonsAreAViewOfTheConditions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyResult(t)
		acceptedOnes := rapid.SliceOfN(rapid.SampledFrom([]string{"a.example/nameservers", "b.example/", "c.example/transfer_out", "a.example/renewal"}), 0, 4).Draw(t, "accepted")
		known := func(name, attribute string) bool { return slices.Contains(acceptedOnes, name+"/"+attribute) }
		all := conditionsOf(r, &appraisal{Acceptance: Acceptance{Known: known}}, nil)
		want := expected(r, known)
		for _, reason := range allReasons {
			if got := slices.Contains(reasonsOf(all), reason); got != want[reason] {
				t.Fatalf("%s: %v, want %v, of %+v", reason, got, want[reason], all)
			}
		}
		seen := make(map[string]bool)
		for i, c := range all {
			key := c.ID + " " + c.Domain + " " + c.Attribute
			switch {
			case seen[key]:
				t.Fatalf("%s stands twice: %+v", key, all)
			case i > 0 && slices.Index(Severities(), all[i-1].Severity) > slices.Index(Severities(), c.Severity):
				t.Fatalf("%+v stands before %+v", all[i-1], c)
			case c.Severity == Known && c.Makes != "":
				t.Fatalf("it is known, and makes %s: %+v", c.Makes, c)
			case c.Summary == "" || !slices.ContainsFunc(ConditionKinds(), func(k ConditionKind) bool { return k.ID == c.ID }):
				t.Fatalf("no kind has %+v", c)
			}
			seen[key] = true
		}
	})
}

// TestFailOnIsAViewOfTheSeverities: with severities named, a run fails exactly where one
// of its conditions has one of them and is no matter of another code, and every other
// reason is what it was.
func TestFailOnIsAViewOfTheSeverities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyResult(t)
		failOn := rapid.SliceOfNDistinct(rapid.SampledFrom([]Severity{Page, Ticket, Notice}), 1, 3, rapid.ID[Severity]).Draw(t, "fail on")
		plain := conditionsOf(r, new(appraisal), nil)
		fails := slices.ContainsFunc(plain, func(c Condition) bool {
			return slices.Contains(failOn, c.Severity) && (c.Makes == "" || c.Makes == Failed)
		})
		got := reasonsOf(conditionsOf(r, &appraisal{Acceptance: Acceptance{FailOn: failOn}}, nil))
		if slices.Contains(got, Failed) != fails {
			t.Fatalf("%v with %v, of %+v", got, failOn, plain)
		}
		others := func(all []Reason) []Reason {
			return slices.DeleteFunc(slices.Clone(all), func(x Reason) bool { return x == Failed })
		}
		if was := reasonsOf(plain); !slices.Equal(others(got), others(was)) {
			t.Fatalf("%v with %v, and %v without", got, failOn, was)
		}
	})
}

// TestMarksStayWhileConditionsDo: however many conditions of a kind there are, and in
// which order, the state remembers the same of them until they are over, and what was
// accepted of a name that no file declares as long as it is accepted.
func TestMarksStayWhileConditionsDo(t *testing.T) {
	t.Parallel()
	all := make([]Condition, rememberedOfKind+2)
	for i := range all {
		all[i] = Condition{ID: kindMissing, Domain: fmt.Sprintf("n%d.example", i), Severity: Ticket}
	}
	all[0].Severity = Known
	everything := func(string, string) bool { return true }
	nothing := func(string) bool { return false }
	begun, over := new(appraisal).marks(all, everything, nothing)
	if len(begun) != rememberedOfKind+1 || len(over) > 0 { // one is accepted, too
		t.Fatalf("%d have begun, and %d are over", len(begun), len(over))
	}
	seen := make(map[string]time.Time)
	for _, mark := range begun {
		seen[mark] = time.Unix(1, 0)
	}
	slices.Reverse(all)
	remember := func() (begun, over []string) {
		a := new(appraisal)
		a.recall(seen)
		begun, over = a.marks(all, everything, nothing)
		return slices.DeleteFunc(begun, func(mark string) bool { return !seen[mark].IsZero() }), over
	}
	if begun, over := remember(); len(begun)+len(over) > 0 {
		t.Errorf("in another order %q have begun, and %q are over", begun, over)
	}
	all = all[:len(all)-1]
	if begun, over := remember(); len(begun) != 1 || len(over) != 2 {
		t.Errorf("after the end of one %q have begun, and %q are over", begun, over)
	}
}

// TestConditionsAreDocumented: docs/conditions.md has the table of the kinds.
func TestConditionsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/conditions.md")
	if err != nil {
		t.Fatal(err)
	}
	want := new(strings.Builder)
	for _, k := range conditionKinds {
		makes := string(k.Makes)
		if makes == "" {
			makes = "nothing"
		}
		fmt.Fprintf(want, "| `%s` | %s | %s | %s |\n", k.ID, k.Severity, k.Summary, makes)
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("docs/conditions.md does not have this table:\n%s", want.String())
	}
}
