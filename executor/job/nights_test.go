package job_test

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner/reader"
)

// A nightly is a job that runs night after night on an account in which all facts of
// all names are declared, and are live as declared.
type nightly struct {
	*testing.T
	sim    *simulator.Simulator
	client *apiclient.Client
	job    *job.Job
	names  int
	lists  int // calls for the list of names and the log

	calls map[string]int // of the last run
	began time.Time      // when it did
}

// nightsFiles declare what six calls tell of each name.
const nightsFiles = `
contact "ada" {
  type               = "individual"
  organization       = "Ada Example"
  name               = "Ada Example"
  email              = "ada@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000000"
}

domains "all" {
  names         = [%s]
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
  update_lock   = false
  ds_records    = [{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "%064X" }]
  registrant    = contact.ada
  admin         = contact.ada
  billing       = contact.ada
  tech          = contact.ada
  lapse         = "not renewed on purpose"
}
`

// readsOfAName are the calls that tell what the files declare of a name: about the
// name, its DS records, and four contacts.
const readsOfAName = 6

// nightNames is how many names the nights have. NIGHT_NAMES=20000 counts what
// docs/performance.md tells.
func nightNames(t *testing.T, few int) int {
	text := os.Getenv("NIGHT_NAMES")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < few {
		t.Fatalf("NIGHT_NAMES=%s: give a number from %d on", text, few)
	}
	return n
}

func nameOf(i int) string { return fmt.Sprintf("n%05d.com", i) }

// newNightly returns a job that goes by the default limits, after its first run.
func newNightly(t *testing.T, names int) *nightly {
	t.Helper()
	n := &nightly{T: t, names: names, lists: (names+199)/200 + 1} // a quiet account has a page of the log
	ada := snapshot.Contact{
		Type: wire.Person, Organization: "Ada Example", Name: "Ada Example", Email: "ada@example.com", Country: "GB", Province: "London",
		City: "London", Address: "1 Example Street", PostalCode: "N1 1AA", PhoneCountryCode: "44", Phone: "2000000000",
	}
	account, quoted := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, make([]string, names)
	for i := range names {
		quoted[i] = fmt.Sprintf("%q", nameOf(i))
		d := snapshot.Domain{
			Name: nameOf(i), Expires: time.Now().AddDate(3, 0, 0), Hosts: []snapshot.Host{},
			Nameservers: []string{"ns1.example.net", "ns2.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOff,
			DSRecords: []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("0", 64)}},
			Contacts:  make(map[wire.ContactType]snapshot.Contact),
		}
		for role := range snapshot.ContactFacts {
			d.Contacts[role] = ada
		}
		account.Domains = append(account.Domains, d)
	}
	n.sim = simulator.New(simulator.Options{Seed: 1, Account: account})
	p := load(t, fmt.Sprintf(nightsFiles, strings.Join(quoted, ", "), 0))
	n.client = clientOf(t, apiclient.Config{Transport: n.sim.Transport(), Limits: p.Limits.Rate})
	state := inMemory()
	n.job = &job.Job{
		Portfolio: p, Service: n.client, Endpoint: endpoint, Version: "test",
		Journal: job.InState("memory", state), Readings: job.ReadingsIn("memory", state),
	}
	n.applies("the first run")
	if got := n.namesRead(); got != names*readsOfAName {
		t.Fatalf("the first run read with %d calls what takes %d: %v", got, names*readsOfAName, n.calls)
	}
	return n
}

// TestAStateBeginsWithASnapshot: a state that has read nothing takes what a snapshot has,
// reads what changed since, and keeps both for the runs after it. A state that has read
// something goes by that.
func TestAStateBeginsWithASnapshot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 40)
		since, err := reader.FetchAll(t.Context(), n.client, snapshot.Nameservers|snapshot.Locks|snapshot.DSRecords|snapshot.AllContacts, reader.Options{Endpoint: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := t.TempDir()
		n.job.Journal, n.job.Readings = job.InState(elsewhere, journal.Options{}), job.ReadingsIn(elsewhere, journal.Options{})
		time.Sleep(time.Hour)
		n.changeInConsole()
		time.Sleep(time.Hour)
		n.begins()
		r, err := n.job.Apply(t.Context(), job.ApplyOptions{Since: since})
		n.ended("begun with a snapshot, after a change in the console", r, err)
		if len(r.Plan.Changes) != 1 || r.Plan.Changes[0].Domain != nameOf(0) {
			t.Errorf("changed are %+v", r.Plan.Changes)
		}
		if got := n.namesRead(); got == 0 || got > 2*readsOfAName {
			t.Errorf("what one name takes was read with %d calls: %v", got, n.calls)
		}
		time.Sleep(time.Hour)
		n.applies("the run after it")
		if got := n.namesRead(); got > readsOfAName {
			t.Errorf("nothing has changed, and it read %v", n.calls)
		}
	})
}

// applies lets a run go over the account, in which it must have nothing to do.
func (n *nightly) applies(what string) *job.Result {
	n.Helper()
	n.begins()
	r, err := n.job.Apply(n.Context(), job.ApplyOptions{})
	n.ended(what, r, err)
	return r
}

