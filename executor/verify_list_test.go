package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// withNameservers is a service whose list of names tells nameservers.
func withNameservers() simulator.Options {
	return simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Readings: simulator.Readings{ListedNameservers: "Dns"}}
}

// someOf returns an account of names of which the first n change their nameservers.
func someOf(all, n int) []name {
	names := many(all)
	for i := n; i < all; i++ {
		names[i].want = nil
	}
	return names
}

// verifying applies, and returns the reads that it made after it had planned, and
// the report.
func (w *world) verifying() (reads map[string]int, r *executor.Report) {
	w.t.Helper()
	var before map[string]int
	j := w.job()
	j.Events = func(e job.Event) {
		if _, ok := e.Details.(job.Planned); ok {
			before = w.sim.Stats()
		}
	}
	result, err := j.Apply(w.t.Context(), job.ApplyOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	reads = make(map[string]int)
	for operation, n := range w.since(before) {
		if operation == info || operation == "QueryDomainList" || operation == "ScrollDomainList" {
			reads[operation] = n
		}
	}
	asPredicted(w.t, w.since(before), result.Plan)
	return reads, result.Report
}

// TestVerificationCalls: to verify n names takes n direct reads or the pages of
// the list, whichever is fewer; where both are as many, direct reads.
func TestVerificationCalls(t *testing.T) {
	t.Parallel()
	const all, size = 55, 10 // 6 pages
	for n, want := range map[int]map[string]int{
		1:  {info: 1},
		5:  {info: 5},
		6:  {info: 6},
		7:  {"QueryDomainList": 6},
		10: {"QueryDomainList": 6},
		55: {"QueryDomainList": 6},
	} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { verifiesIn(t, someOf(all, n), withNameservers(), size, want) })
		})
	}
	t.Run("2000 of 3000", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := withNameservers()
			o.Readings.NewerOperations = "absent"
			verifiesIn(t, someOf(3000, 2000), o, 200, map[string]int{"QueryDomainList": 15})
		})
	})
	t.Run("2000 of 3000 by a scroll", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			verifiesIn(t, someOf(3000, 2000), simulator.Options{}, 200, map[string]int{"ScrollDomainList": 7})
		})
	})
	t.Run("a list without nameservers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			verifiesIn(t, someOf(all, 20), simulator.Options{}, size, map[string]int{info: 20})
		})
	})
	t.Run("what needs a direct read anyway", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			names := someOf(all, 30)
			for i := range 20 {
				names[i].transfer = new(true)
			}
			verifiesIn(t, names, withNameservers(), size, map[string]int{info: 20, "QueryDomainList": 6})
		})
	})
	t.Run("renewals and nameservers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			names := someOf(all, 4)
			for i := range 8 {
				names[i].left, names[i].renewal = 20, attr.Renewal{MinDaysLeft: 60, Years: 1}
			}
			verifiesIn(t, names, withNameservers(), size, map[string]int{"QueryDomainList": 6})
		})
	})
}

// verifiesIn checks the reads that verify what is changed, and that all of it is
// verified.
func verifiesIn(t *testing.T, names []name, o simulator.Options, size int, want map[string]int) {
	t.Helper()
	w := shop(t, names, o)
	w.portfolio.Refresh.PageSize = size
	got, r := w.verifying()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := r.Counts[string(executor.Verified)]; n != len(r.Changes) || n == 0 {
		t.Errorf("%d of %d changes are verified: %v", n, len(r.Changes), r.Counts)
	}
	w.converged()
}

// alteredList is a list of names whose pages are altered.
func alteredList(list executor.ReadList, alter func(page int, rows []snapshot.Domain) ([]snapshot.Domain, error)) executor.ReadList {
	return func(ctx context.Context, operation string, wanted func(string) bool, take func([]snapshot.Domain)) error {
		page := 0
		var odd error
		err := list(ctx, operation, wanted, func(rows []snapshot.Domain) {
			page++
			rows, err := alter(page, slices.Clone(rows))
			if odd = errors.Join(odd, err); odd == nil {
				take(rows)
			}
		})
		return errors.Join(err, odd)
	}
}

