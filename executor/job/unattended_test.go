package job_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// unattended is an account that two machines with one state look after in turn, and
// nobody else, for a year in which much goes wrong.
type unattended struct {
	*testing.T
	sim      *simulator.Simulator
	person   *apiclient.Client // somebody at the console
	machines [2]*job.Job
	files    map[string]*config.Portfolio // by what the files say
	names    int
	isDown   bool // the service
	heard    *heard

	reviewed  *config.Portfolio // the files of the last run
	night     int
	monthly   float64 // the budget in USD
	purchases int     // that the simulator has told of
	month     string
	spent     float64 // in this month
	red       int     // nights
	alarmed   map[string]bool
	seen      map[string]int  // when the account had a name last
	late      map[string]int  // for how many runs a name was not bought that could be
	moved     map[string]bool // names that somebody has delegated elsewhere
	expired   map[string]bool
	closed    map[string]bool // names whose update lock somebody has put on
}

// The nights on which something happens, from the first one on.
const (
	monthWithoutBudget = 2 // its number in the year
	outageFrom         = 80
	outageTo           = 87
	ordersFailFrom     = 100
	ordersFailTo       = 190
	truncatedFrom      = 200
	truncatedTo        = 260
	alarmDays          = 30
	dueDays            = 60
)

const unattendedFiles = `
domains "all" {
  names         = [%s]
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
  update_lock   = false
  renewal       = { min_days_left = 60 }
}

guard {
  max_delegations = 0 # trips as soon as somebody has moved a name
}

prices {
  com = { renew = 11 }
}
`

const unattendedBudget = `
budget {
  amount   = %d
  currency = "USD"
}
`

// TestUnattendedYear plays 365 nights without a person: a budget that does not do for
// all months, one month without any, orders that fail, changes by hand, an outage of a
// week, a guard that refuses throughout, a truncated table of names. No name is lost
// that nobody was told of, what can be afforded is bought, and nothing is made that
// nobody approved. People hear of each condition when it begins, changes and ends, and not
// every night. UNATTENDED_NAMES=2000 plays it with more names.
func TestUnattendedYear(t *testing.T) {
	t.Parallel()
	names := 300
	if text := os.Getenv("UNATTENDED_NAMES"); text != "" {
		var err error
		if names, err = strconv.Atoi(text); err != nil || names < 300 {
			t.Fatalf("UNATTENDED_NAMES=%s: give a number from 300 on", text)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		u := newUnattended(t, names)
		all := nights(365)
		for u.night = range all {
			u.happens()
			u.plays()
			time.Sleep(24*time.Hour - time.Duration(time.Now().Hour())*time.Hour)
		}
		t.Logf("%d nights, %d runs red, %d orders; %d names had an alarm", all, u.red, u.purchases, len(u.alarmed))
		t.Logf("messages had %v", u.heard.counts)
		if all == 365 && u.heard.counts[job.Nears]*u.heard.counts[job.Reminds]*u.heard.counts[job.Worsens] == 0 {
			t.Error("people were to be told of everything")
		}
		if all == 365 && (u.purchases < names*4/5 || len(u.alarmed) == 0 || u.red < 60) {
			t.Error("it was to be a hard year")
		}
	})
}

func newUnattended(t *testing.T, names int) *unattended {
	u := &unattended{T: t, names: names, monthly: float64(names / 8 * 11), alarmed: make(map[string]bool), seen: make(map[string]int), late: make(map[string]int), moved: make(map[string]bool), closed: make(map[string]bool), expired: make(map[string]bool)}
	account, quoted := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, make([]string, names)
	for i := range names {
		left := 62 + i*300/names // days
		if i%5 < 2 {
			left = 62 + i*50/names // too many at once
		}
		d := snapshot.Domain{
			Name: nameOf(i), Expires: time.Now().AddDate(0, 0, left).Truncate(time.Second), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			TransferLock: wire.LockOn, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		}
		account.Domains, quoted[i] = append(account.Domains, d), fmt.Sprintf("%q", d.Name)
	}
	u.sim = simulator.New(simulator.Options{Seed: 1, Account: account})
	budget := fmt.Sprintf(unattendedBudget, int(u.monthly))
	u.files = map[string]*config.Portfolio{
		"all":       load(t, fmt.Sprintf(unattendedFiles, strings.Join(quoted, ", "))+budget),
		"no budget": load(t, fmt.Sprintf(unattendedFiles, strings.Join(quoted, ", "))),
		"truncated": load(t, fmt.Sprintf(unattendedFiles, strings.Join(quoted[:names*4/5], ", "))+budget),
	}
	u.person = clientOf(t, apiclient.Config{Transport: u.sim.Transport()})
	state := inMemory()
	u.heard = newHeard(t)
	for i := range u.machines {
		u.machines[i] = &job.Job{
			Service: clientOf(t, apiclient.Config{Transport: u}), Endpoint: endpoint, Version: "test",
			Journal: job.InState("memory", state), Readings: job.ReadingsIn("memory", state),
			Notifiers: []job.Notifier{u.heard},
		}
	}
	return u
}