// plans plans alone.
func (n *nightly) plans(what string) *job.Result {
	n.Helper()
	n.begins()
	r, err := n.job.Plan(n.Context(), job.PlanOptions{})
	n.ended(what, r, err)
	return r
}

func (n *nightly) begins() { n.calls, n.began = n.sim.Stats(), time.Now() }

func (n *nightly) ended(what string, r *job.Result, err error) {
	n.Helper()
	if err != nil {
		n.Fatalf("%s: %v", what, err)
	}
	if len(r.Plan.Changes) > 0 && !strings.Contains(what, "console") {
		n.Errorf("%s has changes: %+v", what, r.Plan.Summary)
	}
	before := n.calls
	n.calls = n.sim.Stats()
	for operation := range n.calls {
		n.calls[operation] -= before[operation]
	}
	maps.DeleteFunc(n.calls, func(_ string, calls int) bool { return calls == 0 })
	n.Logf("%s: %d names, %d calls, %v of virtual time: %v", what, n.names, n.total(), time.Since(n.began).Round(time.Second), n.calls)
}

func (n *nightly) total() (all int) {
	for _, calls := range n.calls {
		all += calls
	}
	return all
}

// namesRead are the calls that were made for single names, but for the one that
// tells whose account it is.
func (n *nightly) namesRead() int {
	return n.calls["QueryDomainByDomainName"] + n.calls["QueryDSRecord"] + n.calls["QueryContactInfo"] - n.identified()
}

func (n *nightly) identified() int {
	return max(n.calls["QueryDomainByDomainName"]-n.calls["QueryDSRecord"], 0)
}

// within holds that the run has made so many calls at most, beside those of lists
// and log, and took at most so long for 20,000 names.
func (n *nightly) within(what string, calls int, of20000 time.Duration) {
	n.Helper()
	const few = 5 // whose account it is, and the tasks of others where something is to change
	if got := n.total(); got > calls+n.lists+few {
		n.Errorf("%s: %d calls were made, and %d for names, %d for lists and log had to do: %v", what, got, calls, n.lists, n.calls)
	}
	if took := time.Since(n.began); took > of20000 {
		n.Errorf("%s took %v, and %v has to do", what, took, of20000)
	}
}

// changeInConsole has somebody else unlock one name in a hundred, which the log tells.
func (n *nightly) changeInConsole() (names int) {
	n.Helper()
	req := &wire.SaveBatchTaskForTransferProhibitionLockRequest{Status: false}
	for i := 0; i < n.names; i += 100 {
		req.DomainName = append(req.DomainName, nameOf(i))
	}
	if _, err := n.client.SaveBatchTaskForTransferProhibitionLock(n.Context(), req); err != nil {
		n.Fatal(err)
	}
	return len(req.DomainName)
}

// TestQuietAccountIsReadByItsLists: a second plan reads the list and the log, and
// beside them the names that somebody has changed in the console.
func TestQuietAccountIsReadByItsLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, nightNames(t, 500))
		n.plans("the second plan")
		n.within("the second plan", 0, 40*time.Second)
		if n.total() > 150 {
			t.Errorf("%d calls", n.total())
		}
		time.Sleep(time.Hour)
		changed := n.changeInConsole()
		time.Sleep(time.Hour)
		r := n.plans("a plan after changes in the console")
		n.within("a plan after changes in the console", changed*readsOfAName*12/10, 5*time.Minute)
		if r.Plan.Summary.Changed != changed {
			t.Errorf("%d names changed, and the plan changes %+v", changed, r.Plan.Summary)
		}
	})
}

// TestNightsReadAThirtieth: each night reads lists, log and an equal share of the
// names, which were all read at the same time.
func TestNightsReadAThirtieth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, nightNames(t, 300))
		for night := range 40 {
			time.Sleep(time.Until(n.began.Add(24 * time.Hour)))
			n.applies(fmt.Sprintf("night %d", night+1))
			n.within("a night", (n.names+29)/30*readsOfAName, 25*time.Minute)
		}
	})
}

// TestPlansDoNotPayForShares: a plan, as that of a pull request, reads nothing again
// for its age alone, and says how much is due; the next apply reads that.
func TestPlansDoNotPayForShares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 300)
		time.Sleep(time.Until(n.began.Add(3 * 24 * time.Hour)))
		r := n.plans("a plan after three days")
		n.within("a plan after three days", 0, 40*time.Second)
		if s := r.Plan.Summary; s.Due != 30 || s.Standing != 300 || s.ReadNow != 0 || r.Plan.ReadAt.Sub(s.Oldest) < 3*24*time.Hour-time.Hour {
			t.Errorf("%+v", s)
		}
		r = n.applies("an apply after it")
		if s := r.Plan.Summary; n.namesRead() != 30*readsOfAName || s.Due != 0 || s.Standing != 270 || s.ReadNow != 30 {
			t.Errorf("%v: %+v", n.calls, s)
		}
	})
}
