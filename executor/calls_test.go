package executor_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// A sample is an attribute as many names have it, each of them another than
// live, with the calls that this takes by the API reference. It is a model of
// its own: it knows nothing of plans, steps and keys.
type sample struct {
	say    func(i int) string              // what the i-th name declares
	live   func(i int, d *snapshot.Domain) // and what it has; nil: what blank has
	saves  string                          // the operation that changes it
	key    func(i int) string              // names with one key share a call; nil: none do
	calls  int                             // of a name that shares none; 0: one
	reads  []string                        // the operations that show it
	locked bool                            // the update lock blocks it
	check  func(i int) string              // what VerifyContactField is asked; nil: nothing
}

const info = "QueryDomainByDomainName"

// servers are as many sets of nameservers as there are remainders by 31.
func servers(i int) string {
	return fmt.Sprintf(`["ns1.provider%d.example", "ns2.provider%d.example"]`, i%31, i%31)
}

func contactOf(many int) sample {
	who := func(i int) string { return strconv.Itoa(i % many) }
	return sample{
		say: func(i int) string {
			return fmt.Sprintf(`{ type = "individual", organization = "Holder %[1]s", name = "Ada Example", email = "hostmaster@example.com", country = "GB",
    province = "Kent", city = "Dover", address = "%[1]s Example Street", postal_code = "CT16 1AA", phone_country_code = "44", phone = "1300000000" }`, who(i))
		},
		saves: setContact, key: who, reads: []string{"QueryContactInfo"}, locked: true, check: who,
	}
}

// odd declares what every other name has the other way round.
func odd(saves string, set func(d *snapshot.Domain, on bool)) sample {
	return sample{
		say:  func(i int) string { return strconv.FormatBool(i%2 == 1) },
		live: func(i int, d *snapshot.Domain) { set(d, i%2 == 0) },
		key:  func(i int) string { return strconv.Itoa(i % 2) }, saves: saves, reads: []string{info},
	}
}

// samples has the attributes in which names can differ from live all at once.
func samples() map[string]sample {
	registrant := contactOf(5)
	registrant.reads = []string{info, "QueryContactInfo"}
	privacy := odd("SaveBatchTaskForDomainNameProxyService", func(d *snapshot.Domain, on bool) { d.Privacy = new(on) })
	privacy.locked = true
	return map[string]sample{
		"nameservers": {say: servers, saves: "SaveBatchTaskForModifyingDomainDns", key: servers, reads: []string{info}, locked: true},
		"alidns": {
			say: func(int) string { return "true" }, saves: "SaveBatchTaskForModifyingDomainDns", key: func(int) string { return "" },
			reads: []string{info}, locked: true,
		},
		"ds_records": {say: func(i int) string {
			return fmt.Sprintf(`[{ key_tag = %d, algorithm = 13, digest_type = 1, digest = "%040x" }, { key_tag = %d, algorithm = 8, digest_type = 2, digest = "%064x" }]`, i%7, i, 100+i%7, i)
		}, saves: "SaveSingleTaskForAddingDSRecord", calls: 2, reads: []string{"QueryDSRecord"}, locked: true},
		"hosts": {say: func(i int) string {
			return fmt.Sprintf(`{ ns1 = ["192.0.2.%d"], ns2 = ["2001:db8::%x"] }`, i%250+1, i+1)
		}, saves: "SaveSingleTaskForCreatingDnsHost", calls: 2, reads: []string{info, "QueryDnsHost"}, locked: true},
		"registrant": registrant, "admin": contactOf(7), "billing": contactOf(1), "tech": contactOf(400),
		"transfer_lock": odd("SaveBatchTaskForTransferProhibitionLock", func(d *snapshot.Domain, on bool) { d.TransferLock = wire.Lock(on) }),
		"update_lock":   odd(updateLock, func(d *snapshot.Domain, on bool) { d.UpdateLock = wire.Lock(on) }),
		"privacy":       privacy,
		"auto_renew": {
			say:   func(int) string { return "true" },
			saves: "SetupDomainAutoRenew", reads: []string{"QueryDomainList"},
		},
		"ens_address": {
			say:   func(i int) string { return fmt.Sprintf(`"0x%040x"`, i+1) },
			saves: "SaveSingleTaskForAssociatingEns", reads: []string{"QueryEnsAssociation"},
		},
		"art": {
			say:   func(i int) string { return fmt.Sprintf(`{ title = "Sunrise %d" }`, i) },
			saves: "SaveSingleTaskForSaveArtExtension", reads: []string{"QueryArtExtension"},
		},
		// A promotion is of a whole order, a number of years of one name in it.
		"renewal": {
			say: func(i int) string {
				return fmt.Sprintf(`{ min_days_left = 60, years = %d, promotion = "P%d" }`, 1+i%2, i%3)
			},
			live:  func(_ int, d *snapshot.Domain) { expire(d, 20) },
			saves: "SaveBatchTaskForCreatingOrderRenew", key: func(i int) string { return strconv.Itoa(i % 3) }, reads: []string{info},
		},
	}
}