// RoundTrip leads to the service, unless it is down.
func (u *unattended) RoundTrip(r *http.Request) (*http.Response, error) {
	if u.isDown {
		return nil, errors.New("no route to the service")
	}
	return u.sim.Transport().RoundTrip(r)
}

// happens is what others do before a night.
func (u *unattended) happens() {
	u.isDown = u.night >= outageFrom && u.night < outageTo
	u.byHand(nameOf(u.night * 7 % u.names))
	var faults simulator.Faults
	if u.night >= ordersFailFrom && u.night < ordersFailTo {
		var failing []string
		for i := 0; i < u.names; i += u.names / 10 {
			failing = append(failing, nameOf(i+2), nameOf(i+3))
		}
		faults.Rules = []simulator.Fault{{Kind: simulator.FailDetail, Operation: "*Renew*", Names: failing, Message: "The registry refuses it."}}
	}
	if err := u.sim.SetFaults(faults); err != nil {
		u.Fatal(err)
	}
}

// byHand is what somebody does in the console now and then. The change log tells it.
func (u *unattended) byHand(name string) {
	u.Helper()
	if u.closed[name] {
		return
	}
	var err error
	switch u.night % 20 {
	case 3:
		_, err = u.person.SaveBatchTaskForTransferProhibitionLock(u.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{name}, Status: false})
	case 9:
		u.moved[name] = true
		_, err = u.person.SaveBatchTaskForModifyingDomainDns(u.Context(), &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{name}, DomainNameServer: []string{"ns1.example.org", "ns2.example.org"}})
	case 15:
		u.closed[name] = true
		_, err = u.person.SaveBatchTaskForUpdateProhibitionLock(u.Context(), &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{name}, Status: true})
	}
	if err != nil {
		u.Fatal(err)
	}
}

// declared is what the files say on a night.
func (u *unattended) declared() *config.Portfolio {
	switch {
	case time.Now().Month() == monthWithoutBudget:
		return u.files["no budget"]
	case u.night >= truncatedFrom && u.night < truncatedTo:
		return u.files["truncated"]
	}
	return u.files["all"]
}

// plays plays a night, on one machine or, now and then, on both.
func (u *unattended) plays() {
	u.Helper()
	for i := range 1 + u.night%10/9 {
		j := u.machines[(u.night+i)%2]
		j.Portfolio = u.declared()
		approval := &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard, attr.Money, attr.Delegation}}
		if declared := u.declared(); u.reviewed != declared && !u.isDown { // somebody has looked at what the files permit now
			approval.Hazards, u.reviewed = append(approval.Hazards, attr.PolicyHazard), declared
		}
		u.heard.night = u.night
		r, err := j.Apply(u.Context(), job.ApplyOptions{Approval: approval})
		if (err != nil) != u.isDown {
			u.Fatalf("night %d: %v", u.night, err)
		}
		u.looks(r, err)
	}
}

// looks holds what must hold after each run.
func (u *unattended) looks(r *job.Result, err error) {
	u.Helper()
	red := err != nil || slices.Contains(r.Reasons, job.Failed)
	if red {
		u.red++
	}
	u.counts()
	u.heard.knows(r)
	u.lost(r, red)
	if err == nil {
		u.bought(r)
	}
	u.untouched()
}

