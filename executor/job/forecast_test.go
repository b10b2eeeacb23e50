package job_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// declaredAs writes files that declare nameservers and DS records of names as an
// account has them.
func declaredAs(a *snapshot.Account, more func(i int) string) string {
	var b strings.Builder
	b.WriteString("account {\n  unmanaged = \"ignore\"\n}\n\nguard {\n  max_change_percent = 100\n  max_delegations    = 100000\n}\n")
	for i := range a.Domains {
		d := &a.Domains[i]
		quoted := make([]string, len(d.Nameservers))
		for i, host := range d.Nameservers {
			quoted[i] = fmt.Sprintf("%q", host)
		}
		fmt.Fprintf(&b, "\ndomain %q {\n  ds_hold = \"0s\"\n  lapse = \"not renewed on purpose\"\n  nameservers = [%s]\n  ds_records = [", d.Name, strings.Join(quoted, ", "))
		for _, r := range d.DSRecords {
			fmt.Fprintf(&b, "{ key_tag = %d, algorithm = %d, digest_type = %d, digest = %q }, ", r.KeyTag, r.Algorithm, r.DigestType, r.Digest)
		}
		fmt.Fprintf(&b, "]\n%s}\n", more(i))
	}
	return b.String()
}

// foretold is a job at the default limits, whose forecasts are held against what
// happens.
type foretold struct {
	*testing.T
	job  *job.Job
	sim  *simulator.Simulator
	said []job.Foreseen
	left map[job.Part][]ending // what progress said of the end, by part
}

// ending is the end of a part as progress foretold it, and when it did.
type ending struct {
	said time.Time
	left time.Duration
}

func newForetold(t *testing.T, account *snapshot.Account, files string) *foretold {
	t.Helper()
	f := &foretold{T: t, sim: simulator.New(simulator.Options{Seed: 1, Account: account})}
	p := load(t, files)
	client := clientOf(t, apiclient.Config{Transport: f.sim.Transport(), Limits: p.Limits.Rate})
	state := inMemory()
	f.job = &job.Job{
		Portfolio: p, Service: client, Endpoint: endpoint, Version: "test",
		Journal: job.InState("memory", state), Readings: job.ReadingsIn("memory", state),
		Events: func(e job.Event) {
			switch d := e.Details.(type) {
			case job.Foreseen:
				f.said = append(f.said, d)
			case job.Reading:
				f.left[job.ReadingPart] = append(f.left[job.ReadingPart], ending{time.Now(), d.Left})
			case executor.Progress:
				f.left[job.ChangingPart] = append(f.left[job.ChangingPart], ending{time.Now(), d.Left})
			case job.Planned: // the change log is asked after the names
				f.endedAsSaid(job.ReadingPart, time.Now())
			}
		},
	}
	return f
}

// applies applies, and holds that calls and time of each part, as far as they are
// worth to be told, were foreseen within a tenth.
func (f *foretold) applies(what string, parts int) *job.Result {
	f.Helper()
	f.said, f.left = nil, make(map[job.Part][]ending)
	before, began := f.sim.Stats(), time.Now()
	r, err := f.job.Apply(f.Context(), job.ApplyOptions{})
	if err != nil {
		f.Fatalf("%s: %v", what, err)
	}
	if len(r.Work) != parts {
		f.Fatalf("%s has %d parts: %+v", what, len(r.Work), r.Work)
	}
	var foreseen planner.Effort
	for _, w := range r.Work {
		f.Logf("%s: %s: foreseen %.1f s %v, made %.1f s %v", what, w.Part, w.Foreseen.Seconds, w.Foreseen.Calls, w.Made.Seconds, w.Made.Calls)
		f.within(what+", "+string(w.Part), w.Foreseen, w.Made)
		seconds := foreseen.Seconds + w.Foreseen.Seconds // one part follows the other
		foreseen.Then(w.Foreseen.Calls, f.job.Portfolio.Limits)
		foreseen.Seconds = seconds
	}
	all := planner.Effort{Calls: f.sim.Stats(), Seconds: time.Since(began).Seconds()}
	for operation := range all.Calls {
		all.Calls[operation] -= before[operation]
	}
	f.within(what, foreseen, all)
	if changes := f.left[job.ChangingPart]; parts > 1 && (len(changes) == 0 || changes[0].left == 0 || changes[len(changes)-1].left > time.Second) {
		f.Errorf("%s: progress of the changes says %v", what, changes)
	}
	return r
}

// endedAsSaid holds that progress said in the middle of a part of some length when it
// would end, and was right in the end.
func (f *foretold) endedAsSaid(part job.Part, at time.Time) {
	f.Helper()
	all := f.left[part]
	if len(all) < 100 {
		return
	}
	middle, last := all[len(all)/2], all[len(all)-1]
	was := at.Sub(middle.said)
	if d := (middle.left - was).Abs(); d > was/5+3*time.Second || (last.left-at.Sub(last.said)).Abs() > 2*time.Second {
		f.Errorf("%s: %v were left when it still took %v, and %v in the end", part, middle.left, was, last.left)
	}
}