// TestListsThatAreWrong: what a list does not show as made is read directly, and
// nothing is verified by a row that shows something else.
func TestListsThatAreWrong(t *testing.T) {
	t.Parallel()
	each := func(alter func(d *snapshot.Domain)) func(int, []snapshot.Domain) ([]snapshot.Domain, error) {
		return func(_ int, rows []snapshot.Domain) ([]snapshot.Domain, error) {
			for i := range rows {
				alter(&rows[i])
			}
			return rows, nil
		}
	}
	for name, tc := range map[string]struct {
		alter  func(page int, rows []snapshot.Domain) ([]snapshot.Domain, error)
		direct int // reads
	}{
		"lags": {each(func(d *snapshot.Domain) { d.Nameservers = oldServers }), 30},
		"lags in part": {each(func(d *snapshot.Domain) {
			if strings.HasSuffix(d.Name, "7.example") {
				d.Nameservers = oldServers
			}
		}), 3},
		"lies":         {each(func(d *snapshot.Domain) { d.Nameservers = []string{"ns7.example.net"} }), 30},
		"lacks a fact": {each(func(d *snapshot.Domain) { d.Nameservers = nil }), 30},
		"shifts": {func(page int, rows []snapshot.Domain) ([]snapshot.Domain, error) {
			if page == 2 {
				return rows[4:], nil
			}
			return rows, nil
		}, 4},
		"contradicts itself": {func(page int, rows []snapshot.Domain) ([]snapshot.Domain, error) {
			again := rows[0]
			again.Nameservers = oldServers
			return append(rows, again), nil
		}, 3},
		"is cut": {func(page int, rows []snapshot.Domain) ([]snapshot.Domain, error) {
			if page == 3 {
				return nil, errors.New("the connection broke")
			}
			return rows, nil
		}, 30},
		"is refused": {func(int, []snapshot.Domain) ([]snapshot.Domain, error) {
			return nil, &wire.Error{Code: "Forbidden.RAM"}
		}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, many(30), withNameservers())
				w.portfolio.Refresh.PageSize = 10
				r, direct := w.executeWith(func(c *executor.Config) { c.ReadList = alteredList(c.ReadList, tc.alter) })
				if n := r.Counts[string(executor.Verified)]; n != 30 || direct != tc.direct {
					t.Errorf("%d verified with %d direct reads, want 30 with %d: %v", n, direct, tc.direct, r.Counts)
				}
			})
		})
	}
}

// executeWith plans, and executes the plan with another configuration. It returns how
// many names were read directly.
func (w *world) executeWith(alter func(*executor.Config)) (r *executor.Report, direct int) {
	w.t.Helper()
	plan, err := w.plan(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.sim.Stats()
	err = w.open(w.t.Context(), func(j *journal.Journal) (err error) {
		cfg := w.config(j)
		alter(&cfg)
		r, err = executor.Run(w.t.Context(), plan, cfg)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r, w.since(before)[info]
}

// TestRowsOfTheListBefore: where the row of a name did not tell the value from
// before, or told another than the name itself, a row of now proves nothing.
func TestRowsOfTheListBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(30), withNameservers())
		w.portfolio.Refresh.PageSize = 10
		plan, err := w.plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range plan.Changes {
			if i < 5 {
				plan.Changes[i].ListedBy = ""
			}
		}
		before := w.sim.Stats()
		err = w.open(t.Context(), func(j *journal.Journal) error {
			_, err := executor.Run(t.Context(), plan, w.config(j))
			return err
		})
		if n := w.since(before)[info]; n != 5 || err != nil {
			t.Errorf("%d names were read directly, want 5 (%v)", n, err)
		}
	})
}

// TestWhatOthersWaitForIsReadDirectly: a host goes when names have moved away from
// it. That they have is asked of each of them.
func TestWhatOthersWaitForIsReadDirectly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account, text := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, rules+"refresh {\n  page_size = 10\n}\n"
		owner := blank("owner.com", false)
		owner.Hosts = []snapshot.Host{{Name: "ns1.owner.com", Addresses: []string{"192.0.2.1"}}}
		account.Domains = append(account.Domains, owner)
		text += block(owner.Name, map[string]string{"hosts": "{ ns1 = [] }"})
		for i := range 49 {
			d := blank(fmt.Sprintf("n%02d.com", i), false)
			if d.Nameservers = []string{"ns0.example.net"}; i < 12 {
				d.Nameservers = append(d.Nameservers, "ns1.owner.com")
			}
			account.Domains = append(account.Domains, d)
			text += block(d.Name, map[string]string{"nameservers": `["ns1.example.net", "ns2.example.net"]`})
		}
		account.Sort()
		o := withNameservers()
		o.Account = account
		w := newWorldOf(t, loadText(t, text), o)
		reads, r := w.verifying()
		if diff := cmp.Diff(map[string]int{info: 12 + 1, "QueryDomainList": 5}, reads); diff != "" {
			t.Error(diff)
		}
		if n := r.Counts[string(executor.Verified)]; n != 50 {
			t.Errorf("%d of 50 changes are verified: %v", n, r.Counts)
		}
	})
}

// TestListAfterADeath: a later process verifies by the list what an earlier one
// changed, and reads no name of it directly.
func TestListAfterADeath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(30), withNameservers())
		w.portfolio.Refresh.PageSize = 10
		ctx, die := context.WithCancel(t.Context())
		w.executing = func() { time.AfterFunc(time.Minute, die) }
		w.timing.BatchWait = time.Second
		j := w.job()
		j.Service = deadList{w.client, die}
		if r, err := j.Apply(ctx, job.ApplyOptions{}); err == nil && r.Report.Counts[string(executor.Verified)] > 0 {
			t.Fatalf("it did not die before it verified: %v", r.Report.Counts)
		}
		w.revive()
		before := w.sim.Stats()
		r, err := w.resume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		made := w.since(before)
		// One call of each asks whose the account is.
		if made["QueryDomainList"] != 1+3 || made[info] != 1 || r.Counts[string(executor.Verified)] != 30 {
			t.Errorf("%v with %v", r.Counts, made)
		}
		w.converged()
	})
}

