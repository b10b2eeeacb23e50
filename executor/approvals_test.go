package executor_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// TestApprovalsSplitAPlan draws an account, files, and two halves of all hazards.
// Every night one half is approved, and then the other: in the end the account is
// as where everything is approved at once, and nothing was sent of a hazard that
// was not approved then. The files of the nights permit more than those of a first apply,
// which is a change of the hazard policy. EXECUTOR_ROUNDS and EXECUTOR_SEED are as for [TestLaws].
func TestApprovalsSplitAPlan(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 12, 3) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			var half []attr.Hazard
			for i, h := range attr.Hazards()[1:] {
				if rand.New(rand.NewPCG(seed, 1)).Uint64()>>i&1 == 1 { //nolint:gosec // it repeats
					half = append(half, h)
				}
			}
			other := slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return slices.Contains(half, h) })
			var once, split outcome
			synctest.Test(t, func(t *testing.T) { once = nights(t, seed, nil) })
			synctest.Test(t, func(t *testing.T) {
				split = nights(t, seed, nil, &planner.Approval{Hazards: half}, &planner.Approval{Hazards: other})
			})
			if diff := cmp.Diff(once, split); diff != "" {
				t.Errorf("approved at once, and %v before %v:\n%s", half, other, diff)
			}
		})
	}
}

// outcome is what an account has in the end, but for times, and what was bought.
type outcome struct {
	Domains   []snapshot.Domain
	Purchases []simulator.Purchase
}

// nights applies on some nights, each time with one approval after the other, and
// in the end with the last one.
func nights(t *testing.T, seed uint64, last *planner.Approval, approvals ...*planner.Approval) outcome {
	t.Helper()
	x := drawn(dice{rand.New(rand.NewPCG(seed, 0))})
	x.options.Faults = simulator.Faults{Limits: map[string]int{"CheckDomain": 1000}}
	w := newWorldOf(t, loadText(t, alwaysUnlocking(x.text)), x.options)
	whole, tight := w.portfolio, *w.portfolio
	tight.Guard.MaxDelegations = new(0)
	w.portfolio = &tight
	w.appliesApproved(&planner.Approval{})
	w.portfolio = whole
	start := time.Now()
	for night := range 8 {
		<-time.After(time.Until(start.Add(time.Duration(night) * 30 * time.Hour)))
		for _, a := range approvals {
			w.appliesApproved(a)
		}
		if len(approvals) == 0 || night >= 6 {
			w.appliesApproved(last)
		}
	}
	return outcomeOf(w)
}

// alwaysUnlocking lets every lock be opened for a change. One that may not be
// blocks changes that are deferred when it closes, however they are approved.
func alwaysUnlocking(files string) string {
	files = strings.ReplaceAll(files, "  temporary_unlock = true\n", "")
	return regexp.MustCompile(`(?m)^(domains?|template) .*\{$`).ReplaceAllString(files, "$0\n  temporary_unlock = true")
}