// TestCallsOfAThousandNames changes five attributes of each name: the calls are
// as many as there are different ones, each rounded up by its size, and as many
// as the plan has said.
func TestCallsOfAThousandNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attributes  string // of a name, with commas between different ones
		names, size int
		locked      bool // the update lock is on, and opened for the change
	}{
		{attributes: "nameservers transfer_lock update_lock admin privacy", names: 1000, size: 1000},
		{attributes: "nameservers transfer_lock update_lock admin privacy", names: 400, size: 10},
		{attributes: "nameservers transfer_lock admin privacy renewal", names: 1000, size: 100, locked: true},
		{attributes: "registrant admin billing tech renewal", names: 300, size: 45},
		{attributes: "alidns billing privacy transfer_lock renewal", names: 1200, size: 1000, locked: true},
		// Every third name declares the same.
		{attributes: "nameservers tech ens_address privacy art, alidns registrant admin renewal billing, art hosts ds_records tech billing", names: 300, size: 40},
		// Those that share no call take the longest, and say the least.
		{attributes: "alidns ds_records hosts privacy renewal", names: 200, size: 200},
		{attributes: "transfer_lock update_lock tech ens_address art", names: 200, size: 80},
	} {
		if testing.Short() {
			c.names, c.size = c.names/20, max(c.size/20, 1)
		}
		t.Run(fmt.Sprintf("%s of %d by %d locked=%t", c.attributes, c.names, c.size, c.locked), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := portfolio{names: c.names, size: c.size, locked: c.locked}
				for list := range strings.SplitSeq(c.attributes, ",") {
					p.attributes = append(p.attributes, strings.Fields(list))
				}
				p.changesAtOnce(t)
			})
		})
	}
}

// A portfolio is many names that declare samples.
type portfolio struct {
	attributes  [][]string // which the names take in turn
	names, size int
	locked      bool
}