func (f *foretold) within(what string, foreseen, made planner.Effort) {
	f.Helper()
	const few, seconds = 10, 20 // waits for the ends of tasks are not foreseen
	if x, y := float64(foreseen.Total()), float64(made.Total()); max(x, y)-min(x, y) > max(y/10, few) {
		f.Errorf("%s: %v calls were foreseen, and %v made: %v, %v", what, x, y, foreseen.Calls, made.Calls)
	}
	if x, y := foreseen.Seconds, made.Seconds; max(x, y)-min(x, y) > max(y/10, seconds) {
		f.Errorf("%s: %.1f seconds were foreseen, and it took %.1f", what, x, y)
	}
}

// TestForecastOfGeneratedPortfolios: of accounts that are drawn, the first run, one
// that changes a tenth of the names, and one after changes in the console take what
// was foreseen.
func TestForecastOfGeneratedPortfolios(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			const names = 500
			account, wanted := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, new(snapshot.Account)
			for i := range names {
				d := snapshot.Domain{
					Name: nameOf(i), Expires: time.Now().AddDate(3, 0, 0), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
					TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
				}
				if rnd.IntN(4) == 0 {
					d.DSRecords = []snapshot.DSRecord{{KeyTag: 1 + rnd.IntN(9), Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}}
				}
				account.Domains = append(account.Domains, d)
				if rnd.IntN(10) == 0 && len(d.DSRecords) == 0 {
					d.Nameservers = []string{"ns1.example.org", fmt.Sprintf("ns%d.example.org", 2+rnd.IntN(5))}
				}
				wanted.Domains = append(wanted.Domains, d)
			}
			f := newForetold(t, account, declaredAs(wanted, func(i int) string {
				return map[int]string{1: "  transfer_lock = false\n", 2: "  transfer_lock = true\n"}[i%20]
			}))
			f.applies("the first run", 2)
			if f.said[0].Part != job.ReadingPart || f.said[0].Total() < names {
				t.Errorf("the first forecast is %+v", f.said[0])
			}
			time.Sleep(10 * 24 * time.Hour)
			f.applies("a run ten days later", 1)
			if said := f.said[0]; said.Names < names/3 || said.Names > names*6/10 {
				t.Errorf("a third of the names is due, an eighth was changed, and the first forecast is %+v", said)
			}
			for i := range names / 10 {
				f.sim.Change(nameOf(i*10), func(d *snapshot.Domain) { d.Expires = d.Expires.AddDate(1, 0, 0) })
			}
			time.Sleep(time.Hour)
			f.applies("a run after changes that the list tells", 1)
			if len(f.said) != 2 || f.said[1].Total() < f.said[0].Total()+names/10 {
				t.Errorf("the list told of %d changes, and the forecasts are %+v", names/10, f.said)
			}
		})
	}
}

// TestForecastOfLocksAndDepartures: the pages of registry locks and the confirmation of
// each declared name that left are foreseen: those that were known before, before
// anything is asked, and the others when the list was read.
func TestForecastOfLocksAndDepartures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const names, left = 700, 60
		account := new(snapshot.Account)
		for i := range names {
			d := snapshot.Domain{
				Name: nameOf(i), Expires: time.Now().AddDate(3, 0, 0), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
				TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
			}
			account.Domains = append(account.Domains, d)
			account.RegistryLocks = append(account.RegistryLocks, snapshot.RegistryLock{Domain: d.Name, Expires: time.Now().AddDate(2, 0, 0)})
		}
		f := newForetold(t, account, declaredAs(account, func(int) string { return "" }))
		calls := func() map[string]int { return f.said[len(f.said)-1].Calls }
		f.applies("the first run", 1)
		if n := calls()["ListServerLock"]; n != 2 {
			t.Errorf("two pages of locks are foreseen as %d calls", n)
		}
		time.Sleep(time.Hour)
		before := f.sim.Stats()
		f.applies("a run after which nothing changed", 1)
		if first, made := f.said[0].Calls["ListServerLock"], f.sim.Stats()["ListServerLock"]-before["ListServerLock"]; first != 2 || made != 2 {
			t.Errorf("before anything was asked %d calls for locks were foreseen, and %d were made", first, made)
		}
		for i := range left {
			f.sim.Remove(nameOf(i * 3))
		}
		time.Sleep(time.Hour)
		const confirms = "QueryDomainByDomainName"
		f.applies("a run after names have left", 1)
		if len(f.said) != 2 || calls()[confirms] < left {
			t.Errorf("%d names have left, and the forecasts are %+v", left, f.said)
		}
		time.Sleep(time.Hour)
		f.applies("a run that knows of them", 1)
		if f.said[0].Calls[confirms] < left {
			t.Errorf("%d names are known to have left, and the first forecast is %+v", left, f.said[0])
		}
	})
}

