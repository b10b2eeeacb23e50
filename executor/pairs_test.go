package executor_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// taskOf is the type of the task that changes each attribute to its example.
var taskOf = map[string]wire.TaskType{
	"nameservers": wire.TaskChangeDNS, "alidns": wire.TaskChangeDNS, attr.DSRecords: "ADDING_DS_RECORD", attr.GlueHosts: wire.TaskCreateHost,
	"registrant": wire.TaskChangeHolder, "admin": wire.TaskUpdateAdmin, "billing": wire.TaskUpdateBilling, "tech": wire.TaskUpdateTech,
	"transfer_lock": wire.TaskTransferLock, attr.UpdateLock: wire.TaskUpdateLock, "privacy": wire.TaskWhoisPrivacy,
	"ens_address": "ASSOCIATING_ENS", "art": "SAVE_ART_EXTENSION",
	attr.RegistrationName: wire.TaskRegister, attr.RedemptionName: wire.TaskRedeem, "renewal": wire.TaskRenew,
	"auto_renew": "", // is done when it is answered
	"lapse":      "", // changes nothing
}

// rulesOfOrder say which of two attributes comes first where both change; "*" is
// any other. The update lock has rules of its own; what else has none is changed
// side by side.
var rulesOfOrder = [][2]string{
	{attr.RegistrationName, "*"},    // of a name that is not there nothing can change
	{attr.RedemptionName, "*"},      // nor of one that has expired
	{attr.GlueHosts, "nameservers"}, // a host before a delegation to it
	{"nameservers", attr.DSRecords}, // a name that becomes signed moves first
	{"alidns", attr.DSRecords},      // in the same way
}

// needless are the pairs of which the second change leaves nothing of the first
// to do.
var needless = map[[2]string]string{
	{attr.RegistrationName, attr.RedemptionName}: "a term is bought once",
	{attr.RegistrationName, "renewal"}:           "a term is bought once",
	{attr.RedemptionName, "renewal"}:             "a term is bought once",
	{"alidns", attr.RegistrationName}:            "new names are there",
	{"privacy", attr.RegistrationName}:           "it is part of the order",
	{"nameservers", attr.RegistrationName}:       "they are part of the order",
}

// needless reports whether the pair is one of those, has one that no task changes,
// or wants to open a lock that
// a new name has not got and an expired one has lost.
func (p pair) needless(locked bool) bool {
	bare := p.has(attr.RegistrationName) || p.has(attr.RedemptionName)
	return needless[[2]string{p.a.Name, p.b.Name}] != "" || p.has("lapse") || p.has("auto_renew") || locked && bare && p.has(attr.UpdateLock)
}

// pairsOfAttributes is how many pairs there are of which a name can declare
// both: 18 attributes make 153, and six pairs displace each other.
const pairsOfAttributes = 147

// A pair is two attributes of one name that change together.
type pair struct {
	name string
	a, b *attr.Attribute
}

func pairs() (all []pair) {
	table := attr.OfNames()
	for i, a := range table {
		for _, b := range table[i+1:] {
			if !a.Contradicts(b) {
				all = append(all, pair{strings.ReplaceAll(a.Name+"-and-"+b.Name, "_", "") + ".art", a, b})
			}
		}
	}
	return all
}

func (p pair) has(attribute string) bool { return p.a.Name == attribute || p.b.Name == attribute }

// live is the name with nothing of what is declared.
func (p pair) live(locked bool) snapshot.Domain {
	d := blank(p.name, locked)
	for _, x := range []*attr.Attribute{p.a, p.b} {
		if setup := setups[x.Name]; setup != nil && d.Name != "" {
			setup(&d)
		}
	}
	return d
}

// declare declares the examples of both attributes, and that the update lock is
// on in the end unless one of them opens it. Nameservers beside hosts are below
// the name.
func (p pair) declare(locked bool) string {
	values := map[string]string{attr.UpdateLock: "true", "temporary_unlock": "true", "ds_hold": atOnce}
	for _, x := range []*attr.Attribute{p.a, p.b} {
		values[x.Name] = x.Doc.Example
	}
	if p.has("nameservers") && p.has(attr.GlueHosts) {
		values["nameservers"] = quoted([]string{"ns1." + p.name, "ns2." + p.name})
	}
	if locked && p.has(attr.UpdateLock) {
		values[attr.UpdateLock] = "false"
	}
	return block(p.name, values)
}

// TestEveryPairOfAttributes changes each two attributes of a name together, with
// the update lock off and on. All of it is done once, in the order of the rules
// and side by side where there is none, and the lock is on in the end.
func TestEveryPairOfAttributes(t *testing.T) {
	t.Parallel()
	all := pairs()
	if len(all) != pairsOfAttributes {
		t.Fatalf("there are %d pairs: say so, and which of the new ones have an order", len(all))
	}
	for lock, locked := range map[string]bool{"unlocked": false, "locked": true} {
		t.Run(lock, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				account, text := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, rules
				for _, p := range all {
					text += p.declare(locked)
					if d := p.live(locked); d.Name != "" {
						account.Domains = append(account.Domains, d)
					}
				}
				account.Sort()
				o := everyDoor(account)
				o.Faults.Durations = map[wire.TaskType]simulator.Range{"*": {Min: time.Minute, Max: time.Minute}}
				w := newWorldOf(t, loadText(t, text), o)
				w.changesEach()
				w.mustApply()
				w.mustApply() // what was not known before a registration
				w.converged()
				w.nothingLeft()
				w.bought(-1)
				w.inOrder(all, locked)
			})
		})
	}
}