// deadList is a service at which a process dies when it reads the list once
// something was saved.
type deadList struct {
	job.Service
	die func()
}

func (s deadList) QueryDomainList(ctx context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	if tasks, err := s.QueryTaskList(ctx, &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}); err == nil && len(tasks.Data) > 0 {
		s.die()
		return nil, context.Canceled
	}
	return s.Service.QueryDomainList(ctx, r)
}

// TestVerdictsOfListAndNames: by the list come the verdicts that direct reads give
// at the same moment, whatever became of the names, and whatever the list lacks or
// shows late.
func TestVerdictsOfListAndNames(t *testing.T) {
	t.Parallel()
	byList := 0
	for seed := range uint64(15) {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 41))
			names := many(10 + dice.IntN(50))
			for i := range names {
				if dice.IntN(3) == 0 {
					names[i].transfer = new(dice.IntN(2) == 0)
				}
				if dice.IntN(3) == 0 {
					names[i].left, names[i].renewal = 20, attr.Renewal{MinDaysLeft: 60, Years: 1}
				}
			}
			var verdicts [2]map[string]string
			for i := range verdicts {
				w := shop(t, names, withNameservers())
				w.portfolio.Refresh.PageSize = 1 + int(seed%9)
				after := drawnOutcome(rand.New(rand.NewPCG(seed, 42)), w)
				r, _ := w.executeWith(func(c *executor.Config) {
					c.Read = after.read
					if c.ReadList = nil; i == 1 {
						c.ReadList = after.readList
					}
				})
				verdicts[i] = make(map[string]string)
				for _, c := range r.Changes {
					verdicts[i][c.ID] = string(c.Result) + ": " + c.Message
				}
				byList += after.lists
			}
			if diff := cmp.Diff(verdicts[0], verdicts[1]); diff != "" {
				t.Errorf("seed %d: by direct reads, and by the list:\n%s", seed, diff)
			}
		})
	}
	if byList < 5 {
		t.Errorf("the list was read %d times", byList)
	}
}

// becameOf is an account as it may be after changes, and what its list tells of it.
type becameOf struct {
	dice  *rand.Rand
	now   map[string]snapshot.Domain
	rows  []snapshot.Domain
	fails map[string]bool // names whose read fails
	lists int             // how often the list was read
}

// drawnOutcome draws what became of the names of a world that are to change.
func drawnOutcome(dice *rand.Rand, w *world) *becameOf {
	after := &becameOf{dice: dice, now: make(map[string]snapshot.Domain), fails: make(map[string]bool)}
	for _, was := range w.sim.State().Domains {
		d := was
		want := w.portfolio.Domain(d.Name)
		if dice.IntN(6) > 0 {
			d.Nameservers = newServers
		} else if dice.IntN(2) == 0 {
			d.Nameservers = []string{"ns7.example.net"}
		}
		if want.Declares("renewal") && dice.IntN(4) > 0 {
			d.Expires = d.Expires.AddDate(1, 0, 0)
		}
		d.TransferLock = wire.Lock(dice.IntN(2) == 0)
		after.now[d.Name], after.fails[d.Name] = d, dice.IntN(12) == 0
		row := snapshot.Domain{Name: d.Name, Nameservers: d.Nameservers, Expires: d.Expires, PremiumUnknown: true}
		switch dice.IntN(10) {
		case 0: // late
			row.Nameservers, row.Expires = was.Nameservers, was.Expires
		case 1:
			row.Nameservers = nil
		case 2:
			row.ExpiresUnclear = true
		case 3:
			continue // it shifted
		}
		if after.fails[d.Name] {
			continue // nobody can tell
		}
		after.rows = append(after.rows, row)
	}
	return after
}

func (a *becameOf) read(_ context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
	var account snapshot.Account
	for name := range facts {
		d := a.now[name]
		if a.fails[name] {
			d = snapshot.Domain{Name: name}
			account.Failures = append(account.Failures, snapshot.Failure{Domain: name, Operation: info, Message: "not now"})
		}
		account.Domains = append(account.Domains, d)
	}
	account.Sort()
	return &account, nil
}

func (a *becameOf) readList(_ context.Context, _ string, wanted func(string) bool, take func([]snapshot.Domain)) error {
	a.lists++
	rows := slices.DeleteFunc(slices.Clone(a.rows), func(d snapshot.Domain) bool { return !wanted(d.Name) })
	for len(rows) > 0 {
		n := min(1+a.dice.IntN(9), len(rows))
		take(rows[:n])
		rows = rows[n:]
	}
	return nil
}