// TestForecastOfGov brings the names of one .gov zone to what a later one tells.
func TestForecastOfGov(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	zone := func(date string) *snapshot.Account {
		read, err := snapshot.ReadZoneFile("../../../shared/data/gov/gov-"+date+".zone.gz", "")
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the zones are not at hand; generated names are tested")
		}
		if err != nil {
			t.Fatal(err)
		}
		return read.Account
	}
	earlier, later := zone("2026-02-06"), zone("2026-05-18")
	held := *later
	held.Domains = nil
	for _, d := range later.Domains {
		if earlier.Domain(d.Name) != nil && len(d.Nameservers) > 1 {
			held.Domains = append(held.Domains, d)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for i := range earlier.Domains {
			earlier.Domains[i].Expires = time.Now().AddDate(3, 0, 0)
		}
		f := newForetold(t, earlier, declaredAs(&held, func(int) string { return "" }))
		r := f.applies("the first run", 2)
		if r.Plan.Summary.Changed < 500 {
			t.Errorf("%+v", r.Plan.Summary)
		}
		time.Sleep(24 * time.Hour)
		f.applies("the second run", 2) // records that had to wait
		time.Sleep(24 * time.Hour)
		f.applies("the third run", 1)
	})
}

// TestForecastOfDrift: that the change log is asked who has changed each name that has
// drifted is foreseen, before names are read where the log names them, and is compared
// with what it took.
func TestForecastOfDrift(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const names, locks, servers = 300, 60, 40
		account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
		for i := range names {
			account.Domains = append(account.Domains, snapshot.Domain{
				Name: nameOf(i), Expires: time.Now().AddDate(3, 0, 0), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
				TransferLock: wire.LockOn, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
			})
		}
		f := newForetold(t, account, declaredAs(account, func(int) string { return "  transfer_lock = true\n" }))
		f.applies("the first run", 1)
		time.Sleep(24 * time.Hour)
		client := f.job.Service.(*apiclient.Client)
		for i := range locks + servers {
			var err error
			if i < locks {
				_, err = client.SaveBatchTaskForTransferProhibitionLock(t.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{nameOf(i)}})
			} else {
				_, err = client.SaveBatchTaskForModifyingDomainDns(t.Context(), &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{nameOf(i)}, DomainNameServer: []string{"ns7.example.org", "ns8.example.org"}})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(24 * time.Hour)
		f.left = make(map[job.Part][]ending)
		planned, err := f.job.Plan(t.Context(), job.PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if planned.Plan.Summary.Drifts != locks+servers || len(planned.Work) != 1 {
			t.Fatalf("%d drifts, and the work %+v", planned.Plan.Summary.Drifts, planned.Work)
		}
		f.within("the plan", planned.Work[0].Foreseen, planned.Work[0].Made)
		r := f.applies("a run after changes in the console", 2)
		if w := r.Work[0]; w.Foreseen.Calls["QueryChangeLogList"] < locks+servers || w.Made.Calls["QueryChangeLogList"] < locks+servers {
			t.Errorf("of %d names the log is asked; foreseen are %d calls, and %d are made", locks+servers, w.Foreseen.Calls["QueryChangeLogList"], w.Made.Calls["QueryChangeLogList"])
		}
		time.Sleep(24 * time.Hour)
		r = f.applies("the run after that", 1)
		if n := r.Work[0].Foreseen.Calls["QueryChangeLogList"]; n > 5 {
			t.Errorf("what the run has changed back is no drift, and %d calls of the log are foreseen", n)
		}
	})
}

// TestForecastCountsChecks: what is read for checks alone is in the first forecast, before
// anything is asked: of each name of the account, and of the account as a whole.
func TestForecastCountsChecks(t *testing.T) {
	t.Parallel()
	const names = 40
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	files := "account {\n  unmanaged = \"ignore\"\n}\n"
	for i := range names {
		d := snapshot.Domain{Name: nameOf(i), Expires: time.Now().AddDate(3, 0, 0), Nameservers: []string{"ns1.example.net"}, DSRecords: []snapshot.DSRecord{}}
		account.Domains = append(account.Domains, d)
		files += fmt.Sprintf("domain %q {\n  lapse = \"not renewed on purpose\"\n}\n", d.Name)
	}
	check := `
check "signed" {
  severity = "warning"
  assert {
    condition     = alltrue([for d in values(live.domains) : length(d.ds_records) == 0]) && length(live.emails) >= 0
    error_message = "A name is signed."
  }
}
`
	for text, want := range map[string]int{"": 0, check: names} {
		synctest.Test(t, func(t *testing.T) {
			f := newForetold(t, account, files+text)
			f.left = make(map[job.Part][]ending)
			if _, err := f.job.Plan(t.Context(), job.PlanOptions{}); err != nil {
				t.Fatal(err)
			}
			first, made := f.said[0].Calls, f.sim.Stats()
			for _, operation := range []string{"QueryDSRecord", "ListEmailVerification"} {
				if first[operation] != made[operation] || (made[operation] > 0) != (want > 0) {
					t.Errorf("with %d names to check, %d calls of %s are foreseen first, and %d are made", want, first[operation], operation, made[operation])
				}
			}
			if made["QueryDSRecord"] != want {
				t.Errorf("of %d names %d were read", want, made["QueryDSRecord"])
			}
		})
	}
}