func (p portfolio) changesAtOnce(t *testing.T) {
	account, text := p.make()
	o := simulator.Options{Account: account, Market: simulator.Market{Promotions: map[string]float64{"P0": 0.1, "P1": 0.2, "P2": 0.3}}}
	w := newWorldOf(t, loadText(t, text), o)
	w.timing.BatchWait = time.Minute // polls take some time
	err := w.open(t.Context(), func(j *journal.Journal) error {
		plan, err := w.plan(t.Context())
		if err != nil {
			return err
		}
		before := w.sim.Stats()
		r, err := executor.Run(t.Context(), plan, w.config(j))
		if err != nil {
			return err
		}
		made := w.since(before)
		if got, want := r.Counts[string(executor.Verified)], len(r.Changes); got != want || want < 5*p.names {
			t.Errorf("%d of %d changes are verified: %v", got, want, r.Counts)
		}
		p.expects(t, made, plan)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// of returns the attributes of the i-th name.
func (p portfolio) of(i int) []string { return p.attributes[i%len(p.attributes)] }

// make returns the account and what is declared of it.
func (p portfolio) make() (*snapshot.Account, string) {
	var text strings.Builder
	text.WriteString(rules)
	fmt.Fprintf(&text, "limits {\n  batch_size = %d\n}\n", p.size)
	// Other tasks are saved at the moment of the look before an order: all must fit on
	// one page, or the look takes as many calls as there were tasks by then.
	text.WriteString("refresh {\n  page_size = 1000\n}\n")
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	all := samples()
	for i := range p.names {
		d := blank(fmt.Sprintf("n%04d.art", i), p.locked)
		values := map[string]string{"ds_hold": atOnce}
		for _, a := range p.of(i) {
			values[a] = all[a].say(i)
			if all[a].live != nil {
				all[a].live(i, &d)
			}
		}
		if p.locked {
			values["update_lock"], values["temporary_unlock"] = "true", "true"
		}
		text.WriteString(block(d.Name, values))
		account.Domains = append(account.Domains, d)
	}
	account.Sort()
	return account, text.String()
}

// expects compares the calls of an apply with what they must be, and with what
// the plan said.
func (p portfolio) expects(t *testing.T, made map[string]int, plan *planner.Plan) {
	t.Helper()
	spareDetails(made, p.undocumented())
	asPredicted(t, made, plan)
	if diff := cmp.Diff(p.calls(), made); diff != "" {
		t.Errorf("the least calls and those that were made:\n%s", diff)
	}
}

// spareDetails takes away looks at the details of own tasks. One of an undocumented type
// could be an order: where the look before an order finds one whose answer is still on its
// way, its details are asked for.
func spareDetails(made map[string]int, undocumented int) {
	const details = "QueryTaskDetailList"
	if made[details] <= undocumented {
		delete(made, details)
	}
}

// undocumented counts the tasks whose type the reference does not document.
func (p portfolio) undocumented() (n int) {
	for i := range p.names {
		for _, a := range p.of(i) {
			if a == "ens_address" || a == "art" {
				n++
			}
		}
	}
	return n
}

// since returns the calls that were made since others.
func (w *world) since(before map[string]int) map[string]int {
	made := w.sim.Stats()
	for operation, n := range before {
		if made[operation] -= n; made[operation] == 0 {
			delete(made, operation)
		}
	}
	return made
}

// asPredicted compares the calls of an apply with those that its plan said,
// and takes the looks at the queue of results away: how many there are depends
// on how long tasks take.
func asPredicted(t *testing.T, made map[string]int, plan *planner.Plan) {
	t.Helper()
	predicted := foreseenCalls(plan)
	const poll = "PollTaskResult"
	if made[poll] < predicted[poll] {
		t.Errorf("the queue was looked at %d times, predicted were %d", made[poll], predicted[poll])
	}
	delete(made, poll)
	delete(predicted, poll)
	if diff := cmp.Diff(predicted, made); diff != "" {
		t.Errorf("the calls that were predicted and those that were made:\n%s", diff)
	}
}

// foreseenCalls are the calls that a plan predicts, by operation.
func foreseenCalls(p *planner.Plan) map[string]int {
	foreseen := make(map[string]int)
	for _, c := range p.Calls {
		foreseen[c.Operation] = c.Calls
	}
	return foreseen
}

// calls counts what an apply must call.
func (p portfolio) calls() map[string]int {
	type call struct{ operation, key string }
	all, shared := samples(), make(map[call]int)
	checks := make(map[string]bool)
	calls, results := make(map[string]int), 0
	for i := range p.names {
		reads := make(map[string]bool)
		unlocked := false
		for _, a := range p.of(i) {
			s := all[a]
			n := max(s.calls, 1)
			results += n
			if s.key == nil {
				calls[s.saves] += n
			} else {
				// Contacts of two roles are two contacts.
				role := ""
				if s.check != nil {
					role = a
					checks[s.check(i)] = true
				}
				shared[call{s.saves, role + " " + s.key(i)}]++
			}
			for _, operation := range s.reads {
				if operation == "QueryContactInfo" {
					calls[operation]++ // each role is a call
				} else {
					reads[operation] = true
				}
			}
			unlocked = unlocked || s.locked
		}
		if p.locked && unlocked {
			shared[call{updateLock, "open"}]++
			shared[call{updateLock, "close"}]++
			results += 2
			reads[info] = true
		}
		for operation := range reads {
			calls[operation]++
		}
	}
	for c, n := range shared {
		calls[c.operation] += roundUp(n, p.size)
		if strings.Contains(c.operation, "CreatingOrder") {
			calls["QueryTaskList"], calls["QueryTaskInfoHistory"] = 1, 1 // once before all orders
		}
	}
	calls["VerifyContactField"] = len(checks)
	calls["AcknowledgeTaskResult"] = roundUp(results, 13)
	maps.DeleteFunc(calls, func(_ string, n int) bool { return n == 0 })
	return calls
}

func roundUp(n, size int) int { return (n + size - 1) / size }

// eveProfile declares a profile that the account lacks.
const eveProfile = `
registrant_profile "eve" {
  type = "individual"
  organization = "Eve Example"
  name = "Eve Example"
  email = "hostmaster@example.com"
  country = "GB"
  province = "Kent"
  city = "Dover"
  address = "3 Example Street"
  postal_code = "CT16 1AA"
  phone_country_code = "44"
  phone = "1300000000"
}
`

// TestCallsOfWhatFollows registers names that declare more, and makes a profile
// that names refer to: the plan says what calls that takes, too.
func TestCallsOfWhatFollows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account, text := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, rules+eveProfile
		for i, values := range []map[string]string{
			{"nameservers": servers(1), "transfer_lock": "true", "update_lock": "true", "privacy": "false", "ds_records": samples()["ds_records"].say(1)},
			{"nameservers": servers(1), "hosts": `{ ns1 = ["192.0.2.1"] }`, "tech": contactOf(1).say(0), "art": `{ title = "Sunrise" }`, "ens_address": `""`},
			{"alidns": "true", "transfer_lock": "false", "update_lock": "false", "privacy": "true", "registrant": contactOf(1).say(0), "admin": "registrant_profile.eve"},
			{"privacy": "false", "renewal": `{ min_days_left = 60 }`},
			{},
		} {
			values["registration"] = `{ registrant_profile = "Example Ltd" }`
			text += block(fmt.Sprintf("n%02d.art", i), values)
		}
		account.Domains = append(account.Domains, blank("old.art", false))
		text += block("old.art", map[string]string{"billing": "registrant_profile.eve", "tech": "registrant_profile.eve", "transfer_lock": "true"})
		w := newWorldOf(t, loadText(t, text), simulator.Options{Account: account})
		w.timing.BatchWait = time.Minute
		err := w.open(t.Context(), func(j *journal.Journal) error {
			plan, err := w.plan(t.Context())
			if err != nil {
				return err
			}
			before := w.sim.Stats()
			if _, err := executor.Run(t.Context(), plan, w.config(j)); err != nil {
				return err
			}
			var done []string
			for _, c := range plan.Changes {
				done = append(done, c.ID)
			}
			more, err := planner.Follow(plan, done, func(only planner.Selection) (planner.Input, error) {
				history, err := executor.History(t.Context(), j)
				if err != nil {
					return planner.Input{}, err
				}
				others := &executor.Others{Service: w.client, Journal: j}
				live, err := reader.Fetch(t.Context(), w.client, w.portfolio, reader.Options{Endpoint: endpoint, Only: only, Others: others, History: history, RegistryLocks: []snapshot.RegistryLock{}})
				return planner.Input{Portfolio: w.portfolio, Live: live, History: history}, err
			})
			if err != nil {
				return err
			}
			if _, err := executor.Run(t.Context(), more, w.config(j)); err != nil {
				return err
			}
			asPredicted(t, w.since(before), plan)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.converged()
		w.nothingLeft()
	})
}