func outcomeOf(w *world) outcome {
	o := outcome{Domains: w.sim.State().Domains, Purchases: w.sim.Purchases()}
	for i := range o.Domains {
		d := &o.Domains[i]
		d.Registered, d.Expires = d.Registered.Round(24*time.Hour), d.Expires.Round(24*time.Hour)
	}
	for i := range o.Purchases {
		o.Purchases[i].Expires = o.Purchases[i].Expires.Round(24 * time.Hour)
	}
	slices.SortFunc(o.Purchases, func(a, b simulator.Purchase) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return o
}

// appliesApproved applies with an approval, and checks at the simulator that
// nothing else was made.
func (w *world) appliesApproved(a *planner.Approval) {
	w.t.Helper()
	before, saved := w.sim.State(), w.sim.Saved()
	r, err := w.job().Apply(w.t.Context(), job.ApplyOptions{Approval: a})
	if err != nil {
		w.t.Fatal(err)
	}
	if a == nil {
		return
	}
	for change, n := range w.sim.Saved() {
		for _, hazard := range hazardsIn(change) {
			if n > saved[change] && hazard != attr.None && !slices.Contains(a.Hazards, hazard) {
				w.t.Errorf("%s was sent, and only %v is approved", change, a.Hazards)
			}
		}
	}
	for i := range before.Domains {
		was := &before.Domains[i]
		is := w.sim.State().Domain(was.Name)
		hazard := attr.Lookup(attr.UpdateLock).HazardOf(attr.Bool(is != nil && is.UpdateLock.On()))
		if is != nil && is.UpdateLock.On() != was.UpdateLock.On() && was.Expires.After(before.ReadAt) && !slices.Contains(a.Hazards, hazard) {
			w.t.Errorf("the update lock of %s is %s now, and only %v is approved", was.Name, is.UpdateLock, a.Hazards)
		}
	}
	unapproved := r.Plan.Count(attr.Unapproved)
	for i := range r.Plan.Policy {
		if r.Plan.Policy[i].Status == attr.Unapproved {
			unapproved++
		}
	}
	if unapproved > 0 != slices.Contains(r.Reasons, job.Unapproved) {
		w.t.Errorf("%d changes of names and of the policy are unapproved, and the run ends with %v", unapproved, r.Reasons)
	}
}

// hazardsIn returns the hazards of a request as the simulator keeps it, worked out
// without the program's table. Update locks open and close again.
func hazardsIn(change string) []attr.Hazard {
	operation, _, _ := strings.Cut(change, "&")
	has := func(text string) bool { return strings.Contains(change, text) }
	only := func(h attr.Hazard) []attr.Hazard { return []attr.Hazard{h} }
	switch {
	case strings.Contains(operation, "TransferProhibitionLock") && has(`&Status="false"`):
		return only(attr.UnlockHazard)
	case strings.Contains(operation, "TransferProhibitionLock"):
		return only(attr.LockHazard)
	case strings.Contains(operation, "UpdateProhibitionLock"), strings.Contains(operation, "Art"):
		return only(attr.None)
	case strings.Contains(operation, "CreatingOrder"):
		all := only(attr.Money)
		if has("&AliyunDns") || has("&Dns1") {
			all = append(all, attr.Delegation)
		}
		if has("&EnableDomainProxy=false") {
			all = append(all, attr.Identity)
		}
		return all
	case strings.Contains(operation, "ContactInfo") && has(`"registrant"`):
		return only(attr.Identity)
	case strings.Contains(operation, "ContactInfo"):
		return only(attr.ContactHazard)
	case strings.Contains(operation, "ProxyService") && has(`&Status="true"`):
		return only(attr.None)
	case strings.Contains(operation, "ProxyService"), strings.Contains(operation, "Ens"):
		return only(attr.Identity)
	}
	return only(attr.Delegation)
}

// TestResumeMakesWhatWasApproved: what was announced to follow is made by whoever
// resumes. Where the files say something else since, nobody has approved that.
func TestResumeMakesWhatWasApproved(t *testing.T) {
	t.Parallel()
	files := func(t *testing.T, attribute, value string) *config.Portfolio {
		return loadText(t, rules+block("new.art", map[string]string{"registration": `{ registrant_profile = "Example Ltd" }`, attribute: value}))
	}
	servers := func(d *snapshot.Domain) string { return strings.Join(d.Nameservers, " ") }
	privacy := func(d *snapshot.Domain) string { return fmt.Sprint(*d.Privacy) }
	for title, test := range map[string]struct {
		attribute, announced, now string
		look                      func(*snapshot.Domain) string
		want, reasons             string
	}{
		"what was announced":  {"privacy", "false", "false", privacy, "false", "[]"},
		"of another hazard":   {"privacy", "true", "false", privacy, "true", "[unapproved]"},
		"to the same servers": {"nameservers", quoted(newServers), quoted(newServers), servers, strings.Join(newServers, " "), "[]"},
		"to other servers":    {"nameservers", quoted(oldServers), quoted(newServers), servers, "dns3.hichina.com dns4.hichina.com", "[unapproved]"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := slowTasks()
				o.Account, o.Market.BareOrders = &snapshot.Account{FormatVersion: snapshot.FormatVersion}, true
				w := newWorldOf(t, files(t, test.attribute, test.announced), o)
				w.interruptAfter(10 * time.Second)
				if _, ran, err := w.apply(t.Context()); err != nil || !ran.Interrupted {
					t.Fatalf("it was to be interrupted: %+v, %v", ran, err)
				}
				<-time.After(time.Hour)
				w.stop, w.portfolio = nil, files(t, test.attribute, test.now)
				r, err := w.job().Resume(t.Context())
				if err != nil || fmt.Sprint(r.Reasons) != test.reasons || len(r.Follow) != 1 {
					t.Errorf("%v, %d followed: %v", r.Reasons, len(r.Follow), err)
				}
				if got := test.look(w.sim.State().Domain("new.art")); got != test.want {
					t.Errorf("the name has %s", got)
				}
			})
		})
	}
}

// TestWhatFollowsNamesItsRun: where two runs are resumed, what follows each of them is
// recorded as announced by that one.
func TestWhatFollowsNamesItsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := slowTasks()
		o.Account, o.Market.BareOrders = &snapshot.Account{FormatVersion: snapshot.FormatVersion}, true
		w := newWorldOf(t, loadText(t, rules), o)
		text := rules
		for i, name := range []string{"new.art", "other.art"} {
			text += block(name, map[string]string{"registration": `{ registrant_profile = "Example Ltd" }`, "nameservers": quoted(newServers)})
			w.portfolio = loadText(t, text)
			j, stop := w.job(), make(chan struct{})
			j.Stop, j.Events = stop, func(e job.Event) {
				if x, ok := e.Details.(executor.Executing); ok && x.Run == int64(i+1) {
					time.AfterFunc(10*time.Second, func() { close(stop) })
				}
			}
			if r, err := j.Apply(t.Context(), job.ApplyOptions{}); err != nil || !r.Report.Interrupted {
				t.Fatalf("it was to be interrupted: %+v, %v", r.Report, err)
			}
		}
		<-time.After(time.Hour)
		if _, err := w.job().Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		var follows []int64
		err := w.open(t.Context(), func(j *journal.Journal) error {
			runs, err := j.Runs(t.Context())
			for i := range runs {
				follows = append(follows, runs[i].Follows)
			}
			return err
		})
		if err != nil || !slices.Equal(follows, []int64{0, 0, 1, 2}) {
			t.Errorf("the runs follow %v, %v", follows, err)
		}
	})
}
