package executor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// TestPlansFromReadingsInAnyHistory plays histories of an account: somebody changes
// names in the console, which the change log tells late, in any order, or not for
// long; things happen at registries, which it never tells; runs of our own end, or
// die; what was read gets lost or damaged; files change, and time passes. Again and
// again what a plan from readings says is compared with a plan that reads everything
// at that moment:
//
//   - it contains no ready change that the other one lacks or blocks;
//   - what the log tells, and what runs of our own did, it knows;
//   - what nobody tells it knows after the age at which names are read again.
//
// The service reads what the reference leaves open in any way. EXECUTOR_ROUNDS says
// how many histories there are; EXECUTOR_SEED repeats one.
func TestPlansFromReadingsInAnyHistory(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 16, 4) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			t.Parallel()
			playHistory(t, seed)
		})
	}
}

// playHistory plays the history of a seed. A quarter of them have a bucket for a
// state, and a quarter a directory.
func playHistory(t *testing.T, seed uint64) {
	t.Helper()
	state := []home{inMemory, inDirectories, inMemory, inBuckets}[seed%4]
	synctest.Test(t, func(t *testing.T) {
		d := dice{rand.New(rand.NewPCG(seed, 2))}
		h := newHistory(t, d, state)
		defer func() {
			if t.Failed() || os.Getenv("EXECUTOR_LOG") != "" {
				t.Logf("%s\n%s", h.text, strings.Join(h.story, "\n"))
			}
		}()
		for range 40 {
			h.step()
		}
	})
}

// A history is what happens to an account, to its files and to the state.
type history struct {
	*draw
	*world
	log     simulator.ChangeLogFaults
	refused bool // the log is
	// hidden is until when a plan from readings need not know what happened to each
	// name.
	hidden  map[string]time.Time
	felt    time.Time // up to then the names have felt the clock
	old     map[string][]byte
	account string // whose readings there are
	stood   int    // names that stood in all plans
	story   []string
}

func newHistory(t *testing.T, d dice, state home) *history {
	t.Helper()
	x := drawn(d)
	if others := simulator.OtherReadings(); d.one(2) {
		x.options.Readings = others[pick(d, slices.Sorted(maps.Keys(others))...)]
	}
	x.options.Readings.MonthTimes = pick(d, "utc", "utc+8")
	x.options.Readings.ChangeLogTimes = pick(d, "utc", "utc+8")
	x.options.Readings.ChangeLogDates = pick(d, "exact", "exact", "days")
	x.options.Faults.RegistrantUpdate = simulator.Range{}
	h := &history{draw: x, world: newWorldOf(t, loadText(t, x.text), x.options), hidden: make(map[string]time.Time), felt: time.Now()}
	h.moveTo(state)
	h.portfolio.Refresh.MaxAge = time.Duration(pick(d, 3, 10, 30)) * 24 * time.Hour
	h.setLog()
	for range 3 {
		h.run()
		h.passes()
	}
	return h
}