// A span is the life of a task of one name.
type span struct {
	kind     wire.TaskType
	from, to time.Time
}

// spans returns the tasks of each name, oldest first.
func (w *world) spans() map[string][]span {
	w.t.Helper()
	byName := make(map[string][]span)
	list, err := w.client.QueryTaskList(w.t.Context(), &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1000}})
	if err != nil || list.TotalPageNum > 1 {
		w.t.Fatalf("%d pages of tasks: %v", list.TotalPageNum, err)
	}
	for _, task := range list.Data {
		page, err := w.client.QueryTaskDetailList(w.t.Context(), &wire.QueryTaskDetailListRequest{PageNum: 1, PageSize: 1000, TaskNo: task.TaskNo})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range page.Data {
			byName[d.DomainName] = append(byName[d.DomainName], span{d.TaskType, d.CreateTime, d.UpdateTime})
		}
	}
	for _, spans := range byName {
		slices.SortFunc(spans, func(x, y span) int { return x.from.Compare(y.from) })
	}
	return byName
}

// of returns the time from the first task of an attribute to its last one.
func of(spans []span, a *attr.Attribute) (all span, found bool) {
	for _, s := range spans {
		if s.kind != taskOf[a.Name] {
			continue
		}
		if !found {
			all = s
		}
		found, all.to = true, s.to
	}
	return all, found
}

// inOrder checks the order in which the attributes of each pair were changed.
func (w *world) inOrder(all []pair, locked bool) {
	w.t.Helper()
	names := w.spans()
	held := make(map[[2]string]int) // how often each rule was seen at work
	for _, p := range all {
		spans := names[p.name]
		a, hasA := of(spans, p.a)
		b, hasB := of(spans, p.b)
		if (hasA && hasB) == p.needless(locked) {
			w.t.Errorf("%s: %s was changed: %t, %s: %t", p.name, p.a.Name, hasA, p.b.Name, hasB)
		}
		if !hasA || !hasB {
			continue
		}
		switch rule, first, then := p.rule(locked, a, b); {
		case rule[0] != "":
			held[rule]++
			if then.from.Before(first.to) {
				w.t.Errorf("%s: %v is broken: %v and %v", p.name, rule, first, then)
			}
		case !locked || p.a.Locked == p.b.Locked:
			held[rule]++
			if a.to.Before(b.from) || b.to.Before(a.from) {
				w.t.Errorf("%s: one waits for the other: %v and %v", p.name, a, b)
			}
		}
		w.underLock(p, spans, locked)
	}
	for _, rule := range append(slices.Clone(rulesOfOrder), [2]string{attr.UpdateLock}, [2]string{}) {
		if held[rule] == 0 {
			w.t.Errorf("no pair shows %v", rule)
		}
	}
}

// rule returns the rule for a pair, and what it puts first and then; none where
// it has none.
func (p pair) rule(locked bool, a, b span) (rule [2]string, first, then span) {
	for _, rule := range rulesOfOrder {
		switch {
		case rule[0] == p.a.Name && (rule[1] == p.b.Name || rule[1] == "*"):
			return rule, a, b
		case rule[0] == p.b.Name && (rule[1] == p.a.Name || rule[1] == "*"):
			return rule, b, a
		}
	}
	lock, other := a, b
	if p.b.Name == attr.UpdateLock {
		lock, other = b, a
	}
	switch blocked := p.a.Locked || p.b.Locked; { // the lock itself is not
	case !p.has(attr.UpdateLock) || !blocked:
		return rule, a, b
	case locked: // it opens
		return [2]string{attr.UpdateLock}, lock, other
	}
	return [2]string{attr.UpdateLock}, other, lock
}

// underLock checks that the lock was open while what it blocks was changed: it
// was opened before where it was on, and is closed after.
func (w *world) underLock(p pair, spans []span, locked bool) {
	w.t.Helper()
	var locks []span
	for _, s := range spans {
		if s.kind == wire.TaskUpdateLock {
			locks = append(locks, s)
		}
	}
	opens, closes := locked && !p.has(attr.RegistrationName) && !p.has(attr.RedemptionName), !locked || !p.has(attr.UpdateLock)
	for _, x := range []*attr.Attribute{p.a, p.b} {
		if !x.Locked {
			continue
		}
		change, _ := of(spans, x)
		if opens && (len(locks) == 0 || change.from.Before(locks[0].to)) || closes && locks[len(locks)-1].from.Before(change.to) {
			w.t.Errorf("%s: %s was changed in %v, the lock in %v", p.name, x.Name, change, locks)
		}
	}
}