// counts counts what was bought: once a term, and within the budget of the month.
func (u *unattended) counts() {
	u.Helper()
	if month := time.Now().UTC().Format("2006-01"); month != u.month {
		u.month, u.spent = month, 0
	}
	all := u.sim.Purchases()
	total := 0.0
	for _, p := range all {
		if total += p.Price; p.Count != 1 || p.Years != 1 {
			u.Errorf("night %d: %s was renewed %d times for %d years", u.night, p.Domain, p.Count, p.Years)
		}
	}
	before := 0.0
	for _, p := range all[:min(u.purchases, len(all))] {
		before += p.Price
	}
	u.purchases, u.spent = len(all), u.spent+total-before
	if u.spent > u.monthly || u.spent > 0 && time.Now().Month() == monthWithoutBudget {
		u.Errorf("night %d: %.2f USD were spent in %s", u.night, u.spent, u.month)
	}
}

// lost wants a run to be red, and to say so by name, from the day of its alarm on as
// long as nothing keeps a name.
func (u *unattended) lost(r *job.Result, red bool) {
	u.Helper()
	told := make(map[string]bool)
	if r != nil {
		for _, c := range r.Conditions {
			if c.ID == "endangered" && c.Severity != job.Notice {
				told[c.Domain] = true
			}
		}
	}
	account := u.sim.State()
	for i := range account.Domains {
		d := &account.Domains[i]
		if u.seen[d.Name] = u.night; time.Until(d.Expires) >= alarmDays*24*time.Hour {
			continue
		}
		if u.alarmed[d.Name] = true; !red || !told[d.Name] {
			u.Errorf("night %d: %s ends on %v, the run is red: %v, and tells of it: %v", u.night, d.Name, d.Expires, red, told[d.Name])
		}
	}
	for name, night := range u.seen {
		if night < u.night && !u.alarmed[name] {
			u.Errorf("night %d: %s is lost, and nobody was told before", u.night, name)
		}
	}
}

// bought wants every renewal to be bought that can be afforded: of a name that is due
// and whose order does not fail. While others' orders fail, they may take the money of
// some nights before they yield.
func (u *unattended) bought(r *job.Result) {
	u.Helper()
	patience := 0
	if u.night >= ordersFailFrom && u.night < ordersFailTo {
		patience = 10
	}
	account, late := u.sim.State(), make(map[string]int)
	for i := range r.Plan.Changes {
		c := &r.Plan.Changes[i]
		if c.Attribute != "renewal" || c.Status == attr.Ready || r.Plan.Budget == nil || u.monthly-u.spent < 11 || strings.Contains(c.Reason, "failed") {
			continue
		}
		if d := account.Domain(c.Domain); d == nil || d.Status == wire.NeedsRedemption || time.Until(d.Expires) >= dueDays*24*time.Hour {
			continue
		}
		if late[c.Domain] = u.late[c.Domain] + 1; late[c.Domain] > patience {
			u.Errorf("night %d: %s is due and not bought, and %.2f USD are left: %s: %s", u.night, c.Domain, u.monthly-u.spent, c.Status, c.Reason)
		}
	}
	u.late = late
}

// untouched wants what nobody has approved, and what the guard refuses, to stay as it
// is, and what is approved to be made. While names are missing in the files, a guard
// refuses all but purchases.
func (u *unattended) untouched() {
	u.Helper()
	account := u.sim.State()
	for i := range account.Domains {
		d := &account.Domains[i]
		if moved := slices.Contains(d.Nameservers, "ns1.example.org"); moved != u.moved[d.Name] {
			u.Errorf("night %d: the nameservers of %s are %v", u.night, d.Name, d.Nameservers)
		}
		if time.Now().After(d.Expires) { // the service takes the update lock off then
			u.expired[d.Name] = true
		}
		if d.UpdateLock.On() != u.closed[d.Name] && !u.expired[d.Name] {
			u.Errorf("night %d: the update lock of %s is %v", u.night, d.Name, d.UpdateLock)
		}
		if refused := u.night >= truncatedFrom && u.night < truncatedTo; !d.TransferLock.On() && !u.isDown && !refused {
			u.Errorf("night %d: the transfer lock of %s stays open", u.night, d.Name)
		}
	}
}