// tell adds to the story.
func (h *history) tell(format string, args ...any) {
	h.story = append(h.story, time.Now().UTC().Format("01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// step lets one thing happen.
func (h *history) step() {
	h.t.Helper()
	time.Sleep(time.Duration(h.IntN(180)) * time.Minute)
	switch h.IntN(20) {
	case 0, 1, 2, 3:
		h.inConsole()
	case 4, 5, 6:
		h.atRegistry()
	case 7, 8, 9:
		h.run()
	case 10:
		h.loseReadings()
	case 11:
		h.setLog()
	case 12:
		if h.one(3) {
			h.declareAnew()
		}
	default:
		h.passes()
		h.compare()
	}
}

// passes lets hours or weeks pass.
func (h *history) passes() {
	d := time.Duration(1+h.IntN(40)) * time.Hour
	if h.one(8) {
		d = time.Duration(1+h.IntN(25)) * 24 * time.Hour
	}
	time.Sleep(d)
	now := time.Now()
	state := h.sim.State()
	for i := range state.Domains { // the service takes a lock off a name that expires
		if one := &state.Domains[i]; one.Expires.After(h.felt) && !one.Expires.After(now) {
			h.hide(one.Name, one.Expires.Add(h.portfolio.MaxAgeOf(one.Name)))
		}
	}
	h.felt = now
}

// hide says until when a plan need not know what happened to a name.
func (h *history) hide(name string, until time.Time) {
	if until.After(h.hidden[name]) {
		h.hidden[name] = until
	}
}

// told hides what happens to a name now until the log tells it, or until the name is
// read again where that is too late.
func (h *history) told(name string, takes time.Duration) {
	at := time.Now().Add(takes)
	if late := h.log.Delay.Max; late < 48*time.Hour {
		h.hide(name, at.Add(late))
	} else {
		h.hide(name, at.Add(max(h.portfolio.MaxAgeOf(name), late)))
	}
}

// takes is how long a task takes at most.
func (h *history) takes() time.Duration { return h.options().Durations["*"].Max }

func (h *history) options() *simulator.Faults { return &h.draw.options.Faults }

// setLog has the change log be another one.
func (h *history) setLog() {
	h.log, h.refused = simulator.ChangeLogFaults{}, h.one(12)
	h.log.Delay.Max = pick(h.dice, 0, 0, 5*time.Hour, 47*time.Hour, 90*time.Hour)
	h.log.Order = pick(h.dice, "", "", simulator.OldestFirst, simulator.MixedUp)
	h.log.Limit = pick(h.dice, 0, 0, 0, 5)
	if h.one(5) {
		h.log.Kept = pick(h.dice, simulator.Duration(3*24*time.Hour), simulator.Duration(12*24*time.Hour))
	}
	h.log.Empty = h.one(16)
	h.tell("the log is refused: %v, or %+v", h.refused, h.log)
	h.setFaults(false)
}

// setFaults has the log be as it is, and makes trouble besides.
func (h *history) setFaults(trouble bool) {
	h.t.Helper()
	f := simulator.Faults{ChangeLog: h.log, Durations: h.options().Durations, LimitProfile: "none"}
	if trouble {
		f.Rules = slices.Clone(h.options().Rules)
	}
	if h.refused {
		f.Rules = append(f.Rules, simulator.Fault{Kind: simulator.Fail5xx, Operation: "QueryChangeLogList", Status: 403, Code: "Forbidden.RAM"})
	}
	if err := h.sim.SetFaults(f); err != nil {
		h.t.Fatal(err)
	}
}

// liveName draws a name of the account, "" where it has none.
func (h *history) liveName() string {
	state := h.sim.State()
	if len(state.Domains) == 0 {
		return ""
	}
	return state.Domains[h.IntN(len(state.Domains))].Name
}

// inConsole has somebody change a name by the service.
func (h *history) inConsole() {
	h.t.Helper()
	name := h.liveName()
	if name == "" {
		return
	}
	one := []string{name}
	record := pick(h.dice, records...)
	req := pick[wire.Request](h.dice,
		&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: one, Status: h.one(2)},
		&wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: one, Status: h.one(3)},
		&wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: one, DomainNameServer: pick(h.dice, delegate[:4]...)},
		&wire.SaveSingleTaskForAddingDSRecordRequest{DomainName: name, KeyTag: record.KeyTag, Algorithm: wire.DSAlgorithm(record.Algorithm), DigestType: wire.DSDigestType(record.DigestType), Digest: record.Digest},
		&wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: name, KeyTag: record.KeyTag},
		&wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: h.instance(name), DNSName: pick(h.dice, labels...), IP: []string{pick(h.dice, addresses...)}},
		&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: h.instance(name), DNSName: pick(h.dice, labels...)},
		&wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest{ContactType: pick(h.dice, wire.AdminContact, wire.TechContact, wire.BillingContact), DomainName: one, RegistrantProfileID: firstProfile},
	)
	_, err := h.client.Submit(h.t.Context(), req)
	h.tell("in the console: %s of %s (%v)", wire.OperationOf(req).Name, name, err)
	h.told(name, h.takes())
}

func (h *history) instance(name string) string { return h.sim.State().Domain(name).InstanceID }

// atRegistry lets something happen that no log tells.
func (h *history) atRegistry() {
	h.t.Helper()
	name := h.liveName()
	if name == "" {
		return
	}
	e := simulator.RegistryEvent{Kind: pick(h.dice, simulator.EventKinds()...), Names: []string{name}}
	switch {
	case e.Kind == simulator.TransferredAway && !h.one(4):
		return
	case e.Kind == simulator.Redelegated:
		e.Nameservers = pick(h.dice, delegate[:4]...)
	}
	if h.one(4) { // the rest of what a name has
		h.sim.Change(name, func(d *snapshot.Domain) {
			fresh := h.held(name)
			d.Hosts, d.Contacts, d.Privacy, d.Art, d.ENSAddress = fresh.Hosts, fresh.Contacts, fresh.Privacy, fresh.Art, fresh.ENSAddress
		})
		h.tell("past the service: %s is another one", name)
	} else {
		if err := h.sim.Happen(e); err != nil {
			h.t.Fatal(err)
		}
		h.tell("at the registry: %s %s %v", e.Kind, name, e.Nameservers)
	}
	h.hide(name, time.Now().Add(h.portfolio.MaxAgeOf(name)))
}

// keeping is a job of the world that keeps readings.
func (h *history) keeping() *job.Job {
	j := h.job()
	j.Readings = func(ctx context.Context, endpoint, account string) (journal.Blobs, error) {
		h.account = account
		return job.ReadingsIn(h.dir, h.world.options)(ctx, endpoint, account)
	}
	return j
}

// run applies, and may be interrupted or die.
func (h *history) run() {
	h.t.Helper()
	h.setFaults(!h.calm)
	defer h.setFaults(false)
	h.revive()
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	how := "ends"
	switch h.IntN(4) {
	case 0:
		how = "is interrupted"
		h.interruptAfter(time.Duration(h.IntN(100)) * time.Second)
	case 1:
		how = "dies"
		h.die = 1 + h.IntN(200)
	}
	var err error
	if h.one(5) {
		_, err = h.keeping().Resume(ctx)
	} else {
		_, err = h.keeping().Apply(ctx, job.ApplyOptions{})
	}
	h.tell("a run %s: %v", how, err)
	h.stop, h.executing = nil, nil
	h.revive()
	if !h.calm || how != "ends" { // what is under way ends later
		for _, d := range h.sim.State().Domains {
			h.told(d.Name, h.takes())
		}
	}
}

// blobs are the readings in the state.
func (h *history) blobs(f func(b journal.Blobs)) {
	h.t.Helper()
	if h.account == "" {
		return // nothing was read yet
	}
	b, err := job.ReadingsIn(h.dir, h.world.options)(h.t.Context(), endpoint, h.account)
	if err != nil {
		h.t.Fatal(err)
	}
	f(b)
	if err := b.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// loseReadings loses what was read, some of it, or damages it, or brings back what
// was there before.
func (h *history) loseReadings() {
	h.t.Helper()
	h.blobs(func(b journal.Blobs) {
		ctx := h.t.Context()
		keys, err := b.Keys(ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		all := make(map[string][]byte)
		for _, key := range keys {
			data, _, err := b.Get(ctx, key)
			if err != nil {
				h.t.Fatal(err)
			}
			all[key] = data
		}
		put := func(all map[string][]byte) {
			for key, data := range all {
				if err := b.Put(ctx, key, data); err != nil {
					h.t.Fatal(err)
				}
			}
		}
		lost := anyOf(h.dice, keys...)
		switch h.IntN(5) {
		case 0:
			h.tell("all %d pieces are lost", len(keys))
			lost = keys
		case 1:
			h.tell("of %d pieces %d are lost", len(keys), len(lost))
		case 2:
			h.tell("of %d pieces %d are damaged", len(keys), len(lost))
			for _, key := range lost {
				all[key] = all[key][:h.IntN(max(1, len(all[key])))] // it may be damaged already
				defer put(map[string][]byte{key: all[key]})
			}
		case 3:
			h.tell("%d of %d pieces are kept aside", len(lost), len(keys))
			h.old = make(map[string][]byte)
			for _, key := range lost {
				h.old[key] = all[key]
			}
			lost = nil
		default:
			h.tell("%d of %d pieces are lost, and %d old ones are back", len(lost), len(keys), len(h.old))
			defer put(h.old)
		}
		if err := b.Delete(ctx, lost...); err != nil {
			h.t.Fatal(err)
		}
	})
}

// declareAnew changes the files.
func (h *history) declareAnew() {
	h.t.Helper()
	h.draw.declare()
	age := h.portfolio.Refresh.MaxAge
	h.portfolio = loadText(h.t, h.text)
	h.portfolio.Refresh.MaxAge = age
	h.tell("the files are others")
}

// compare compares a plan from readings with one that reads everything now.
func (h *history) compare() {
	h.t.Helper()
	j := h.keeping()
	some := h.planBy(j)
	j.Readings, j.Refresh = nil, job.RefreshFull
	all := h.planBy(j)
	h.tell("a plan from readings: %d of %d names stand", some.Summary.Standing, len(h.sim.State().Domains))
	h.stood += some.Summary.Standing
	ready := make(map[string]string)
	for _, c := range all.Executed() {
		ready[c.ID] = asText(h.t, c)
	}
	for _, c := range some.Executed() {
		if text := asText(h.t, c); ready[c.ID] != text {
			h.t.Errorf("%s is planned from readings:\n%s\nand not from the account:\n%s\n%s", c.ID, text, ready[c.ID], differenceOf(all, c.ID))
		}
	}
	from, now := h.differences(some), h.differences(all)
	for id, text := range now {
		if from[id] != text {
			h.t.Errorf("%s is unknown to a plan from readings:\n%s\nfrom the account:\n%s", id, from[id], text)
		}
	}
	for id, text := range from {
		if now[id] == "" {
			h.t.Errorf("%s differs from readings only:\n%s", id, text)
		}
	}
	if h.t.Failed() {
		h.t.FailNow() // the first one tells the most
	}
}

// differences are those of names of which a plan knows everything, by their ID.
func (h *history) differences(p *planner.Plan) map[string]string {
	h.t.Helper()
	all := make(map[string]string)
	for c := range p.Differences() {
		if !time.Now().Before(h.hidden[c.Domain]) {
			all[c.ID] = asText(h.t, []any{c.Before, c.After})
		}
	}
	return all
}

// differenceOf is the change of a plan with an ID, in words.
func differenceOf(p *planner.Plan, id string) string {
	for c := range p.Differences() {
		if c.ID == id {
			return string(c.Status) + ": " + c.Reason
		}
	}
	return "none"
}

func (h *history) planBy(j *job.Job) *planner.Plan {
	h.t.Helper()
	j.Events, j.Stop = nil, nil
	r, err := j.Plan(h.t.Context(), job.PlanOptions{})
	if err != nil {
		h.t.Fatal(err)
	}
	return r.Plan
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
